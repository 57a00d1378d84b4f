/** Schedules of a space: what API calls read and write. runs.ts has what runs write. */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import type { HadStep } from "../events/event-range.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";

interface Schedules {
  id: string;
  space_id: string;
  name: string;
  cron: string;
  timezone: string;
  /** JSON: without the parameters that each run fills in. */
  request: string;
  /** 0 or 1. */
  incremental: number;
  backfill_from: number | null;
  /** Its exports are verified so long after they were completed; null: never. */
  verify_after_days: number | null;
  status: "active" | "paused";
  paused_reason: string | null;
  paused_at: number | null;
  /** In the past when the run is due. */
  next_run_at: number;
  /** The end of the completed exports' windows, epoch ms: the next window starts here. */
  covered_until: number;
  /** The newest completed export; null: there is none. */
  since_export_id: string | null;
  /** Dataset and snapshot of that export. */
  since_dataset: string | null;
  since_seq: number | null;
  /** The newest export, until the sweep sees that it has ended. */
  open_export_id: string | null;
  /** Earlier runs no longer count as failures. */
  failures_from: number;
  /** When the sweep visits it next. */
  wake_at: number;
  created_at: number;
  updated_at: number;
}

export const SCHEDULE_COLUMNS = `id, space_id, name, cron, timezone, request, incremental, backfill_from, verify_after_days, status, paused_reason, paused_at, next_run_at,
  covered_until, since_export_id, since_dataset, since_seq, open_export_id, failures_from, wake_at, created_at, updated_at`;

export type ScheduleRow = Row<Schedules, typeof SCHEDULE_COLUMNS>;

/**
 * @param coverage what runs leave out from the beginning, in ascending order.
 * @returns false when the space already has `limit` schedules.
 */
export async function insertSchedule(
  db: Database,
  row: ScheduleRow,
  coverage: readonly HadStep[],
  limit: number,
): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO schedules (${SCHEDULE_COLUMNS}, coverage)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23
     WHERE (SELECT count(*) FROM schedules WHERE space_id = ?2) < ?24`,
    [...valuesOf(row, SCHEDULE_COLUMNS), JSON.stringify(coverage), limit],
  );
  return inserted > 0;
}

export async function findSchedule(db: Database, spaceId: string, id: string): Promise<ScheduleRow | null> {
  const sql = `SELECT ${SCHEDULE_COLUMNS} FROM schedules WHERE space_id = ?1 AND id = ?2`;
  return db.first<ScheduleRow>(sql, [spaceId, id]);
}

/** Newest first. */
export const listSchedules = (db: Database, spaceId: string, limit: number, after: Position | null) =>
  db.all<ScheduleRow>(`SELECT ${SCHEDULE_COLUMNS} FROM schedules ${NEWEST_FIRST}`, pageParams(spaceId, limit, after));

const REPLACED = `name, cron, timezone, request, incremental, verify_after_days, status, paused_reason, paused_at, next_run_at, failures_from,
  wake_at, updated_at`;

/**
 * Replaces what a call may change of a schedule; the columns that runs write stay.
 * @param asOf the schedule as it was read. When another call or a run has changed it since then, nothing is written.
 * @returns whether it was replaced.
 */
export async function replaceSchedule(db: Database, row: ScheduleRow, asOf: ScheduleRow): Promise<boolean> {
  const changed = await db.run(
    `UPDATE schedules SET (${REPLACED}) = (?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
     WHERE space_id = ?1 AND id = ?2 AND updated_at = ?3 AND next_run_at = ?4`,
    [row.space_id, row.id, asOf.updated_at, asOf.next_run_at, ...valuesOf(row, REPLACED)],
  );
  return changed > 0;
}

/** Deletes a schedule and its history; its exports stay. @returns false when its id is unknown. */
export async function deleteSchedule(db: Database, spaceId: string, id: string): Promise<boolean> {
  const [, deleted] = await db.batch([
    statement("DELETE FROM schedule_runs WHERE space_id = ?1 AND schedule_id = ?2", [spaceId, id]),
    statement("DELETE FROM schedules WHERE space_id = ?1 AND id = ?2", [spaceId, id]),
  ]);
  return (deleted?.changes ?? 0) > 0;
}
