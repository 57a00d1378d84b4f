/**
 * Deliveries of webhooks: the outbox. A row is an event and one receiver of it; attempts hang on it. Whoever makes an attempt
 * holds the row's lease, and what became of it is recorded only while that very lease stands: of two, one counts.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import type { Position } from "../core/pagination.ts";

export type DeliveryStatus = "pending" | "delivered" | "failed";

/** What an attempt needs to know. */
export interface LeasedDelivery {
  id: string;
  space_id: string;
  /** The schedule's where it is about one. */
  export_id: string;
  schedule_id: string | null;
  /** Of the call that asked for the export: for the logs alone. */
  request_id: string | null;
  event_id: string;
  event_type: string;
  event_at: number;
  /** Null: it goes to `url`. */
  endpoint_id: string | null;
  url: string | null;
  data: string;
  tries: number;
  attempts: number;
  lease_until: number;
}

/** The deliveries of an export that wait and are due. */
export async function listDueOfExport(db: Database, spaceId: string, exportId: string, now: number): Promise<string[]> {
  const rows = await db.all<{ id: string }>(
    `SELECT id FROM webhook_deliveries WHERE space_id = ?1 AND export_id = ?2 AND status = 'pending' AND next_attempt_at <= ?3`,
    spaceId,
    exportId,
    now,
  );
  return rows.map((row) => row.id);
}

/** Takes a delivery that is due, and whose space is still there, for one attempt. @returns null when there is nothing to do. */
export async function leaseDelivery(
  db: Database,
  spaceId: string,
  id: string,
  now: number,
  leaseUntil: number,
): Promise<LeasedDelivery | null> {
  return db.first<LeasedDelivery>(
    `UPDATE webhook_deliveries SET lease_until = ?4
     WHERE space_id = ?1 AND id = ?2 AND status = 'pending' AND next_attempt_at <= ?3 AND lease_until <= ?3
       AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = ?1 AND s.status <> 'deleting')
     RETURNING id, space_id, export_id, schedule_id, event_id, event_type, event_at, endpoint_id, url, data, tries, attempts, lease_until,
       (SELECT e.request_id FROM exports e WHERE e.space_id = ?1 AND e.id = export_id) AS request_id`,
    spaceId,
    id,
    now,
    leaseUntil,
  );
}

/** An attempt, and what follows from it. */
export interface Recorded {
  at: number;
  durationMs: number;
  statusCode: number | null;
  error: string | null;
  status: DeliveryStatus;
  /** Null unless it stays pending. */
  nextAttemptAt: number | null;
  /** The endpoint's address said that it is gone: it is disabled, unless it has another address by now. */
  disable: { url: string; reason: string } | null;
}

/** SQL: delivery `d` is held by this very lease. */
const HELD = "d.space_id = ?1 AND d.id = ?2 AND d.status = 'pending' AND d.lease_until = ?3";

/** Writes an attempt down and gives the lease back. @returns false when the lease was no longer this attempt's: nothing is written. */
export async function recordAttempt(db: Database, of: LeasedDelivery, attempt: Recorded): Promise<boolean> {
  const lease = [of.space_id, of.id, of.lease_until] as const;
  const { disable } = attempt;
  const disabling: Statement[] =
    disable === null
      ? []
      : [
          statement(
            `UPDATE webhook_endpoints SET enabled = 0, disabled_reason = ?6, updated_at = ?7
             WHERE space_id = ?1 AND id = ?4 AND url = ?5 AND enabled = 1
               AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE ${HELD})`,
            ...lease,
            of.endpoint_id,
            disable.url,
            disable.reason,
            attempt.at,
          ),
        ];
  const results = await db.batch([
    statement(
      `INSERT INTO webhook_attempts (space_id, delivery_id, n, export_id, at, duration_ms, status_code, error)
       SELECT d.space_id, d.id, d.attempts + 1, d.export_id, ?4, ?5, ?6, ?7
       FROM webhook_deliveries d WHERE ${HELD}`,
      ...lease,
      attempt.at,
      attempt.durationMs,
      attempt.statusCode,
      attempt.error,
    ),
    ...disabling,
    statement(
      `UPDATE webhook_deliveries AS d SET status = ?4, next_attempt_at = ?5, tries = tries + 1, attempts = attempts + 1, lease_until = 0
       WHERE ${HELD}`,
      ...lease,
      attempt.status,
      attempt.nextAttemptAt,
    ),
  ]);
  return (results.at(-1)?.changes ?? 0) > 0;
}

/**
 * Every space's deliveries that were due before `dueBefore` and on which nobody is at work: their messages were lost, or
 * never sent. Each is put off before it is given back: it is due from now on.
 */
export async function takeLostDeliveries(
  db: Database,
  now: number,
  dueBefore: number,
  limit: number,
): Promise<{ id: string; space_id: string }[]> {
  return db.all(
    `UPDATE webhook_deliveries SET next_attempt_at = ?1 WHERE id IN (
       SELECT id FROM webhook_deliveries WHERE status = 'pending' AND next_attempt_at <= ?2 AND lease_until <= ?1
       ORDER BY next_attempt_at LIMIT ?3)
     RETURNING id, space_id`,
    now,
    dueBefore,
    limit,
  );
}

export interface DeliveryRow {
  id: string;
  /** The schedule's where it is about one. */
  export_id: string;
  schedule_id: string | null;
  event_id: string;
  event_type: string;
  endpoint_id: string | null;
  status: DeliveryStatus;
  next_attempt_at: number | null;
  created_at: number;
}

const SHOWN = "id, export_id, schedule_id, event_id, event_type, endpoint_id, status, next_attempt_at, created_at";

export interface DeliveryFilter {
  exportId: string | null;
  endpointId: string | null;
  status: DeliveryStatus | null;
  limit: number;
  after: Position | null;
}

/** Newest first. */
export async function listDeliveries(db: Database, spaceId: string, filter: DeliveryFilter): Promise<DeliveryRow[]> {
  // A space has many deliveries, an export few: where one is named, its index is the one to take.
  return db.all<DeliveryRow>(
    `SELECT ${SHOWN} FROM webhook_deliveries
     WHERE ${filter.exportId === null ? "space_id = ?1 AND ?3 IS NULL" : "+space_id = ?1 AND export_id = ?3"} AND (?4 IS NULL OR endpoint_id = ?4)
       AND (?5 IS NULL OR status = ?5) AND (?6 IS NULL OR (created_at, id) < (?6, ?7))
     ORDER BY created_at DESC, id DESC LIMIT ?2`,
    spaceId,
    filter.limit,
    filter.exportId,
    filter.endpointId,
    filter.status,
    filter.after?.time ?? null,
    filter.after?.id ?? null,
  );
}

export async function findDelivery(db: Database, spaceId: string, id: string): Promise<DeliveryRow | null> {
  return db.first<DeliveryRow>(`SELECT ${SHOWN} FROM webhook_deliveries WHERE space_id = ?1 AND id = ?2`, spaceId, id);
}

export interface AttemptRow {
  delivery_id: string;
  n: number;
  at: number;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
}

/** The attempts of these deliveries, each delivery's in order. */
export async function listAttempts(
  db: Database,
  spaceId: string,
  deliveryIds: readonly string[],
): Promise<AttemptRow[]> {
  return db.all<AttemptRow>(
    `SELECT delivery_id, n, at, duration_ms, status_code, error FROM webhook_attempts
     WHERE space_id = ?1 AND delivery_id IN (SELECT value FROM json_each(?2)) ORDER BY delivery_id, n`,
    spaceId,
    JSON.stringify(deliveryIds),
  );
}

/** It is due at once, and the schedule begins anew. @returns null when it is not there, or an attempt is under way. */
export async function restartDelivery(
  db: Database,
  spaceId: string,
  id: string,
  now: number,
): Promise<DeliveryRow | null> {
  return db.first<DeliveryRow>(
    `UPDATE webhook_deliveries SET status = 'pending', tries = 0, next_attempt_at = ?3, lease_until = 0
     WHERE space_id = ?1 AND id = ?2 AND lease_until <= ?3 RETURNING ${SHOWN}`,
    spaceId,
    id,
    now,
  );
}
