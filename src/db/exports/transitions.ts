/**
 * The transitions of an export, one compare-and-set statement each: its WHERE names the statuses that it may start
 * from, and no row back means that another call made it. export/pipeline/state.ts has the table of transitions. The
 * transition that ends an export writes its timeline entry, its webhook deliveries and the day's counters in the same
 * transaction.
 */

import { enqueueWebhooks } from "./outbox.ts";
import { type Database, statement } from "../core/database.ts";
import { type Condition, countExport, countExportDuration } from "../tenants/daily-counts.ts";
import { IS_SUPERSEDED, runDelivered, wakeSchedule } from "../schedules/runs.ts";
import { EXPORT_COLUMNS, type ExportRow } from "./exports.ts";
import { ORPHANED_UPLOADS } from "./files.ts";
import { errorColumns, type ExportError, type ExportKey } from "./status.ts";
import { entry } from "./timeline.ts";
import { abandonVerification } from "./verifications.ts";

/** SQL: an export has not ended. */
const IN_FLIGHT = "status IN ('queued', 'processing')";

/**
 * queued → processing. An export that is processing already is returned as it is.
 * @param wakeAt when its messages count as lost, unless one waits for its next attempt.
 */
export async function startExport(db: Database, of: ExportKey, now: number, wakeAt: number): Promise<ExportRow | null> {
  const [started] = await db.batch<ExportRow>([
    statement(
      `UPDATE exports SET status_at = CASE status WHEN 'queued' THEN ?3 ELSE status_at END, status = 'processing',
         started_at = coalesce(started_at, ?3), wake_at = CASE WHEN next_retry_at > ?3 THEN wake_at ELSE ?4 END
       WHERE space_id = ?1 AND id = ?2 AND status IN ('queued', 'processing') RETURNING ${EXPORT_COLUMNS}`,
      [of.space_id, of.id, now, wakeAt],
    ),
    entry(of, now, "export.started", {}, { key: "started", status: "processing" }),
  ]);
  return started?.rows[0] ?? null;
}

/** processing → completed, by the plan that the files belong to. @returns whether this call made the transition. */
export async function completeExport(
  db: Database,
  of: ExportKey,
  end: {
    completedAt: number;
    /** Null: its files are in a customer's bucket, and never expire. */
    expiresAt: number | null;
    cleanupAt: number;
    message: string | null;
    manifest: { bytes: number; sha256: string };
    rows: number;
    /** Of its files, as they are stored. */
    bytes: number;
    /** Since it was created. */
    durationMs: number;
    /** Of `completedAt`, in the space's time zone. */
    day: string;
    plan: number;
  },
): Promise<boolean> {
  const { rows, bytes, day } = end;
  const from: Condition = {
    sql: "status = 'processing' AND phase = 'finishing' AND plan_version = ?3",
    params: [end.plan],
  };
  const [, , changed] = await db.batch([
    countExport(of, day, { completed: 1, rows, bytes }, from),
    countExportDuration(of, day, end.durationMs, from),
    statement(
      `UPDATE exports SET status = 'completed', phase = 'done', status_at = ?4, completed_at = ?4, expires_at = ?5, cleanup_at = ?6,
         message = ?7, manifest_sha256 = ?8, manifest_bytes = ?9, attempts = 0, error_code = NULL, error_owner = NULL, next_retry_at = NULL,
         verify_at = (SELECT ?4 + s.verify_after_days * 86400000 FROM schedules s WHERE s.space_id = ?1 AND s.id = exports.schedule_id)
       WHERE space_id = ?1 AND id = ?2 AND ${from.sql}`,
      [
        of.space_id,
        of.id,
        ...from.params,
        end.completedAt,
        end.expiresAt,
        end.cleanupAt,
        end.message,
        end.manifest.sha256,
        end.manifest.bytes,
      ],
    ),
    runDelivered(of),
    wakeSchedule(of, end.completedAt),
    ...enqueueWebhooks(of, "completed", end.completedAt, { rows: end.rows }),
  ]);
  return (changed?.changes ?? 0) > 0;
}

/**
 * queued | processing → failed. Until `keptUntil` it can be retried, and its good files are kept for that.
 * @param end `generation`: of the message that failed; a message from before a retry changes nothing. `day`: of `now`,
 * in the space's time zone.
 * @returns whether this call made the transition.
 */
export async function failExport(
  db: Database,
  of: ExportKey,
  error: ExportError,
  end: { now: number; day: string; generation: number; keptUntil: number; cleanupAt: number },
): Promise<boolean> {
  const from: Condition = { sql: `${IN_FLIGHT} AND generation = ?3`, params: [end.generation] };
  const [, changed] = await db.batch([
    countExport(of, end.day, error.owner === "customer" ? { failed_customer: 1 } : { failed_service: 1 }, from),
    statement(
      `UPDATE exports SET status = 'failed', status_at = ?8, completed_at = ?8, expires_at = ?9, cleanup_at = ?10,
         error_code = ?4, error_owner = ?5, error_detail = ?6, error_retryable = ?7, next_retry_at = NULL
       WHERE space_id = ?1 AND id = ?2 AND ${from.sql}`,
      [of.space_id, of.id, ...from.params, ...errorColumns(error), end.now, end.keptUntil, end.cleanupAt],
    ),
    wakeSchedule(of, end.now),
    ...enqueueWebhooks(of, "failed", end.now, { code: error.code, owner: error.owner }),
  ]);
  return (changed?.changes ?? 0) > 0;
}

/**
 * queued | processing → canceled.
 * @param day of `now`, in the space's time zone. @returns whether this call made the transition.
 */
export async function cancelExport(db: Database, of: ExportKey, now: number, day: string): Promise<boolean> {
  const [, changed] = await db.batch([
    countExport(of, day, { canceled: 1 }, { sql: IN_FLIGHT, params: [] }),
    statement(
      `UPDATE exports SET status = 'canceled', status_at = ?3, completed_at = ?3, cleanup_at = ?3,
         error_code = NULL, error_owner = NULL, next_retry_at = NULL
       WHERE space_id = ?1 AND id = ?2 AND ${IN_FLIGHT}`,
      [of.space_id, of.id, now],
    ),
    wakeSchedule(of, now),
    ...enqueueWebhooks(of, "canceled", now),
  ]);
  return (changed?.changes ?? 0) > 0;
}

/**
 * failed → queued, in the phase it failed in, while its files are kept and the space has room. An export that failed in
 * its plan, or whose counts did not agree, is planned and written anew, and its earlier ledger is deleted.
 * @param again `anew`: plan it anew in any case, because records that it counted were erased.
 * @returns which retry this is, from 1, or null when the transition was not possible.
 */
export async function retryExport(
  db: Database,
  of: ExportKey,
  again: { now: number; wakeAt: number; pendingLimit: number; requestId: string; anew?: boolean },
): Promise<number | null> {
  const deleteLedger = (table: "export_chunks" | "export_files" | "export_upload_parts") =>
    statement(
      `DELETE FROM ${table} WHERE space_id = ?1 AND export_id = ?2 AND EXISTS
         (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'queued' AND e.phase = 'planning')`,
      [of.space_id, of.id],
    );
  const resetTakeovers = (table: "export_chunks" | "export_files") =>
    statement(
      `UPDATE ${table} SET takeovers = 0 WHERE space_id = ?1 AND export_id = ?2 AND takeovers > 0 AND EXISTS
         (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'queued')`,
      [of.space_id, of.id],
    );
  const [changed] = await db.batch<{ generation: number }>([
    statement(
      `UPDATE exports SET status = 'queued', status_at = ?3, wake_at = ?4, generation = generation + 1, request_id = ?6,
         plan_version = plan_version + (phase = 'planning' OR error_code IS 'incomplete_export' OR ?7),
         orphaned_uploads = CASE WHEN phase = 'planning' OR error_code IS 'incomplete_export' OR ?7 THEN ${ORPHANED_UPLOADS} ELSE orphaned_uploads END,
         phase = CASE WHEN error_code IS 'incomplete_export' OR ?7 THEN 'planning' ELSE phase END,
         completed_at = NULL, expires_at = NULL, cleanup_at = NULL,
         attempts = 0, error_code = NULL, error_owner = NULL, next_retry_at = NULL
       WHERE space_id = ?1 AND id = ?2 AND status = 'failed' AND deleted_at IS NULL AND expires_at > ?3
         AND (SELECT count(*) FROM exports o WHERE o.space_id = ?1 AND o.status IN ('queued', 'processing')) < ?5
         AND NOT EXISTS (SELECT 1 FROM exports o
           WHERE o.space_id = ?1 AND o.schedule_id = exports.schedule_id AND o.status IN ('queued', 'processing'))
         AND NOT ${IS_SUPERSEDED}
         AND (destination_id IS NULL OR EXISTS
           (SELECT 1 FROM destinations d WHERE d.space_id = ?1 AND d.id = exports.destination_id))
       RETURNING generation`,
      [of.space_id, of.id, again.now, again.wakeAt, again.pendingLimit, again.requestId, Number(again.anew ?? false)],
    ),
    deleteLedger("export_chunks"),
    deleteLedger("export_files"),
    deleteLedger("export_upload_parts"),
    resetTakeovers("export_chunks"),
    resetTakeovers("export_files"),
    entry(of, again.now, "export.retried", {}, { key: "retried", status: "queued" }),
  ]);
  return changed?.rows[0]?.generation ?? null;
}

/** Every space's completed exports that are past `expires_at`. */
export const listToExpire = (db: Database, now: number, limit: number) =>
  db.all<{ id: string; space_id: string; request_id: string }>(
    `SELECT id, space_id, request_id FROM exports
     WHERE status = 'completed' AND expires_at <= ?1 AND deleted_at IS NULL ORDER BY expires_at LIMIT ?2`,
    [now, limit],
  );

/** completed → expired, past `expires_at`. @returns whether this call made the transition. */
export async function expireExport(db: Database, of: ExportKey, now: number): Promise<boolean> {
  const [changed] = await db.batch([
    statement(
      `UPDATE exports SET status = 'expired', status_at = ?3, cleanup_at = ?3
       WHERE space_id = ?1 AND id = ?2 AND status = 'completed' AND expires_at <= ?3 AND deleted_at IS NULL`,
      [of.space_id, of.id, now],
    ),
    abandonVerification(of, now),
    ...enqueueWebhooks(of, "expired", now),
  ]);
  return (changed?.changes ?? 0) > 0;
}
