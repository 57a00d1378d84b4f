/** Schedules of a space, as calls make and change them. What their runs do to them is in schedule-runs.ts. */

import { type Database, statement } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";

export interface ScheduleRow {
  id: string;
  space_id: string;
  name: string;
  cron: string;
  timezone: string;
  /** JSON: without what each run fills in. */
  request: string;
  /** 0 or 1. */
  incremental: number;
  backfill_from: number | null;
  status: "active" | "paused";
  paused_reason: string | null;
  paused_at: number | null;
  /** The run that comes next: past when it is due. */
  next_run_at: number;
  /** What the completed exports cover, epoch ms: the next window begins here. */
  covered_until: number;
  /** The newest completed export. */
  since_export_id: string | null;
  /** The export that was made last, until its end was seen. */
  open_export_id: string | null;
  /** Runs made until then no longer count as failures. */
  failures_from: number;
  /** When the sweep looks at it next. */
  wake_at: number;
  created_at: number;
  updated_at: number;
}

export const SCHEDULE_COLUMNS = `id, space_id, name, cron, timezone, request, incremental, backfill_from, status, paused_reason, paused_at, next_run_at,
  covered_until, since_export_id, open_export_id, failures_from, wake_at, created_at, updated_at`;

/** @returns false when the space has `most` of them already. */
export async function insertSchedule(db: Database, row: ScheduleRow, most: number): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO schedules (${SCHEDULE_COLUMNS})
     SELECT ?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19
     WHERE (SELECT count(*) FROM schedules WHERE space_id = ?1) < ?20`,
    row.space_id,
    row.id,
    row.name,
    row.cron,
    row.timezone,
    row.request,
    row.incremental,
    row.backfill_from,
    row.status,
    row.paused_reason,
    row.paused_at,
    row.next_run_at,
    row.covered_until,
    row.since_export_id,
    row.open_export_id,
    row.failures_from,
    row.wake_at,
    row.created_at,
    row.updated_at,
    most,
  );
  return inserted > 0;
}

export async function findSchedule(db: Database, spaceId: string, id: string): Promise<ScheduleRow | null> {
  const sql = `SELECT ${SCHEDULE_COLUMNS} FROM schedules WHERE space_id = ?1 AND id = ?2`;
  return db.first<ScheduleRow>(sql, spaceId, id);
}

/** Newest first. */
export async function listSchedules(
  db: Database,
  spaceId: string,
  limit: number,
  after: Position | null,
): Promise<ScheduleRow[]> {
  return db.all<ScheduleRow>(
    `SELECT ${SCHEDULE_COLUMNS} FROM schedules ${NEWEST_FIRST}`,
    ...pageParams(spaceId, limit, after),
  );
}

/**
 * Writes a schedule as it is to be now; what its runs have written of it stays.
 * @param asOf it as it was read: where another call or a run moved it since, nothing is written.
 * @returns whether it was written.
 */
export async function replaceSchedule(db: Database, row: ScheduleRow, asOf: ScheduleRow): Promise<boolean> {
  const changed = await db.run(
    `UPDATE schedules SET name = ?3, cron = ?4, timezone = ?5, request = ?6, incremental = ?7, status = ?8, paused_reason = ?9,
       paused_at = ?10, next_run_at = ?11, failures_from = ?12, wake_at = ?13, updated_at = ?14
     WHERE space_id = ?1 AND id = ?2 AND updated_at = ?15 AND next_run_at = ?16`,
    row.space_id,
    row.id,
    row.name,
    row.cron,
    row.timezone,
    row.request,
    row.incremental,
    row.status,
    row.paused_reason,
    row.paused_at,
    row.next_run_at,
    row.failures_from,
    row.wake_at,
    row.updated_at,
    asOf.updated_at,
    asOf.next_run_at,
  );
  return changed > 0;
}

/** Takes its history along; its exports stay. @returns whether it was there. */
export async function deleteSchedule(db: Database, spaceId: string, id: string): Promise<boolean> {
  const [, deleted] = await db.batch([
    statement("DELETE FROM schedule_runs WHERE space_id = ?1 AND schedule_id = ?2", spaceId, id),
    statement("DELETE FROM schedules WHERE space_id = ?1 AND id = ?2", spaceId, id),
  ]);
  return (deleted?.changes ?? 0) > 0;
}
