/** The history of a schedule's runs: as the API lists it, and how long it is kept. */

import { type Database, statement } from "../core/database.ts";
import { NO_TOTALS, totalsOf } from "../exports/totals.ts";
import type { ScheduleRuns } from "./runs.ts";

/** A run as the API shows it, with its export. */
export interface RunRow extends Omit<ScheduleRuns, "export_id" | "with_late"> {
  /** Null: the run has no export, or the export was deleted. */
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
  const runs = await db.all<Omit<RunRow, "rows" | "files">>(
    `SELECT r.scheduled_at, r.at, r.outcome, r.window_start, r.window_end, r.error_code, r.detail,
       e.id AS export_id, e.status, e.completed_at, e.error_code AS export_error, e.error_owner AS export_error_owner,
       e.error_detail AS export_error_detail, e.error_retryable AS export_error_retryable
     FROM schedule_runs r LEFT JOIN exports e ON e.space_id = ?1 AND e.id = r.export_id AND e.deleted_at IS NULL
     WHERE r.space_id = ?1 AND r.schedule_id = ?2 AND (?4 IS NULL OR r.scheduled_at < ?4)
     ORDER BY r.scheduled_at DESC LIMIT ?3`,
    [spaceId, scheduleId, limit, before],
  );
  const exportIds = runs.flatMap(({ export_id }) => export_id ?? []);
  const totals = await totalsOf(db, spaceId, exportIds);
  return runs.map((run) => {
    const { rows_written, files_written } = totals.get(run.export_id ?? "") ?? NO_TOTALS;
    return { ...run, rows: rows_written, files: files_written };
  });
}

/**
 * Deletes every space's runs and schedules' webhook deliveries of before `before`. Runs that are not yet part of their
 * schedule's coverage stay: those of a paused schedule. At most `limit` of each.
 * @returns whether there may be more.
 */
export async function dropOldRuns(db: Database, before: number, limit: number): Promise<boolean> {
  const results = await db.batch([
    statement(
      `DELETE FROM schedule_runs WHERE (schedule_id, scheduled_at) IN
         (SELECT schedule_id, scheduled_at FROM schedule_runs
          WHERE at <= ?1 AND (delivered_seq IS NULL OR counted = 1) LIMIT ?2)`,
      [before, limit],
    ),
    statement(
      `DELETE FROM webhook_attempts WHERE delivery_id IN (
         SELECT id FROM webhook_deliveries WHERE subject_type = 'schedule' AND created_at <= ?1 AND status <> 'pending' LIMIT ?2)`,
      [before, limit],
    ),
    statement(
      `DELETE FROM webhook_deliveries WHERE id IN (
         SELECT id FROM webhook_deliveries WHERE subject_type = 'schedule' AND created_at <= ?1 AND status <> 'pending' LIMIT ?2)`,
      [before, limit],
    ),
  ]);
  return results[0]?.changes === limit || results[2]?.changes === limit;
}
