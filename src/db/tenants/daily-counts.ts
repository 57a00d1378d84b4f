/**
 * Counters of each day of a space: its exports, its webhook deliveries, and how long they took. A counter is written in
 * the transaction of the change that it counts, before that change and on the change's own condition: a repeated step
 * changes nothing, and counts nothing.
 */

import { bucketOf } from "../../histogram.ts";
import { type Database, type Param, type Statement, statement } from "../core/database.ts";
import type { ExportKey } from "../exports/status.ts";

/** What a day counts of the exports of one dataset. */
export interface ExportCounts {
  created: number;
  completed: number;
  failed_customer: number;
  failed_service: number;
  canceled: number;
  /** Of completed exports. */
  rows: number;
  bytes: number;
}

const EXPORT_COUNTS = [
  "created",
  "completed",
  "failed_customer",
  "failed_service",
  "canceled",
  "rows",
  "bytes",
] as const;

/** Which state a row must be in. Its parameters are `?3` and on; `?1` is the space's id and `?2` the row's. */
export interface Condition {
  sql: string;
  params: readonly Param[];
}

/**
 * Part of a batch: counts an export, if it is in that state.
 * @param day of the space's time zone, `YYYY-MM-DD`.
 */
export function countExport(of: ExportKey, day: string, counted: Partial<ExportCounts>, state: Condition): Statement {
  const values = EXPORT_COUNTS.map((name) => String(counted[name] ?? 0));
  const sums = EXPORT_COUNTS.map((name) => `${name} = ${name} + excluded.${name}`);
  return statement(
    `INSERT INTO daily_exports (space_id, day, dataset, ${EXPORT_COUNTS.join(", ")})
     SELECT space_id, ?${state.params.length + 3}, dataset, ${values.join(", ")}
     FROM exports WHERE space_id = ?1 AND id = ?2 AND ${state.sql}
     ON CONFLICT DO UPDATE SET ${sums.join(", ")}`,
    [of.space_id, of.id, ...state.params, day],
  );
}

/** Part of a batch: counts how long an export took, if it is in that state. */
export function countExportDuration(of: ExportKey, day: string, durationMs: number, state: Condition): Statement {
  const next = state.params.length + 3;
  return statement(
    `INSERT INTO daily_durations (space_id, day, kind, bucket, n)
     SELECT space_id, ?${next}, 'export', ?${next + 1}, 1 FROM exports WHERE space_id = ?1 AND id = ?2 AND ${state.sql}
     ON CONFLICT DO UPDATE SET n = n + 1`,
    [of.space_id, of.id, ...state.params, day, bucketOf(durationMs)],
  );
}

/** An attempt of a webhook delivery, and the delivery's status after it. */
export interface CountedAttempt {
  status: "delivered" | "failed" | "pending";
  /** From the event until a receiver accepted it; null: none did, or a call asked for the delivery anew. */
  lagMs: number | null;
}

/** Parts of a batch: count an attempt of a webhook delivery, if the delivery is in that state. */
export function countAttempt(
  of: ExportKey,
  day: string,
  { status, lagMs }: CountedAttempt,
  state: Condition,
): Statement[] {
  const next = state.params.length + 3;
  const delivered = Number(status === "delivered");
  const failed = Number(status === "failed");
  const counts = statement(
    `INSERT INTO daily_webhooks (space_id, day, attempts, delivered, failed)
     SELECT space_id, ?${next}, 1, ${delivered}, ${failed} FROM webhook_deliveries d
     WHERE space_id = ?1 AND id = ?2 AND ${state.sql}
     ON CONFLICT DO UPDATE SET attempts = attempts + 1, delivered = delivered + excluded.delivered,
       failed = failed + excluded.failed`,
    [of.space_id, of.id, ...state.params, day],
  );
  if (lagMs === null) return [counts];
  const lag = statement(
    `INSERT INTO daily_durations (space_id, day, kind, bucket, n)
     SELECT space_id, ?${next}, 'webhook', ?${next + 1}, 1 FROM webhook_deliveries d
     WHERE space_id = ?1 AND id = ?2 AND ${state.sql}
     ON CONFLICT DO UPDATE SET n = n + 1`,
    [of.space_id, of.id, ...state.params, day, bucketOf(lagMs)],
  );
  return [counts, lag];
}

export interface DailyCounts {
  exports: (ExportCounts & { day: string; dataset: string })[];
  webhooks: { day: string; attempts: number; delivered: number; failed: number }[];
  durations: { day: string; kind: "export" | "webhook"; bucket: number; n: number }[];
}

/** The counters of a space's days, both named days included. A day on which nothing happened has no row. */
export async function readDailyCounts(db: Database, spaceId: string, from: string, to: string): Promise<DailyCounts> {
  const span = [spaceId, from, to];
  const [exports, webhooks, durations] = await db.batch<never>([
    statement(
      `SELECT day, dataset, ${EXPORT_COUNTS.join(", ")} FROM daily_exports
       WHERE space_id = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, dataset`,
      span,
    ),
    statement(
      `SELECT day, attempts, delivered, failed FROM daily_webhooks WHERE space_id = ?1 AND day BETWEEN ?2 AND ?3`,
      span,
    ),
    statement(`SELECT day, kind, bucket, n FROM daily_durations WHERE space_id = ?1 AND day BETWEEN ?2 AND ?3`, span),
  ]);
  return { exports: exports?.rows ?? [], webhooks: webhooks?.rows ?? [], durations: durations?.rows ?? [] };
}
