/**
 * Runs of schedules: which are due, what became of each, and what that says of its schedule. A run moves its schedule on in
 * the transaction that writes its export, so that a run makes one export, whoever tries it and however often.
 */

import { enqueuePauseWebhooks } from "../exports/outbox.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { SCHEDULE_COLUMNS, type ScheduleRow } from "./schedules.ts";

/** Takes active spaces' schedules that are to be looked at, those that wait longest first, and puts each off. */
export async function takeDueSchedules(
  db: Database,
  now: number,
  againAt: number,
  limit: number,
): Promise<Pick<ScheduleRow, "id" | "space_id">[]> {
  return db.all(
    `UPDATE schedules SET wake_at = ?2 WHERE id IN (
       SELECT s.id FROM schedules s JOIN spaces p ON p.id = s.space_id AND p.status = 'active'
       WHERE s.status = 'active' AND s.wake_at <= ?1 ORDER BY s.wake_at LIMIT ?3)
     RETURNING id, space_id`,
    now,
    againAt,
    limit,
  );
}

/** SQL: the runs of schedule ?2 beyond what it has covered whose exports were completed. */
const DELIVERED = `FROM schedule_runs r JOIN exports e ON e.space_id = ?1 AND e.id = r.export_id AND e.status IN ('completed', 'expired')
  WHERE r.space_id = ?1 AND r.schedule_id = ?2 AND r.scheduled_at > schedules.covered_until`;

export interface SettledSchedule extends ScheduleRow {
  /** JSON {seq, end}: what the newest completed export had; null where it was of another dataset, or there is none. */
  had: string | null;
}

/**
 * Writes down what the ends of a schedule's exports say of it: how far they cover, which is the newest, whether one is under
 * way. Where the last `most` runs that came to an end failed, it is paused, and that is told.
 * @returns it as it is now, and whether this paused it.
 */
export async function settleSchedule(
  db: Database,
  spaceId: string,
  id: string,
  now: number,
  most: number,
): Promise<{ row: SettledSchedule | null; paused: boolean }> {
  const results = await db.batch<SettledSchedule>([
    statement(
      `UPDATE schedules SET covered_until = max(covered_until, coalesce((SELECT max(r.window_end) ${DELIVERED}), 0)),
         since_export_id = coalesce((SELECT r.export_id ${DELIVERED} ORDER BY r.scheduled_at DESC LIMIT 1), since_export_id),
         since_had = coalesce((SELECT json_object('dataset', e.dataset, 'seq', e.snapshot_seq, 'end', r.window_end)
           ${DELIVERED} ORDER BY r.scheduled_at DESC LIMIT 1), since_had),
         open_export_id = (SELECT o.id FROM exports o WHERE o.space_id = ?1 AND o.schedule_id = ?2 AND o.status IN ('queued', 'processing') LIMIT 1)
       WHERE space_id = ?1 AND id = ?2`,
      spaceId,
      id,
    ),
    ...pauseIfFailing(spaceId, id, now, most),
    statement(
      `SELECT ${SCHEDULE_COLUMNS},
         CASE WHEN since_had ->> 'dataset' = request ->> 'dataset' THEN since_had END AS had
       FROM schedules WHERE space_id = ?1 AND id = ?2`,
      spaceId,
      id,
    ),
  ]);
  return { row: results.at(-1)?.rows[0] ?? null, paused: (results[1]?.changes ?? 0) > 0 };
}

/** Counted anew each time from the runs' own ends: what was retried and completed is no failure. */
function pauseIfFailing(spaceId: string, id: string, now: number, most: number): Statement[] {
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
      spaceId,
      id,
      now,
      most,
    ),
    enqueuePauseWebhooks(spaceId, id, now, most),
  ];
}

/** Nothing is under way, and nothing is due: it is looked at again when its next run is. */
export async function sleepUntilNextRun(db: Database, spaceId: string, id: string, now: number): Promise<void> {
  await db.run(
    `UPDATE schedules SET wake_at = next_run_at
     WHERE space_id = ?1 AND id = ?2 AND next_run_at > ?3 AND open_export_id IS NULL`,
    spaceId,
    id,
    now,
  );
}

/** What is written of a run. */
export interface RunLine {
  scheduled_at: number;
  outcome: "made" | "skipped" | "refused";
  window_start?: number | null;
  window_end?: number | null;
  export_id?: string;
  error_code?: string;
  detail?: string;
}

const RUN_COLUMNS = "outcome, window_start, window_end, export_id, error_code, detail";

const insertLines = (guard: string) =>
  `INSERT INTO schedule_runs (space_id, schedule_id, at, scheduled_at, ${RUN_COLUMNS})
   SELECT ?1, ?2, ?3, j.value ->> 'scheduled_at', j.value ->> 'outcome', j.value ->> 'window_start', j.value ->> 'window_end',
     j.value ->> 'export_id', j.value ->> 'error_code', j.value ->> 'detail'
   FROM json_each(?4) j WHERE ${guard} ON CONFLICT DO NOTHING`;

/** How a schedule goes on after a run. */
export interface Onward {
  now: number;
  nextRunAt: number;
  /** When the sweep looks at it next. */
  wakeAt: number;
}

/** Part of the batch that writes the export: its run, those that were merged into it, and the schedule moved on. */
export function runMade(
  of: Pick<ScheduleRow, "id" | "space_id">,
  exportId: string,
  lines: readonly RunLine[],
  { now, nextRunAt, wakeAt }: Onward,
): Statement[] {
  const made = (parameter: string) =>
    `EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ${parameter} AND e.schedule_id = ?2)`;
  return [
    statement(insertLines(made("?5")), of.space_id, of.id, now, JSON.stringify(lines), exportId),
    statement(
      `UPDATE schedules SET next_run_at = ?4, wake_at = ?5, open_export_id = ?3 WHERE space_id = ?1 AND id = ?2 AND ${made("?3")}`,
      of.space_id,
      of.id,
      exportId,
      nextRunAt,
      wakeAt,
    ),
  ];
}

/**
 * A run that makes no export: it is written down, the schedule moves on, and is paused where it fails again and again.
 * @param of as it was read: where it was moved since, nothing is written.
 * @returns whether this paused it.
 */
export async function runNotMade(
  db: Database,
  of: Pick<ScheduleRow, "id" | "space_id" | "next_run_at">,
  lines: readonly RunLine[],
  { now, nextRunAt, wakeAt }: Onward,
  most: number,
): Promise<boolean> {
  const due = "s.space_id = ?1 AND s.id = ?2 AND s.status = 'active' AND s.next_run_at = ?5";
  const results = await db.batch([
    statement(
      insertLines(`EXISTS (SELECT 1 FROM schedules s WHERE ${due})`),
      of.space_id,
      of.id,
      now,
      JSON.stringify(lines),
      of.next_run_at,
    ),
    statement(
      `UPDATE schedules AS s SET next_run_at = ?3, wake_at = ?4 WHERE ${due}`,
      of.space_id,
      of.id,
      nextRunAt,
      wakeAt,
      of.next_run_at,
    ),
    ...pauseIfFailing(of.space_id, of.id, now, most),
  ]);
  return (results[2]?.changes ?? 0) > 0;
}

export interface RunRow {
  scheduled_at: number;
  at: number;
  outcome: RunLine["outcome"];
  window_start: number | null;
  window_end: number | null;
  error_code: string | null;
  detail: string | null;
  /** Null: there is none, or it is there no more. */
  export_id: string | null;
  status: string | null;
  completed_at: number | null;
  export_error: string | null;
  export_error_owner: "customer" | "service" | null;
  export_error_detail: string | null;
  export_error_retryable: number | null;
  rows: number;
  files: number;
}

/** A schedule's runs, newest first. @param before the time of a run, or null for the first page. */
export async function listRuns(
  db: Database,
  spaceId: string,
  scheduleId: string,
  limit: number,
  before: number | null,
): Promise<RunRow[]> {
  return db.all<RunRow>(
    `SELECT r.scheduled_at, r.at, r.outcome, r.window_start, r.window_end, r.error_code, r.detail,
       e.id AS export_id, e.status, e.completed_at, e.error_code AS export_error, e.error_owner AS export_error_owner,
       e.error_detail AS export_error_detail, e.error_retryable AS export_error_retryable,
       (SELECT coalesce(sum(f.rows), 0) FROM export_files f WHERE f.space_id = ?1 AND f.export_id = e.id AND f.done = 1) AS rows,
       (SELECT count(*) FROM export_files f WHERE f.space_id = ?1 AND f.export_id = e.id AND f.done = 1) AS files
     FROM schedule_runs r LEFT JOIN exports e ON e.space_id = ?1 AND e.id = r.export_id AND e.deleted_at IS NULL
     WHERE r.space_id = ?1 AND r.schedule_id = ?2 AND (?4 IS NULL OR r.scheduled_at < ?4)
     ORDER BY r.scheduled_at DESC LIMIT ?3`,
    spaceId,
    scheduleId,
    limit,
    before,
  );
}

/** Every space's runs, and what was told of schedules, that are older than they are kept. */
export async function dropOldRuns(db: Database, before: number, limit: number): Promise<void> {
  await db.batch([
    statement(
      `DELETE FROM schedule_runs WHERE (schedule_id, scheduled_at) IN
         (SELECT schedule_id, scheduled_at FROM schedule_runs WHERE at <= ?1 LIMIT ?2)`,
      before,
      limit,
    ),
    statement(
      `DELETE FROM webhook_attempts WHERE delivery_id IN (
         SELECT id FROM webhook_deliveries WHERE subject_type = 'schedule' AND created_at <= ?1 AND status <> 'pending' LIMIT ?2)`,
      before,
      limit,
    ),
    statement(
      `DELETE FROM webhook_deliveries WHERE id IN (
         SELECT id FROM webhook_deliveries WHERE subject_type = 'schedule' AND created_at <= ?1 AND status <> 'pending' LIMIT ?2)`,
      before,
      limit,
    ),
  ]);
}
