/**
 * Runs schedules. The sweep visits a schedule when its last export has ended or its next run may be due. A run waits
 * while an export of its schedule is queued or processing, while the space has too many exports, and while the service
 * has an error; the runs that become due meanwhile are merged into one. Schedules have no messages of their own: a
 * later sweep repeats what was cut off.
 */

import {
  countDelivered,
  type DeliveredRun,
  recordExportRun,
  recordRunWithoutExport,
  type RunRecord,
  type ScheduleKey,
  settleSchedule,
  type SettledSchedule,
  sleepUntilExportEnds,
  sleepUntilNextRun,
  takeDueSchedules,
} from "../db/schedules/runs.ts";
import type { HadStep } from "../db/events/event-range.ts";
import type { ScheduleRow } from "../db/schedules/schedules.ts";
import { findSpace, type SpaceRow } from "../db/tenants/spaces.ts";
import { asSpillwayError, ERRORS } from "../errors.ts";
import type { Since } from "../datasets/dataset.ts";
import { log, logFailure } from "../log.ts";
import { lastAt, nextAt, timesAfter } from "../time/cron.ts";
import { insertAndDispatch } from "../export/api/create.ts";
import type { ExportRequest } from "../export/api/request.ts";
import type { Context } from "../context.ts";
import { dispatchDeliveries } from "../export/pipeline/dispatch.ts";
import { inParallel } from "../export/pipeline/parallel.ts";
import { datasetNamed } from "../datasets/index.ts";
import { cover } from "./coverage.ts";
import { checkFilled, type FilledRequest, fillRequest, type ScheduledRequest } from "./request.ts";

/** The shortest time between two runs. */
export const MIN_BETWEEN_MS = 15 * 60_000;
/** Failures in a row that pause a schedule. */
export const MAX_FAILURES = 3;
/** Schedules of one slice: a run takes about 20 queries of the 800 that an invocation should make. */
const PER_SLICE = 25;
/** Of these at the same time: most of a run's time is waiting for the databases. */
const AT_ONCE = 5;
/**
 * When a schedule is visited whose export has not ended. The export's end wakes it sooner: this is for an end that did
 * not, such as one that an operator wrote into the database.
 */
const OPEN_RECHECK_MS = 15 * 60_000;
/** The most merged runs that the history lists one by one, after a long time without runs. */
const MAX_SKIPPED = 100;

const MERGED = "A later run became due before this run could start: its window is part of that run.";
const NOTHING = "There was nothing to export: the run's window has not ended yet, or its data is past retention.";

/**
 * For the sweep, one slice.
 * @param goOn starts the next slice, which claims the next schedules: it need not wait until these have run.
 * @returns whether more are due.
 */
export async function runSchedules(context: Context, goOn: () => Promise<void> = async () => {}): Promise<boolean> {
  const now = context.runtime.now();
  const { control } = context.databases;
  const due = await takeDueSchedules(control, now, now + context.config.resendAfterMs, PER_SLICE);
  const more = due.length === PER_SLICE;
  if (more) await goOn();
  await inParallel(due, AT_ONCE, async (each) => {
    // Many merged runs take more. A later sweep visits the schedules that are left.
    if (context.budget.isNearlySpent) return;
    try {
      await visit(context, each, now);
    } catch (thrown) {
      logFailure("schedule.failed", thrown, { space_id: each.space_id, schedule_id: each.id });
    }
  });
  return more;
}

async function visit(context: Context, of: ScheduleKey, now: number): Promise<void> {
  const { control } = context.databases;
  const row = await settle(context, of, now);
  if (row === null || row.status !== "active") return;
  if (row.open_export_id !== null) return sleepUntilExportEnds(control, row, now + OPEN_RECHECK_MS);
  if (row.next_run_at > now) return sleepUntilNextRun(control, of, now);
  const space = await findSpace(control, of.space_id);
  if (space !== null) await run(context, space, row, now);
}

/** @returns the schedule, with every completed export part of its coverage. */
async function settle(context: Context, of: ScheduleKey, now: number): Promise<SettledSchedule | null> {
  const { control } = context.databases;
  for (;;) {
    const { row, paused } = await settleSchedule(control, of, now, MAX_FAILURES);
    if (paused) await onPaused(context, of);
    const delivered = row === null ? [] : (JSON.parse(row.delivered) as DeliveredRun[]);
    if (row === null || delivered.length === 0) return row;
    const counted = countRuns(row, delivered);
    const times = delivered.map((run) => run.scheduled_at);
    await countDelivered(control, row, counted, times);
  }
}

/** The coverage of a schedule with these completed runs. */
export function countRuns(
  row: Pick<SettledSchedule, "coverage" | "covered_until" | "since_export_id" | "since_dataset" | "since_seq">,
  delivered: readonly DeliveredRun[],
) {
  let steps = JSON.parse(row.coverage) as HadStep[];
  let until = row.covered_until;
  let since = { id: row.since_export_id, dataset: row.since_dataset, seq: row.since_seq };
  for (const run of delivered.toSorted((a, b) => a.scheduled_at - b.scheduled_at)) {
    const { window_start: start, window_end: end, seq } = run;
    if (start !== null)
      steps = cover(steps, { start: run.with_late === 1 ? Number.NEGATIVE_INFINITY : start, end, seq });
    until = Math.max(until, end);
    since = { id: run.export_id, dataset: run.dataset, seq };
  }
  return {
    coverage: JSON.stringify(steps),
    covered_until: until,
    since_export_id: since.id,
    since_dataset: since.dataset,
    since_seq: since.seq,
  };
}

async function onPaused(
  context: Pick<Context, "databases" | "runtime" | "sendWebhook">,
  of: ScheduleKey,
): Promise<void> {
  log("schedule.paused", { space_id: of.space_id, schedule_id: of.id });
  await dispatchDeliveries(context, of.space_id, of.id);
}

/** The run to make, the runs that are merged into it, and the time of the next. Times in epoch ms. */
export interface RunPlan {
  at: number;
  skipped: readonly number[];
  nextRunAt: number;
}

/**
 * Which run to make now. Runs of a backfill, before the schedule was created, are made one after another; of the later
 * runs that are due, only the last is made, and the others are merged into it.
 */
export function planRun(
  row: Pick<ScheduleRow, "cron" | "timezone" | "next_run_at" | "created_at">,
  now: number,
): RunPlan {
  const { cron, timezone, next_run_at: due, created_at: createdAt } = row;
  const at = due <= createdAt ? due : Math.max(due, lastAt(cron, timezone, now) ?? due);
  const skipped: number[] = [];
  if (at > due) {
    for (const time of timesAfter(cron, timezone, due - 1)) {
      if (time >= at || skipped.length === MAX_SKIPPED) break;
      skipped.push(time);
    }
  }
  return { at, skipped, nextRunAt: nextAt(cron, timezone, at) ?? NEVER };
}

/** The latest time that a Date can hold. */
const NEVER = 8.64e15;

async function run(context: Context, of: SpaceRow, row: SettledSchedule, now: number): Promise<void> {
  // Days are those of the schedule's time zone, whatever the space's has become.
  const space = { ...of, timezone: row.timezone };
  const plan = planRun(row, now);
  const request = JSON.parse(row.request) as ScheduledRequest;
  const bounds = {
    at: plan.at,
    coveredUntil: row.covered_until,
    incremental: row.incremental === 1,
    since: row.since_dataset === request.dataset ? row.since_export_id : null,
  };
  const filled = fillRequest(datasetNamed(request.dataset), request, bounds, space, now);
  if (filled === null) {
    await recordNoExport(context, row, plan, now, { outcome: "skipped", detail: NOTHING });
    return;
  }
  try {
    await createExport(context, space, row, plan, filled, now);
  } catch (thrown) {
    const error = asSpillwayError(thrown);
    // Another sweep created the export, or the space has too many: the next sweep tries again if the run is still due.
    if (error.code === "conflict" || error.code === "too_many_pending_exports") return;
    if (ERRORS[error.code].status !== 422) throw thrown;
    const detail = error.message;
    await recordNoExport(context, row, plan, now, { outcome: "refused", error_code: error.code, detail });
  }
}

const mergedRuns = ({ skipped }: RunPlan): RunRecord[] =>
  skipped.map((time) => ({ scheduled_at: time, outcome: "skipped", detail: MERGED }));

/** @throws the errors of a create. */
async function createExport(
  context: Context,
  space: SpaceRow,
  row: SettledSchedule,
  plan: RunPlan,
  filled: FilledRequest,
  now: number,
): Promise<void> {
  const { runtime } = context;
  const id = runtime.uuid();
  const request = checkFilled(filled);
  const asked = { space, request, requestId: runtime.uuid() };
  const record: RunRecord = {
    scheduled_at: plan.at,
    outcome: "made",
    window_start: filled.windowStart,
    window_end: filled.windowEnd,
    export_id: id,
    with_late: Number(filled.lateFrom !== null),
  };
  const next = { now, nextRunAt: plan.nextRunAt, wakeAt: now + OPEN_RECHECK_MS };
  await insertAndDispatch(context, asked, id, {
    key: null,
    run: { scheduleId: row.id, dueAt: row.next_run_at, had: hadBefore(row, request, filled.lateFrom) },
    also: () => recordExportRun(row, id, [record, ...mergedRuns(plan)], next),
  });
  log("schedule.ran", {
    space_id: row.space_id,
    schedule_id: row.id,
    export_id: id,
    request_id: asked.requestId,
    late_ms: now - plan.at,
    skipped: plan.skipped.length,
  });
}

/** What a run's export leaves out; null: nothing. */
function hadBefore(row: SettledSchedule, request: ExportRequest, lateFrom: number | null): Since | null {
  const { schedulable } = datasetNamed(request.dataset);
  if (schedulable?.readsLate === true) return { seq: 0, steps: JSON.parse(row.coverage) as HadStep[], lateFrom };
  return request.since === undefined || row.since_seq === null
    ? null
    : { seq: row.since_seq, steps: [], lateFrom: null };
}

async function recordNoExport(
  context: Pick<Context, "databases" | "runtime" | "sendWebhook">,
  row: ScheduleRow,
  plan: RunPlan,
  now: number,
  reason: Pick<RunRecord, "outcome" | "detail" | "error_code">,
): Promise<void> {
  const records = [{ scheduled_at: plan.at, ...reason }, ...mergedRuns(plan)];
  const next = { now, nextRunAt: plan.nextRunAt, wakeAt: plan.nextRunAt };
  log("schedule.not_run", {
    space_id: row.space_id,
    schedule_id: row.id,
    outcome: reason.outcome,
    code: reason.error_code ?? null,
  });
  if (await recordRunWithoutExport(context.databases.control, row, records, next, MAX_FAILURES))
    await onPaused(context, row);
}
