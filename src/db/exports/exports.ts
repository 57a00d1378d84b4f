/** The row of an export: inserted, found and listed. Its transitions are in transitions.ts. */

import { type Database, type Statement, statement } from "../core/database.ts";
import { type Row, valuesOf } from "../core/columns.ts";
import { filteredIds, type Position } from "../core/pagination.ts";
import { countExport } from "../tenants/daily-counts.ts";
import type { ExportPhase, ExportStatus } from "./status.ts";
import { entry } from "./timeline.ts";

interface Exports {
  id: string;
  space_id: string;
  /** Of the space's exports, the how-many-th it is, from 1. */
  number: number;
  dataset: string;
  status: ExportStatus;
  phase: ExportPhase;
  request: string;
  query: string;
  /** JSON, as export/pipeline/result-shape.ts has it: how its chunks become files. */
  result_shape: string;
  file_rows: number;
  snapshot_seq: number;
  reads_from: number;
  encoding: string | null;
  /** JSON: the customer's bucket that its files go to; null: the service's own bucket. */
  destination: string | null;
  destination_id: string | null;
  callback_url: string | null;
  request_id: string;
  /** The schedule that created it; null: a call did. */
  schedule_id: string | null;
  /** How often a call retried it. */
  generation: number;
  /** How often it was planned anew. */
  plan_version: number;
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  expires_at: number | null;
  wake_at: number;
  attempts: number;
  retries: number;
  next_retry_at: number | null;
  error_code: string | null;
  error_owner: "customer" | "service" | null;
  error_detail: string | null;
  error_retryable: number | null;
  /** Records that the plan counted. */
  rows_total: number | null;
  /** JSON, as datasets/dataset.ts has it: what an earlier export had, which is left out; null: nothing is. */
  since: string | null;
  /** JSON list of faults: what the request named and nothing has. */
  warnings: string;
  message: string | null;
  manifest_sha256: string | null;
  manifest_bytes: number | null;
}

export const EXPORT_COLUMNS = `id, space_id, number, dataset, status, phase, request, query, result_shape, file_rows, snapshot_seq, reads_from,
  encoding, destination, destination_id, callback_url, request_id, schedule_id, generation, plan_version, created_at, started_at,
  completed_at, expires_at, wake_at, attempts, retries, next_retry_at, error_code, error_owner, error_detail, error_retryable,
  rows_total, since, warnings, message, manifest_sha256, manifest_bytes`;

export type ExportRow = Row<Exports, typeof EXPORT_COLUMNS>;

/** SQL: export ?2 of space ?1 is processing. */
export const IS_PROCESSING =
  "EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'processing')";

/** SQL: export ?2 of space ?1 is completed, so that its files are kept. */
export const IS_COMPLETED =
  "EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'completed' AND e.deleted_at IS NULL)";

/** SQL: it is processing, by the plan that the caller works for. */
export const isProcessingPlan = (plan: string) =>
  `EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'processing' AND e.plan_version = ${plan})`;

const NEW_COLUMNS = `space_id, id, dataset, request, query, result_shape, file_rows, snapshot_seq, reads_from, callback_url, request_id,
  created_at, wake_at, encoding, destination, destination_id, schedule_id, since, warnings`;

/** What an export is created with. */
export type NewExport = Row<Exports, typeof NEW_COLUMNS>;

/** Conditions that must be met when the row is inserted, and the day on which it counts. */
export interface InsertConditions {
  /** Fewer than this many of the space's exports are queued or processing. */
  pendingLimit: number;
  /** An idempotency key that must still be reserved for this export. */
  key: string | null;
  /**
   * Epoch ms of the run that must still be due on its schedule, with none of its exports in progress, and every
   * completed one part of its coverage.
   */
  dueAt: number | null;
  /** Of `created_at`, in the space's time zone. */
  day: string;
}

/** SQL: the export of space ?1 has a number that the space has not counted yet. */
const IS_NEWEST = "number = (SELECT s.exports_created + 1 FROM spaces s WHERE s.id = ?1)";

/**
 * Inserts the row if the space has fewer pending exports than its limit and still retains the events that the export
 * reads.
 * @param also statements of the same transaction; each must itself check that the export was inserted.
 * @returns whether it was inserted.
 */
export async function insertExport(
  db: Database,
  row: NewExport,
  { pendingLimit, key, dueAt, day }: InsertConditions,
  also: readonly Statement[],
): Promise<boolean> {
  const [inserted] = await db.batch([
    statement(
      `INSERT INTO exports (${NEW_COLUMNS}, status, phase, status_at, number)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 'queued', 'planning', ?12,
         (SELECT s.exports_created + 1 FROM spaces s WHERE s.id = ?1)
       WHERE (SELECT count(*) FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing')) < ?20
         AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = ?1 AND s.status <> 'deleting' AND (?9 = 0 OR ?9 >= ?12 - s.retention_days * 86400000))
         AND (?21 IS NULL OR EXISTS
           (SELECT 1 FROM idempotency_keys k WHERE k.space_id = ?1 AND k.key = ?21 AND k.export_id = ?2 AND k.response IS NULL))
         AND (?16 IS NULL OR EXISTS (SELECT 1 FROM destinations d WHERE d.space_id = ?1 AND d.id = ?16))
         AND (?17 IS NULL OR EXISTS
           (SELECT 1 FROM schedules c WHERE c.space_id = ?1 AND c.id = ?17 AND c.status = 'active' AND c.next_run_at = ?22))
         AND (?17 IS NULL OR NOT EXISTS
           (SELECT 1 FROM exports o WHERE o.space_id = ?1 AND o.schedule_id = ?17 AND o.status IN ('queued', 'processing')))
         AND (?17 IS NULL OR NOT EXISTS
           (SELECT 1 FROM schedule_runs r WHERE r.space_id = ?1 AND r.schedule_id = ?17 AND r.delivered_seq IS NOT NULL AND r.counted = 0))`,
      [...valuesOf(row, NEW_COLUMNS), pendingLimit, key, dueAt],
    ),
    // Both only for the export that this batch made: run twice, the batch counts it once.
    countExport(row, day, { created: 1 }, { sql: IS_NEWEST, params: [] }),
    statement(
      `UPDATE spaces SET exports_created = exports_created + 1 WHERE id = ?1
         AND EXISTS (SELECT 1 FROM exports WHERE space_id = ?1 AND id = ?2 AND ${IS_NEWEST})`,
      [row.space_id, row.id],
    ),
    entry(row, row.created_at, "export.created", {}, { key: "created" }),
    ...also,
  ]);
  return (inserted?.changes ?? 0) > 0;
}

/** How many of a space's exports are queued or processing. */
export async function countPending(db: Database, spaceId: string): Promise<number> {
  const sql = "SELECT count(*) AS n FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing')";
  return (await db.first<{ n: number }>(sql, [spaceId]))?.n ?? 0;
}

/** Does an export in progress read the space as of a sequence number before this one? */
export async function isReadBefore(db: Database, spaceId: string, seq: number): Promise<boolean> {
  const sql =
    "SELECT 1 AS found FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing') AND snapshot_seq < ?2 LIMIT 1";
  return (await db.first(sql, [spaceId, seq])) !== null;
}

/** @returns null for a deleted export too. */
export async function findExport(db: Database, spaceId: string, exportId: string): Promise<ExportRow | null> {
  const sql = `SELECT ${EXPORT_COLUMNS} FROM exports WHERE space_id = ?1 AND id = ?2 AND deleted_at IS NULL`;
  return db.first<ExportRow>(sql, [spaceId, exportId]);
}

/** @param number as the row has it. @returns null for a deleted export too. */
export async function findExportByNumber(db: Database, spaceId: string, number: number): Promise<ExportRow | null> {
  const sql = `SELECT ${EXPORT_COLUMNS} FROM exports WHERE space_id = ?1 AND number = ?2 AND deleted_at IS NULL`;
  return db.first<ExportRow>(sql, [spaceId, number]);
}

/** Bytes of requests, queries and encodings that one page of a list reads: one export may have a megabyte. */
const MAX_LIST_BYTES = 8_000_000;

/**
 * A space's exports, newest first; with `datasets` those of these alone.
 * @returns `limit` of them and the one after, fewer where they are large; `shown` is how many a page has.
 */
export async function listExports(
  db: Database,
  spaceId: string,
  filter: { status: string | null; datasets: readonly string[] | null; limit: number; after: Position | null },
): Promise<{ rows: ExportRow[]; shown: number }> {
  const { status, datasets, limit, after } = filter;
  const listed = {
    filter:
      "deleted_at IS NULL AND (?6 IS NULL OR status = ?6) AND (?7 IS NULL OR dataset IN (SELECT value FROM json_each(?7)))",
    values: [status, datasets === null ? null : JSON.stringify(datasets)],
  };
  const ids = await filteredIds(db, "exports", spaceId, listed, { limit: limit + 1, after });
  const found = await db.all<ExportRow & { found: number }>(
    `SELECT ${EXPORT_COLUMNS}, found FROM (
       SELECT *, count(*) OVER () AS found, sum(octet_length(request) + octet_length(query) + ifnull(octet_length(encoding), 0))
         OVER (ORDER BY created_at DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
       FROM exports WHERE +space_id = ?1 AND id IN (SELECT value FROM json_each(?2)))
     WHERE ifnull(bytes_before, 0) <= ?3 ORDER BY created_at DESC, id DESC`,
    [spaceId, JSON.stringify(ids), MAX_LIST_BYTES],
  );
  const cut = found.length < (found[0]?.found ?? 0);
  return { rows: found, shown: cut ? found.length - 1 : limit };
}
