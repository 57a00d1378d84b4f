/**
 * schedule: exports that come by themselves. The sweep looks at a schedule when something may have changed with it: how its last
 * export ended, and whether its next run is due. A run waits while an export of its schedule is under way, while the space has
 * too many, and while something is out of order; what comes due meanwhile is merged into one run. A message is not needed:
 * whatever is cut off is found again by the next sweep.
 */

import {
  dropOldRuns,
  runMade,
  type RunLine,
  runNotMade,
  settleSchedule,
  type SettledSchedule,
  sleepUntilNextRun,
  takeDueSchedules,
} from "../db/schedules/runs.ts";
import type { ScheduleRow } from "../db/schedules/schedules.ts";
import { findSpace, type SpaceRow } from "../db/tenants/spaces.ts";
import { asSpillwayError, ERRORS } from "../errors.ts";
import type { Since } from "../datasets/dataset.ts";
import { log, logFailure } from "../log.ts";
import { lastAt, nextAt, timesAfter } from "../time/cron.ts";
import { makeExport } from "../export/api/create.ts";
import type { Context } from "../context.ts";
import { dispatchDeliveries } from "../export/pipeline/dispatch.ts";
import { datasetNamed } from "../datasets/index.ts";
import { exportRequestOf, fill, type Filled, type ScheduledRequest } from "./request.ts";
import { DAY_MS } from "../time/durations.ts";

/** What must lie between two runs. */
export const MIN_BETWEEN_MS = 15 * 60_000;
/** Failures in a row that pause a schedule. */
export const MAX_FAILURES = 3;
const MAX_AT_ONCE = 50;
/** After a long time without runs, no more of them than this are written down one by one. */
const MAX_SKIPPED = 100;
const RUNS_KEPT_MS = 90 * DAY_MS;
const MAX_DROPPED = 1_000;

const MERGED = "A later run was due as well before this one could be made: its window belongs to that one.";
const NOTHING = "There was nothing to ask for: its window is not over yet, or what was in it is no longer kept.";

/** For the sweep. */
export async function runSchedules(context: Context): Promise<void> {
  const now = context.runtime.now();
  const { control } = context.databases;
  for (const of of await takeDueSchedules(control, now, now + context.config.resendAfterMs, MAX_AT_ONCE)) {
    try {
      await look(context, of, now);
    } catch (thrown) {
      logFailure("schedule.failed", thrown, { space_id: of.space_id, schedule_id: of.id });
    }
  }
  await dropOldRuns(control, now - RUNS_KEPT_MS, MAX_DROPPED);
}

async function look(context: Context, { id, space_id: spaceId }: Of, now: number): Promise<void> {
  const { control } = context.databases;
  const { row, paused } = await settleSchedule(control, spaceId, id, now, MAX_FAILURES);
  if (paused) await tellPaused(context, { id, space_id: spaceId });
  if (row === null || row.status !== "active" || row.open_export_id !== null) return;
  if (row.next_run_at > now) return sleepUntilNextRun(control, spaceId, id, now);
  const space = await findSpace(control, spaceId);
  if (space !== null) await run(context, space, row, now);
}

type Of = Pick<ScheduleRow, "id" | "space_id">;

async function tellPaused(context: Context, of: Of): Promise<void> {
  log("schedule.paused", { space_id: of.space_id, schedule_id: of.id });
  await dispatchDeliveries(context, of.space_id, of.id);
}

/** The run that is to be made, those that are merged into it, and the one after it. Times in epoch ms. */
export interface Turn {
  at: number;
  skipped: readonly number[];
  nextRunAt: number;
}

/**
 * Which run is due. Those of the past before the schedule was made come one after another; of later ones that are due
 * together the last one stands for all.
 */
export function turnOf(row: Pick<ScheduleRow, "cron" | "timezone" | "next_run_at" | "created_at">, now: number): Turn {
  const { cron, timezone, next_run_at: due, created_at: madeAt } = row;
  const at = due <= madeAt ? due : Math.max(due, lastAt(cron, timezone, now) ?? due);
  const skipped: number[] = [];
  if (at > due) {
    for (const time of timesAfter(cron, timezone, due - 1)) {
      if (time >= at || skipped.length === MAX_SKIPPED) break;
      skipped.push(time);
    }
  }
  return { at, skipped, nextRunAt: nextAt(cron, timezone, at) ?? NEVER };
}

/** The last moment that a Date has. */
const NEVER = 8.64e15;

async function run(context: Context, space: SpaceRow, row: SettledSchedule, now: number): Promise<void> {
  const turn = turnOf(row, now);
  const request = JSON.parse(row.request) as ScheduledRequest;
  const filled = fill(datasetNamed(request.dataset), request, standing(row, turn.at), space, now);
  if (filled === null) {
    await notMade(context, row, turn, now, { outcome: "skipped", detail: NOTHING });
    return;
  }
  try {
    await make(context, space, row, turn, filled, now);
  } catch (thrown) {
    const error = asSpillwayError(thrown);
    // Another sweep made it, or the space has too many: it stays due where it still is.
    if (error.code === "conflict" || error.code === "too_many_pending_exports") return;
    if (ERRORS[error.code].status !== 422) throw thrown;
    const detail = error.message;
    await notMade(context, row, turn, now, { outcome: "refused", error_code: error.code, detail });
  }
}

function standing(row: SettledSchedule, at: number) {
  const since = row.incremental === 1 && row.had !== null ? row.since_export_id : null;
  return { at, coveredUntil: row.covered_until, since };
}

const mergedInto = ({ skipped }: Turn): RunLine[] =>
  skipped.map((time) => ({ scheduled_at: time, outcome: "skipped", detail: MERGED }));

/** @throws as a create does. */
async function make(context: Context, space: SpaceRow, row: SettledSchedule, turn: Turn, filled: Filled, now: number) {
  const { runtime, config } = context;
  const id = runtime.uuid();
  const asked = { space, request: exportRequestOf(filled), requestId: runtime.uuid() };
  const had = row.had === null ? null : (JSON.parse(row.had) as Since);
  const line: RunLine = {
    scheduled_at: turn.at,
    outcome: "made",
    window_start: filled.windowStart,
    window_end: filled.windowEnd,
    export_id: id,
  };
  const onward = { now, nextRunAt: turn.nextRunAt, wakeAt: now + config.resendAfterMs };
  await makeExport(context, asked, id, {
    key: null,
    run: { scheduleId: row.id, dueAt: row.next_run_at, had },
    also: () => runMade(row, id, [line, ...mergedInto(turn)], onward),
  });
  log("schedule.ran", {
    space_id: row.space_id,
    schedule_id: row.id,
    export_id: id,
    request_id: asked.requestId,
    late_ms: now - turn.at,
    skipped: turn.skipped.length,
  });
}

async function notMade(
  context: Context,
  row: ScheduleRow,
  turn: Turn,
  now: number,
  why: Pick<RunLine, "outcome" | "detail" | "error_code">,
): Promise<void> {
  const lines = [{ scheduled_at: turn.at, ...why }, ...mergedInto(turn)];
  const onward = { now, nextRunAt: turn.nextRunAt, wakeAt: turn.nextRunAt };
  log("schedule.not_run", {
    space_id: row.space_id,
    schedule_id: row.id,
    outcome: why.outcome,
    code: why.error_code ?? null,
  });
  if (await runNotMade(context.databases.control, row, lines, onward, MAX_FAILURES)) await tellPaused(context, row);
}
