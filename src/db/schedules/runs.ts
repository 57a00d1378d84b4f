/**
 * Runs of schedules: which are due, their outcomes, and the schedule's state that follows from these. A run advances
 * its schedule in the transaction that inserts its export, so that concurrent and repeated tries insert one export.
 */

import type { Row } from "../core/columns.ts";
import { enqueuePauseWebhooks } from "../exports/outbox.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { SCHEDULE_COLUMNS, type ScheduleRow } from "./schedules.ts";

/** Which schedule: a schedule's row is one. */
export type ScheduleKey = Pick<ScheduleRow, "id" | "space_id">;

/** Claims active spaces' due schedules until `againAt`, the longest due first. */
export const takeDueSchedules = (db: Database, now: number, againAt: number, limit: number) =>
  db.all<ScheduleKey>(
    `UPDATE schedules SET wake_at = ?2 WHERE id IN (
       SELECT s.id FROM schedules s JOIN spaces p ON p.id = s.space_id AND p.status = 'active'
       WHERE s.status = 'active' AND s.wake_at <= ?1 ORDER BY s.wake_at LIMIT ?3)
     RETURNING id, space_id`,
    [now, againAt, limit],
  );

export interface SettledSchedule extends ScheduleRow {
  /** JSON: what the completed exports had, as HadStep[] in ascending order. */
  coverage: string;
  /** JSON: the completed runs that are not yet part of the coverage, as DeliveredRun[]. */
  delivered: string;
}

/** A run with a completed export. Times in epoch ms. */
export interface DeliveredRun {
  scheduled_at: number;
  export_id: string;
  dataset: string;
  seq: number;
  /** Null: its dataset has no window. */
  window_start: number | null;
  window_end: number;
  /** 1: the export also has what arrived late for earlier windows. */
  with_late: number;
}

/** SQL: the completed runs of schedule ?2 that are not yet part of its coverage. */
const TO_COUNT = `schedule_runs r WHERE r.space_id = ?1 AND r.schedule_id = ?2 AND r.delivered_seq IS NOT NULL AND r.counted = 0`;

/**
 * Updates which export of a schedule is queued or processing. When its last `maxFailures` ended runs failed, the
 * schedule is paused, and its webhooks are enqueued.
 * @returns the updated schedule, and whether this call paused it.
 */
export async function settleSchedule(
  db: Database,
  of: ScheduleKey,
  now: number,
  maxFailures: number,
): Promise<{ row: SettledSchedule | null; paused: boolean }> {
  const results = await db.batch<SettledSchedule>([
    statement(
      `UPDATE schedules SET open_export_id =
         (SELECT o.id FROM exports o WHERE o.space_id = ?1 AND o.schedule_id = ?2 AND o.status IN ('queued', 'processing') LIMIT 1)
       WHERE space_id = ?1 AND id = ?2`,
      [of.space_id, of.id],
    ),
    ...pauseIfFailing(of, now, maxFailures),
    statement(
      `SELECT ${SCHEDULE_COLUMNS}, coverage, (SELECT json_group_array(json_object('scheduled_at', r.scheduled_at,
         'export_id', r.export_id, 'dataset', r.delivered_dataset, 'seq', r.delivered_seq, 'window_start', r.window_start,
         'window_end', r.window_end, 'with_late', r.with_late)) FROM ${TO_COUNT}) AS delivered
       FROM schedules WHERE space_id = ?1 AND id = ?2`,
      [of.space_id, of.id],
    ),
  ]);
  return { row: results.at(-1)?.rows[0] ?? null, paused: (results[1]?.changes ?? 0) > 0 };
}

/**
 * Makes completed runs part of a schedule's coverage.
 * @param of the schedule as it was read: when its coverage has changed since then, nothing is written.
 * @param counted its new coverage, and the newest of all completed exports.
 * @param runs the times of the runs.
 */
export async function countDelivered(
  db: Database,
  of: SettledSchedule,
  counted: Pick<SettledSchedule, "coverage" | "covered_until" | "since_export_id" | "since_dataset" | "since_seq">,
  runs: readonly number[],
): Promise<void> {
  const { coverage, covered_until: until, since_export_id: id, since_dataset: dataset, since_seq: seq } = counted;
  await db.batch([
    statement(
      `UPDATE schedule_runs AS r SET counted = 1 WHERE r.space_id = ?1 AND r.schedule_id = ?2
         AND r.scheduled_at IN (SELECT value FROM json_each(?3))
         AND EXISTS (SELECT 1 FROM schedules s WHERE s.space_id = ?1 AND s.id = ?2 AND s.coverage = ?4)`,
      [of.space_id, of.id, JSON.stringify(runs), of.coverage],
    ),
    statement(
      `UPDATE schedules SET coverage = ?4, covered_until = ?5, since_export_id = ?6, since_dataset = ?7, since_seq = ?8
       WHERE space_id = ?1 AND id = ?2 AND coverage = ?3`,
      [of.space_id, of.id, of.coverage, coverage, until, id, dataset, seq],
    ),
  ]);
}

/** SQL: has a later run of its schedule delivered what row `exports` of space ?1 should have? */
export const IS_SUPERSEDED = `EXISTS (SELECT 1 FROM schedule_runs r JOIN schedule_runs l
    ON l.space_id = ?1 AND l.schedule_id = r.schedule_id AND l.scheduled_at > r.scheduled_at AND l.delivered_seq IS NOT NULL
  WHERE r.space_id = ?1 AND r.schedule_id = exports.schedule_id AND r.export_id = exports.id)`;

/** Has a later run of its schedule delivered what this export should have? */
export async function isSuperseded(db: Database, spaceId: string, exportId: string): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM exports WHERE space_id = ?1 AND id = ?2 AND ${IS_SUPERSEDED}`;
  return (await db.first(sql, [spaceId, exportId])) !== null;
}

/** SQL, for the batch that completes export ?2: its run has delivered it. */
export const runDelivered = (of: { space_id: string; id: string }) =>
  statement(
    `UPDATE schedule_runs AS r SET delivered_dataset = e.dataset, delivered_seq = e.snapshot_seq
     FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'completed' AND r.space_id = ?1
       AND r.schedule_id = e.schedule_id AND r.export_id = e.id AND r.delivered_seq IS NULL`,
    [of.space_id, of.id],
  );

/** The failures are counted from the exports' current states: an export that a retry completed is not a failure. */
function pauseIfFailing(of: ScheduleKey, now: number, maxFailures: number): Statement[] {
  return [
    statement(
      `UPDATE schedules SET status = 'paused', paused_reason = 'failures', paused_at = ?3, updated_at = max(?3, updated_at + 1)
       WHERE space_id = ?1 AND id = ?2 AND status = 'active' AND ?4 = (
         SELECT total(last.failed) FROM (
           SELECT r.outcome = 'refused' OR e.status = 'failed' AS failed
           FROM schedule_runs r LEFT JOIN exports e ON e.space_id = ?1 AND e.id = r.export_id
           WHERE r.space_id = ?1 AND r.schedule_id = ?2 AND r.at > schedules.failures_from
             AND (r.outcome = 'refused' OR e.status IN ('completed', 'expired', 'failed'))
           ORDER BY r.scheduled_at DESC LIMIT ?4) AS last)`,
      [of.space_id, of.id, now, maxFailures],
    ),
    enqueuePauseWebhooks(of.space_id, of.id, now, maxFailures),
  ];
}

/** A schedule with no open export and no due run is not visited before its next run. */
export async function sleepUntilNextRun(db: Database, of: ScheduleKey, now: number): Promise<void> {
  await db.run(
    `UPDATE schedules SET wake_at = next_run_at
     WHERE space_id = ?1 AND id = ?2 AND next_run_at > ?3 AND open_export_id IS NULL`,
    [of.space_id, of.id, now],
  );
}

/** A schedule is not visited while its export is queued or processing, but at `again` at the latest (epoch ms). */
export async function sleepUntilExportEnds(
  db: Database,
  of: Pick<ScheduleRow, "id" | "space_id" | "open_export_id">,
  again: number,
): Promise<void> {
  await db.run(
    `UPDATE schedules SET wake_at = ?4 WHERE space_id = ?1 AND id = ?2 AND EXISTS
       (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?3 AND e.status IN ('queued', 'processing'))`,
    [of.space_id, of.id, of.open_export_id, again],
  );
}

/** Part of the batch that ends export ?2: the sweep visits its schedule next. */
export const wakeSchedule = (of: { space_id: string; id: string }, now: number) =>
  statement(
    `UPDATE schedules SET wake_at = min(wake_at, ?3) WHERE space_id = ?1 AND open_export_id = ?2
       AND id = (SELECT e.schedule_id FROM exports e WHERE e.space_id = ?1 AND e.id = ?2
         AND e.status NOT IN ('queued', 'processing'))`,
    [of.space_id, of.id, now],
  );

/** The table of runs. */
export interface ScheduleRuns {
  scheduled_at: number;
  at: number;
  outcome: "made" | "skipped" | "refused";
  window_start: number | null;
  window_end: number | null;
  export_id: string | null;
  with_late: number | null;
  error_code: string | null;
  detail: string | null;
}

const OUTCOME = "outcome, window_start, window_end, export_id, with_late, error_code, detail";

/** A run's entry in the history. What is left out is null. */
export type RunRecord = Pick<ScheduleRuns, "scheduled_at" | "outcome"> & Partial<Row<ScheduleRuns, typeof OUTCOME>>;

const insertRecords = (guard: string) =>
  `INSERT INTO schedule_runs (space_id, schedule_id, at, scheduled_at, ${OUTCOME})
   SELECT ?1, ?2, ?3, j.value ->> 'scheduled_at', j.value ->> 'outcome', j.value ->> 'window_start', j.value ->> 'window_end',
     j.value ->> 'export_id', j.value ->> 'with_late', j.value ->> 'error_code', j.value ->> 'detail'
   FROM json_each(?4) j WHERE ${guard} ON CONFLICT DO NOTHING`;

/** When a schedule runs next. */
export interface NextRun {
  now: number;
  nextRunAt: number;
  /** When the sweep visits it next. */
  wakeAt: number;
}

/**
 * Part of the batch that inserts a run's export: records the run and the runs merged into it, and advances the
 * schedule.
 */
export function recordExportRun(
  of: ScheduleKey,
  exportId: string,
  records: readonly RunRecord[],
  { now, nextRunAt, wakeAt }: NextRun,
): Statement[] {
  const isInserted = (parameter: string) =>
    `EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ${parameter} AND e.schedule_id = ?2)`;
  return [
    statement(insertRecords(isInserted("?5")), [of.space_id, of.id, now, JSON.stringify(records), exportId]),
    statement(
      `UPDATE schedules SET next_run_at = ?4, wake_at = ?5, open_export_id = ?3 WHERE space_id = ?1 AND id = ?2 AND ${isInserted("?3")}`,
      [of.space_id, of.id, exportId, nextRunAt, wakeAt],
    ),
  ];
}

/**
 * Records a run without an export, advances the schedule, and pauses it when its last `maxFailures` runs failed.
 * @param of the schedule as it was read: when it has advanced since then, nothing is recorded.
 * @returns whether this call paused it.
 */
export async function recordRunWithoutExport(
  db: Database,
  of: Pick<ScheduleRow, "id" | "space_id" | "next_run_at">,
  records: readonly RunRecord[],
  { now, nextRunAt, wakeAt }: NextRun,
  maxFailures: number,
): Promise<boolean> {
  const due = "s.space_id = ?1 AND s.id = ?2 AND s.status = 'active' AND s.next_run_at = ?5";
  const results = await db.batch([
    statement(insertRecords(`EXISTS (SELECT 1 FROM schedules s WHERE ${due})`), [
      of.space_id,
      of.id,
      now,
      JSON.stringify(records),
      of.next_run_at,
    ]),
    statement(`UPDATE schedules AS s SET next_run_at = ?3, wake_at = ?4 WHERE ${due}`, [
      of.space_id,
      of.id,
      nextRunAt,
      wakeAt,
      of.next_run_at,
    ]),
    ...pauseIfFailing(of, now, maxFailures),
  ]);
  return (results[2]?.changes ?? 0) > 0;
}
