/** An export while it is processing: its phases, its failed attempts, and exports that are stuck without a message. */

import { type Database, type Statement, statement } from "../core/database.ts";
import { errorColumns, type ExportError, type ExportKey, type ExportPhase } from "./status.ts";
import { type Attempt, claimRetry, retryAt } from "./messages.ts";
import { entry } from "./timeline.ts";

/** planning → writing, with the plan's count of records. Part of the batch that inserts the last chunks of the plan. */
export function markPlanned(of: ExportKey, plan: number, rowsTotal: number, wakeAt: number): Statement {
  return statement(
    `UPDATE exports SET phase = 'writing', rows_total = ?3, wake_at = ?4, attempts = 0, error_code = NULL, error_owner = NULL,
       next_retry_at = NULL
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing' AND phase = 'planning' AND plan_version = ?5`,
    [of.space_id, of.id, rowsTotal, wakeAt, plan],
  );
}

/**
 * A step of this export succeeded: clears its failed attempts and its error, unless one still waits for its next
 * attempt. Part of a step's batch.
 */
export function stepSucceeded(of: ExportKey, now: number, resendAfterMs: number): Statement {
  const unlessWaiting = (column: string) => `${column} = CASE WHEN next_retry_at > ?3 THEN ${column} END`;
  return statement(
    `UPDATE exports SET attempts = CASE WHEN next_retry_at > ?3 THEN attempts ELSE 0 END, ${unlessWaiting("error_code")},
       ${unlessWaiting("error_owner")}, ${unlessWaiting("next_retry_at")}, wake_at = max(?3, coalesce(next_retry_at, 0)) + ?4
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing'`,
    [of.space_id, of.id, now, resendAfterMs],
  );
}

/**
 * writing → assembling → finishing, as far as the ledger allows. @returns the current phase and the fields of its
 * messages; null when the export is not processing any more.
 */
export const advancePhase = (db: Database, of: ExportKey) =>
  db.first<{ phase: ExportPhase; generation: number; request_id: string }>(
    `UPDATE exports SET phase = CASE
       WHEN EXISTS (SELECT 1 FROM export_chunks c WHERE c.space_id = ?1 AND c.export_id = ?2 AND c.done = 0) THEN 'writing'
       WHEN EXISTS (SELECT 1 FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 0) THEN 'assembling'
       ELSE 'finishing' END
     WHERE space_id = ?1 AND id = ?2 AND status = 'processing' AND phase IN ('writing', 'assembling', 'finishing')
     RETURNING phase, generation, request_id`,
    [of.space_id, of.id],
  );

const MAX_PATIENCE_MS = 900_000;

/**
 * SQL: how long the sweep leaves an export alone from when its messages are due. The time grows with the export's age:
 * one that waits in a long queue still has its messages.
 */
const patience = (now: string, resendAfterMs: string) =>
  `min(max(${resendAfterMs}, (${now} - created_at) / 2), ${MAX_PATIENCE_MS})`;

export interface FailedAttempt extends Attempt {
  now: number;
  /** When the queue would deliver the message again: epoch ms. */
  nextRetryAt: number;
  /** So long after that time, or longer for an old export, the message counts as lost: the sweep sends another. */
  resendAfterMs: number;
}

/**
 * Records a failed attempt.
 * @returns whether its message is to be delivered again. It is not where another message of the work, of as many
 * attempts, waits for the next; where the export has ended; and where a call retried the export after the message was
 * sent: that retry has messages of its own.
 */
export async function recordRetry(
  db: Database,
  of: ExportKey,
  error: ExportError,
  failed: FailedAttempt,
): Promise<boolean> {
  const { step, n, attempt, generation, now, nextRetryAt, resendAfterMs } = failed;
  const retry_in_seconds = Math.round((nextRetryAt - now) / 1000);
  const due = retryAt("?7", "?8", "?9");
  const [claimed] = await db.batch([
    claimRetry(of, failed, nextRetryAt, now),
    statement(
      `UPDATE exports SET attempts = attempts + 1, retries = retries + 1, error_code = ?3, error_owner = ?4,
         error_detail = ?5, error_retryable = ?6, next_retry_at = ${due}, wake_at = max(wake_at, ${due} + ${patience("?11", "?10")})
       WHERE space_id = ?1 AND id = ?2 AND status IN ('queued', 'processing') AND generation = ?9`,
      [of.space_id, of.id, ...errorColumns(error), step, n, generation, resendAfterMs, now],
    ),
    entry(
      of,
      now,
      "export.attempt_failed",
      { step, n, attempt, code: error.code, owner: error.owner, retry_in_seconds },
      { inGeneration: generation },
    ),
  ]);
  return (claimed?.changes ?? 0) > 0;
}

/**
 * The first chunks that are not written, of which some may have a lease. Only the chunks of the window have messages:
 * see CHUNK_WINDOW in export/pipeline/dispatch.ts. A file has a lease while it is assembled, and then it is the first.
 */
const MAYBE_LEASED = 32;

/** SQL: no chunk and no file of export `e` has a live lease. Scans few rows of an export with many. */
export const noLiveLease = (now: string) =>
  `NOT EXISTS (SELECT 1 FROM (SELECT c.lease_until FROM export_chunks c INDEXED BY export_chunks_undone
       WHERE c.space_id = e.space_id AND c.export_id = e.id AND c.done = 0 ORDER BY c.n LIMIT ${MAYBE_LEASED})
     WHERE lease_until > ${now})
   AND NOT EXISTS (SELECT 1 FROM export_files f
       WHERE f.space_id = e.space_id AND f.export_id = e.id AND f.n < ${MAYBE_LEASED} AND f.done = 0
         AND f.lease_until > ${now})`;

/**
 * Every space's exports in flight that are due to be checked and have no live lease: their messages were lost, or never
 * sent. Each gets a later time for its next check before it is returned.
 */
export async function claimStuckExports(
  db: Database,
  now: number,
  resendAfterMs: number,
  limit: number,
): Promise<
  { id: string; space_id: string; phase: ExportPhase; status: string; request_id: string; generation: number }[]
> {
  return db.all(
    `UPDATE exports SET wake_at = ?1 + ${patience("?1", "?2")}
     WHERE id IN (
       SELECT e.id FROM exports e
       WHERE e.status IN ('queued', 'processing') AND e.wake_at <= ?1
         AND ${noLiveLease("?1")}
       ORDER BY e.wake_at LIMIT ?3)
     RETURNING id, space_id, phase, status, request_id, generation`,
    [now, resendAfterMs, limit],
  );
}
