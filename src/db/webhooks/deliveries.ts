/**
 * Webhook deliveries: a row is an event and one receiver of it, and has attempts. An attempt leases the row, and its
 * outcome is recorded only while that lease is current: of two concurrent attempts, one is recorded.
 */

import type { Row } from "../core/columns.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { countAttempt } from "../tenants/daily-counts.ts";
import { filteredIds, isOlder, type Position, positionParams } from "../core/pagination.ts";

export type DeliveryStatus = "pending" | "delivered" | "failed";

interface WebhookDeliveries {
  id: string;
  space_id: string;
  /** What the event is about. */
  subject_type: "export" | "schedule";
  subject_id: string;
  event_id: string;
  event_type: string;
  event_at: number;
  /** Null: it goes to `url`. */
  endpoint_id: string | null;
  url: string | null;
  data: string;
  status: DeliveryStatus;
  tries: number;
  attempts: number;
  next_attempt_at: number | null;
  lease_until: number;
  created_at: number;
}

const LEASED = `id, space_id, subject_type, subject_id, event_id, event_type, event_at, endpoint_id, url, data, tries, attempts,
  lease_until`;

/** What an attempt needs to know. */
export interface LeasedDelivery extends Row<WebhookDeliveries, typeof LEASED> {
  /** The call that created the export: for the logs only. */
  request_id: string | null;
  /** The space's. */
  timezone: string;
}

/** The ids of an export's, or a schedule's, deliveries that are due. */
export async function listDueDeliveries(
  db: Database,
  spaceId: string,
  subjectId: string,
  now: number,
): Promise<string[]> {
  const rows = await db.all<{ id: string }>(
    `SELECT id FROM webhook_deliveries WHERE space_id = ?1 AND subject_id = ?2 AND status = 'pending' AND next_attempt_at <= ?3`,
    [spaceId, subjectId, now],
  );
  return rows.map((row) => row.id);
}

/** How many attempts may be under way at the same time: of a space, and of one endpoint. */
export interface Share {
  space: number;
  endpoint: number;
}

/**
 * Leases a due delivery for one attempt, within its space's and its endpoint's share. @returns null when it is not due,
 * is leased already, its space is being deleted, or a share is used up.
 */
export const leaseDelivery = (
  db: Database,
  spaceId: string,
  id: string,
  { now, until, share }: { now: number; until: number; share: Share },
) =>
  db.first<LeasedDelivery>(
    `UPDATE webhook_deliveries AS d SET lease_until = ?4
     WHERE d.space_id = ?1 AND d.id = ?2 AND d.status = 'pending' AND d.next_attempt_at <= ?3 AND d.lease_until <= ?3
       AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = ?1 AND s.status <> 'deleting')
       AND (SELECT count(*) FROM webhook_deliveries o
         WHERE o.space_id = ?1 AND o.lease_until > 0 AND o.lease_until > ?3) < ?5
       AND (SELECT count(*) FROM webhook_deliveries o
         WHERE o.space_id = ?1 AND o.lease_until > 0 AND o.lease_until > ?3 AND o.endpoint_id = d.endpoint_id) < ?6
     RETURNING ${LEASED}, (SELECT e.request_id FROM exports e WHERE e.space_id = ?1 AND e.id = subject_id) AS request_id,
       (SELECT s.timezone FROM spaces s WHERE s.id = ?1) AS timezone`,
    [spaceId, id, now, until, share.space, share.endpoint],
  );

/**
 * Gives a delivery that is due and not leased a later time. @returns false when it is not due or leased, so that of
 * several messages one is sent again.
 */
export async function deferDelivery(
  db: Database,
  spaceId: string,
  id: string,
  { now, until }: { now: number; until: number },
): Promise<boolean> {
  const deferred = await db.run(
    `UPDATE webhook_deliveries SET next_attempt_at = ?4
     WHERE space_id = ?1 AND id = ?2 AND status = 'pending' AND next_attempt_at <= ?3 AND lease_until <= ?3
       AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = ?1 AND s.status <> 'deleting')`,
    [spaceId, id, now, until],
  );
  return deferred > 0;
}

/** An attempt, and what follows from it. */
export interface AttemptOutcome {
  at: number;
  durationMs: number;
  statusCode: number | null;
  error: string | null;
  status: DeliveryStatus;
  /** Null unless the delivery stays pending. */
  nextAttemptAt: number | null;
  /**
   * Not null: this URL answered that it no longer exists. The endpoint is disabled, unless its URL was changed
   * meanwhile.
   */
  disable: { url: string; reason: string } | null;
  /** Of the attempt's end, in the space's time zone. */
  day: string;
  /** From the event until the receiver accepted it; null: it did not, or a call asked for the delivery anew. */
  lagMs: number | null;
}

/** SQL: the attempt's lease on delivery `d` is current. */
const HAS_LEASE = "d.status = 'pending' AND d.lease_until = ?3";
const LEASE_IS_CURRENT = `d.space_id = ?1 AND d.id = ?2 AND ${HAS_LEASE}`;

/**
 * Records and counts an attempt, and releases the lease.
 * @returns false when the lease was no longer current: nothing is recorded.
 */
export async function recordAttempt(db: Database, of: LeasedDelivery, attempt: AttemptOutcome): Promise<boolean> {
  const lease = [of.space_id, of.id, of.lease_until] as const;
  const { disable } = attempt;
  const disabling: Statement[] =
    disable === null
      ? []
      : [
          statement(
            `UPDATE webhook_endpoints SET enabled = 0, disabled_reason = ?6, updated_at = ?7
             WHERE space_id = ?1 AND id = ?4 AND url = ?5 AND enabled = 1
               AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE ${LEASE_IS_CURRENT})`,
            [...lease, of.endpoint_id, disable.url, disable.reason, attempt.at],
          ),
        ];
  const results = await db.batch([
    statement(
      `INSERT INTO webhook_attempts (space_id, delivery_id, n, subject_id, at, duration_ms, status_code, error)
       SELECT d.space_id, d.id, d.attempts + 1, d.subject_id, ?4, ?5, ?6, ?7
       FROM webhook_deliveries d WHERE ${LEASE_IS_CURRENT}`,
      [...lease, attempt.at, attempt.durationMs, attempt.statusCode, attempt.error],
    ),
    ...disabling,
    ...countAttempt(of, attempt.day, attempt, { sql: HAS_LEASE, params: [of.lease_until] }),
    statement(
      `UPDATE webhook_deliveries AS d SET status = ?4, next_attempt_at = ?5, tries = tries + 1, attempts = attempts + 1, lease_until = 0
       WHERE ${LEASE_IS_CURRENT}`,
      [...lease, attempt.status, attempt.nextAttemptAt],
    ),
  ]);
  return (results.at(-1)?.changes ?? 0) > 0;
}

/**
 * Every space's deliveries that were due before `dueBefore` and are not leased: their messages were lost, or never
 * sent. Each becomes due now, so that the next sweep does not return it again.
 */
export const takeLostDeliveries = (db: Database, now: number, dueBefore: number, limit: number) =>
  db.all<{ id: string; space_id: string }>(
    `UPDATE webhook_deliveries SET next_attempt_at = ?1 WHERE id IN (
       SELECT id FROM webhook_deliveries WHERE status = 'pending' AND next_attempt_at <= ?2 AND lease_until <= ?1
       ORDER BY next_attempt_at LIMIT ?3)
     RETURNING id, space_id`,
    [now, dueBefore, limit],
  );

const SHOWN = "id, subject_type, subject_id, event_id, event_type, endpoint_id, status, next_attempt_at, created_at";

/** A delivery as the API shows it. */
export type DeliveryRow = Row<WebhookDeliveries, typeof SHOWN>;

export interface DeliveryFilter {
  subjectId: string | null;
  endpointId: string | null;
  status: DeliveryStatus | null;
  limit: number;
  after: Position | null;
}

/** Newest first. */
export async function listDeliveries(db: Database, spaceId: string, filter: DeliveryFilter): Promise<DeliveryRow[]> {
  const { subjectId, endpointId, status } = filter;
  if (subjectId === null) {
    const listed = {
      filter: "(?6 IS NULL OR endpoint_id = ?6) AND (?7 IS NULL OR status = ?7)",
      values: [endpointId, status],
    };
    const ids = await filteredIds(db, "webhook_deliveries", spaceId, listed, filter);
    return db.all<DeliveryRow>(
      `SELECT ${SHOWN} FROM webhook_deliveries WHERE +space_id = ?1 AND id IN (SELECT value FROM json_each(?2))
       ORDER BY created_at DESC, id DESC`,
      [spaceId, JSON.stringify(ids)],
    );
  }
  // A space has many deliveries and an export has few: `+space_id` makes SQLite use the subject's index.
  return db.all<DeliveryRow>(
    `SELECT ${SHOWN} FROM webhook_deliveries
     WHERE +space_id = ?1 AND subject_id = ?3 AND (?4 IS NULL OR endpoint_id = ?4) AND (?5 IS NULL OR status = ?5)
       AND ${isOlder("created_at, id", "?6", "?7")}
     ORDER BY created_at DESC, id DESC LIMIT ?2`,
    [spaceId, filter.limit, subjectId, endpointId, status, ...positionParams(filter.after)],
  );
}

export async function findDelivery(db: Database, spaceId: string, id: string): Promise<DeliveryRow | null> {
  const sql = `SELECT ${SHOWN} FROM webhook_deliveries WHERE space_id = ?1 AND id = ?2`;
  return db.first<DeliveryRow>(sql, [spaceId, id]);
}

interface WebhookAttempts {
  delivery_id: string;
  n: number;
  at: number;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
}

const ATTEMPT = "delivery_id, n, at, duration_ms, status_code, error";

export type AttemptRow = Row<WebhookAttempts, typeof ATTEMPT>;

/** The attempts of these deliveries, each delivery's in order. */
export const listAttempts = (db: Database, spaceId: string, deliveryIds: readonly string[]) =>
  db.all<AttemptRow>(
    `SELECT ${ATTEMPT} FROM webhook_attempts
     WHERE space_id = ?1 AND delivery_id IN (SELECT value FROM json_each(?2)) ORDER BY delivery_id, n`,
    [spaceId, JSON.stringify(deliveryIds)],
  );

/**
 * Makes a delivery due now, at the start of its retry schedule. @returns null when its id is unknown, an attempt is
 * under way, or one is due already.
 */
export const restartDelivery = (db: Database, spaceId: string, id: string, now: number) =>
  db.first<DeliveryRow>(
    `UPDATE webhook_deliveries SET status = 'pending', tries = 0, next_attempt_at = ?3, lease_until = 0
     WHERE space_id = ?1 AND id = ?2 AND lease_until <= ?3 AND NOT (status = 'pending' AND next_attempt_at <= ?3)
     RETURNING ${SHOWN}`,
    [spaceId, id, now],
  );
