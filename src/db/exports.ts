/**
 * The export's row and its moves. Each move is one statement that says in its WHERE from where it may be made; no row back
 * means that somebody else made it. `export/state.ts` has the table of moves.
 */

import { type Database, type Statement, statement } from "./database.ts";
import type { Position } from "./lists.ts";

export type ExportStatus = "queued" | "processing" | "completed" | "failed" | "canceled" | "expired";
export type ExportPhase = "planning" | "writing" | "assembling" | "finishing" | "done";

export interface ExportRow {
  id: string;
  space_id: string;
  dataset: string;
  status: ExportStatus;
  phase: ExportPhase;
  request: string;
  query: string;
  layout: "single" | "files";
  file_rows: number;
  snapshot_seq: number;
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  expires_at: number | null;
  wake_at: number;
  attempts: number;
  next_retry_at: number | null;
  error_code: string | null;
  rows_total: number | null;
  message: string | null;
  manifest_sha256: string | null;
}

const COLUMNS = `id, space_id, dataset, status, phase, request, query, layout, file_rows, snapshot_seq, created_at, started_at,
  completed_at, expires_at, wake_at, attempts, next_retry_at, error_code, rows_total, message, manifest_sha256`;

/** SQL: the export ?2 of space ?1 is processing. */
export const GOING = "EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'processing')";

export type NewExport = Pick<
  ExportRow,
  | "id"
  | "space_id"
  | "dataset"
  | "request"
  | "query"
  | "layout"
  | "file_rows"
  | "snapshot_seq"
  | "created_at"
  | "wake_at"
>;

/** @returns false when the space has that many exports queued or processing already. */
export async function insertExport(db: Database, row: NewExport, pendingLimit: number): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO exports (id, space_id, dataset, status, phase, request, query, layout, file_rows, snapshot_seq, created_at, wake_at)
     SELECT ?2, ?1, ?3, 'queued', 'planning', ?4, ?5, ?6, ?7, ?8, ?9, ?10
     WHERE (SELECT count(*) FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing')) < ?11`,
    row.space_id,
    row.id,
    row.dataset,
    row.request,
    row.query,
    row.layout,
    row.file_rows,
    row.snapshot_seq,
    row.created_at,
    row.wake_at,
    pendingLimit,
  );
  return inserted > 0;
}

export async function findExport(db: Database, spaceId: string, exportId: string): Promise<ExportRow | null> {
  return db.first<ExportRow>(`SELECT ${COLUMNS} FROM exports WHERE space_id = ?1 AND id = ?2`, spaceId, exportId);
}

/** Newest first. */
export async function listExports(
  db: Database,
  spaceId: string,
  filter: { status: string | null; dataset: string | null; limit: number; after: Position | null },
): Promise<ExportRow[]> {
  return db.all<ExportRow>(
    `SELECT ${COLUMNS} FROM exports
     WHERE space_id = ?1 AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR dataset = ?4)
       AND (?5 IS NULL OR (created_at, id) < (?5, ?6))
     ORDER BY created_at DESC, id DESC LIMIT ?2`,
    spaceId,
    filter.limit,
    filter.status,
    filter.dataset,
    filter.after?.time ?? null,
    filter.after?.id ?? null,
  );
}

/** queued → processing; one that is being planned already is given back as it is. */
export async function startExport(
  db: Database,
  spaceId: string,
  exportId: string,
  now: number,
  wakeAt: number,
): Promise<ExportRow | null> {
  return db.first<ExportRow>(
    `UPDATE exports SET status = 'processing', started_at = coalesce(started_at, ?3), wake_at = ?4
     WHERE space_id = ?1 AND id = ?2 AND status IN ('queued', 'processing') AND phase = 'planning' RETURNING ${COLUMNS}`,
    spaceId,
    exportId,
    now,
    wakeAt,
  );
}

/** planning → writing, with what the plan found. Part of the batch that writes the last of the plan. */
export function planned(spaceId: string, exportId: string, rowsTotal: number, wakeAt: number): Statement {
  return statement(
    `UPDATE exports SET phase = 'writing', rows_total = ?3, wake_at = ?4, attempts = 0, error_code = NULL, next_retry_at = NULL
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing' AND phase = 'planning'`,
    spaceId,
    exportId,
    rowsTotal,
    wakeAt,
  );
}

/** A step of this export succeeded: what went wrong before is over. Part of a step's batch. */
export function stepSucceeded(spaceId: string, exportId: string, wakeAt: number): Statement {
  return statement(
    `UPDATE exports SET attempts = 0, error_code = NULL, next_retry_at = NULL, wake_at = ?3
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing'`,
    spaceId,
    exportId,
    wakeAt,
  );
}

/**
 * writing → assembling → finishing, as far as the ledger allows. @returns the phase it is in now, or null when it is not
 * processing any more.
 */
export async function advancePhase(db: Database, spaceId: string, exportId: string): Promise<ExportPhase | null> {
  const row = await db.first<{ phase: ExportPhase }>(
    `UPDATE exports SET phase = CASE
       WHEN EXISTS (SELECT 1 FROM chunks c WHERE c.space_id = ?1 AND c.export_id = ?2 AND c.done = 0) THEN 'writing'
       WHEN EXISTS (SELECT 1 FROM files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 0) THEN 'assembling'
       ELSE 'finishing' END
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing' AND phase IN ('writing', 'assembling', 'finishing')
     RETURNING phase`,
    spaceId,
    exportId,
  );
  return row?.phase ?? null;
}

/** processing → completed. @returns whether it was this call that made the move. */
export async function completeExport(
  db: Database,
  spaceId: string,
  exportId: string,
  end: { completedAt: number; expiresAt: number; message: string | null; manifestSha256: string },
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE exports SET status = 'completed', phase = 'done', completed_at = ?3, expires_at = ?4, message = ?5,
       manifest_sha256 = ?6, attempts = 0, error_code = NULL, next_retry_at = NULL
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing' AND phase = 'finishing'`,
    spaceId,
    exportId,
    end.completedAt,
    end.expiresAt,
    end.message,
    end.manifestSha256,
  );
  return changed > 0;
}

/** An attempt failed and will be repeated at `nextRetryAt`. */
export async function recordRetry(
  db: Database,
  spaceId: string,
  exportId: string,
  errorCode: string,
  nextRetryAt: number,
): Promise<void> {
  await db.run(
    `UPDATE exports SET attempts = attempts + 1, error_code = ?3, next_retry_at = ?4, wake_at = max(wake_at, ?4)
     WHERE space_id = ?1 AND id = ?2 AND status IN ('queued', 'processing')`,
    spaceId,
    exportId,
    errorCode,
    nextRetryAt,
  );
}

/** queued | processing → failed. @returns whether it was this call that made the move. */
export async function failExport(
  db: Database,
  spaceId: string,
  exportId: string,
  errorCode: string,
  now: number,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE exports SET status = 'failed', error_code = ?3, next_retry_at = NULL, completed_at = ?4
     WHERE space_id = ?1 AND id = ?2 AND status IN ('queued', 'processing')`,
    spaceId,
    exportId,
    errorCode,
    now,
  );
  return changed > 0;
}

/** SQL: no chunk and no file of export `e` has a live lease. */
const nobodyAtWork = (now: string) =>
  `NOT EXISTS (SELECT 1 FROM chunks c
       WHERE c.space_id = e.space_id AND c.export_id = e.id AND c.done = 0 AND c.lease_until > ${now})
   AND NOT EXISTS (SELECT 1 FROM files f
       WHERE f.space_id = e.space_id AND f.export_id = e.id AND f.done = 0 AND f.lease_until > ${now})`;

/**
 * Every space's exports that are in flight, due for a look, and on which nobody holds a live lease: their messages were
 * lost, or never sent. Each is put off before it is given back.
 */
export async function takeStuckExports(
  db: Database,
  now: number,
  resendAfterMs: number,
  limit: number,
): Promise<{ id: string; space_id: string; phase: ExportPhase }[]> {
  return db.all(
    `UPDATE exports SET wake_at = ?1 + min(max(?2, (?1 - created_at) / 2), 60000)
     WHERE id IN (
       SELECT e.id FROM exports e
       WHERE e.status IN ('queued', 'processing') AND e.wake_at <= ?1
         AND ${nobodyAtWork("?1")}
       ORDER BY e.wake_at LIMIT ?3)
     RETURNING id, space_id, phase`,
    now,
    resendAfterMs,
    limit,
  );
}

/** completed → expired, for every space's exports whose time is over. */
export async function expireExports(db: Database, now: number, limit: number): Promise<void> {
  await db.run(
    `UPDATE exports SET status = 'expired' WHERE id IN (
       SELECT id FROM exports WHERE status = 'completed' AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2)`,
    now,
    limit,
  );
}

/**
 * Expired exports of any space, and those of deleted spaces, whose files still stand in the service's bucket, and on which
 * nobody is at work any more.
 */
export async function exportsToPurge(
  db: Database,
  now: number,
  limit: number,
): Promise<{ id: string; space_id: string }[]> {
  return db.all(
    `SELECT e.id, e.space_id FROM exports e
     WHERE e.files_purged_at IS NULL
       AND (e.status = 'expired' OR e.space_id IN (SELECT s.id FROM spaces s WHERE s.status = 'deleting'))
       AND ${nobodyAtWork("?1")}
     LIMIT ?2`,
    now,
    limit,
  );
}

/** Has a space exports whose files may still stand in the bucket? */
export async function hasUnpurgedExports(db: Database, spaceId: string): Promise<boolean> {
  const sql = "SELECT 1 AS found FROM exports WHERE space_id = ?1 AND files_purged_at IS NULL LIMIT 1";
  return (await db.first(sql, spaceId)) !== null;
}

export async function markPurged(db: Database, spaceId: string, exportId: string, now: number): Promise<void> {
  await db.run("UPDATE exports SET files_purged_at = ?3 WHERE space_id = ?1 AND id = ?2", spaceId, exportId, now);
}
