/** Commands of schedules: they are made, edited, paused, run, and lose their newest export. */

import * as fc from "fast-check";
import { type Command, command, expectStatus, nth } from "./command.ts";
import { moveClock, sweepNow } from "./commands-clock.ts";
import { expectEverything } from "./schedule-runs.ts";
import type { Stage } from "./stage.ts";
import { dayAfter, dayOf, iso, startOfDay } from "./times.ts";
import { workAll } from "./work.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type ScheduleRecord, type World } from "./world.ts";

const nat = fc.nat({ max: 59 });
const MAX_SCHEDULES = 2;

const CRONS = ["*/15 * * * *", "0 * * * *", "30 2 * * *"] as const;
/** How far its runs are apart. */
const APART_MS = { "*/15 * * * *": 15 * MINUTE_MS, "0 * * * *": HOUR_MS, "30 2 * * *": DAY_MS };
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"] as const;

/** Requests without their windows; those of one dataset differ in how rows are written, and in the names. */
const REQUESTS: Record<string, readonly Record<string, unknown>[]> = {
  activity_events: [
    { dataset: "activity_events" },
    { dataset: "activity_events", layout: "files", file_rows: 2 },
    { dataset: "activity_events", row_format: "nested" },
    { dataset: "activity_events", event_names: ["bought"] },
    { dataset: "activity_events", event_names: ["s*"] },
  ],
  profile_events: [
    { dataset: "profile_events" },
    { dataset: "profile_events", identifiers: ["custom_id"] },
    { dataset: "profile_events", event_names: ["s*"] },
  ],
  conversion_events: [
    { dataset: "conversion_events" },
    { dataset: "conversion_events", fields: ["profile_id", "amount"] },
    { dataset: "conversion_events", event_names: ["purchase"], layout: "files" },
  ],
};

const namesOf = (request: Record<string, unknown>) => (request["event_names"] as string[] | undefined) ?? null;
const datasetOf = ({ request }: ScheduleRecord) => String(request["dataset"]);

/** Makes a schedule of one of these datasets. */
export const makeSchedule = (...datasets: string[]): fc.Arbitrary<Command> =>
  command(
    "make a schedule",
    fc.record({
      dataset: fc.constantFrom(...datasets),
      request: nat,
      cron: fc.constantFrom(...CRONS),
      timezone: fc.constantFrom(...ZONES),
      incremental: fc.constantFrom(true, true, true, false),
      /** So many runs back; fewer than the first catches up with at once. */
      backfill: fc.option(fc.constantFrom(1, 2), { freq: 4 }),
    }),
    async ({ dataset, request, cron, timezone, incremental, backfill }, world, stage) => {
      const filled = nth(REQUESTS[dataset] ?? [], request);
      const from = backfill === null ? null : world.now - backfill * APART_MS[cron] - MINUTE_MS;
      const body = {
        name: "Run",
        cron,
        timezone,
        incremental,
        request: filled,
        ...(from === null ? {} : { backfill_from: iso(from) }),
      };
      const answer = await stage.call("POST", "/v1/schedules", body);
      if (from !== null && from < world.now - world.retentionDays * DAY_MS) {
        expectStatus(answer, 422);
        return;
      }
      expectStatus(answer, 201);
      world.schedules.push({
        id: String(answer.body["id"]),
        request: filled,
        timezone,
        cron,
        incremental,
        backfillFrom: from,
        made: world.data,
        madeAt: world.now,
        status: "active",
        delivered: new Map(),
        always: namesOf(filled),
      });
    },
    ({ schedules }) => schedules.length < MAX_SCHEDULES,
  );

const hasSchedules = ({ schedules }: Readonly<World>) => schedules.length > 0;

export type Edit =
  | { request: number }
  | { cron: string }
  | { timezone: string }
  | { incremental: boolean }
  | { paused: boolean };

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ request: nat }),
  fc.record({ cron: fc.constantFrom(...CRONS) }),
  fc.record({ timezone: fc.constantFrom(...ZONES) }),
  fc.record({ incremental: fc.boolean() }),
  fc.record({ paused: fc.boolean() }),
);

export const editSchedule = command(
  "edit a schedule",
  fc.record({ schedule: nat, edit: edits }),
  async ({ schedule: n, edit }, world, stage) => {
    const schedule = nth(world.schedules, n);
    const body = "request" in edit ? { request: nth(REQUESTS[datasetOf(schedule)] ?? [], edit.request) } : edit;
    expectStatus(await stage.call("PATCH", `/v1/schedules/${schedule.id}`, body), 200);
    if ("request" in body) changeRequest(schedule, body.request);
    if ("incremental" in edit) schedule.incremental = edit.incremental;
    if ("timezone" in edit) schedule.timezone = edit.timezone;
    if ("cron" in edit) schedule.cron = edit.cron;
  },
  hasSchedules,
);

/** Names that one of two requests leaves out may come or not. */
function changeRequest(schedule: ScheduleRecord, request: Record<string, unknown>): void {
  const names = namesOf(request);
  schedule.request = request;
  const { always } = schedule;
  if (always === null) schedule.always = names;
  else if (names !== null) schedule.always = always.filter((name) => names.includes(name));
}

/** The clock moves to a schedule's next run, the sweep comes, and its export may be worked on. */
export const runSchedule = command(
  "run a schedule",
  fc.record({
    schedule: nat,
    late: fc.constantFrom(0, 0, 20_000, 31 * MINUTE_MS, DAY_MS),
    work: fc.constantFrom(0, 2, Infinity, Infinity),
  }),
  async ({ schedule: n, late, work }, world, stage) => {
    await moveToNextRun(world, stage, nth(world.schedules, n), late);
    await sweepNow(world, stage);
    await workAll(world, stage, work);
  },
  hasSchedules,
);

/** @returns whether the schedule has a next run. */
export async function moveToNextRun(
  world: World,
  stage: Stage,
  { id }: ScheduleRecord,
  late: number,
): Promise<boolean> {
  const { body } = await stage.call("GET", `/v1/schedules/${id}`);
  const next = body["next_run_at"];
  if (typeof next !== "string") return false;
  moveClock(world, stage, Math.max(0, Date.parse(next) + late - world.now));
  return true;
}

export const deleteNewest = command(
  "delete a schedule's newest export",
  nat,
  async (n, world, stage) => {
    const { id } = nth(world.schedules, n);
    const newest = world.exports.findLast(({ schedule, status }) => schedule === id && status !== "deleted");
    if (newest === undefined) return;
    const isPending = newest.status === "pending";
    expectStatus(await stage.call("DELETE", `/v1/exports/${newest.id}`), isPending ? 202 : 204);
    newest.status = isPending ? "canceled" : "deleted";
  },
  hasSchedules,
);

/** Every schedule runs until nothing is left to do; then its runs have everything. Exports fail no more. */
export async function settleSchedules(world: World, stage: Stage): Promise<void> {
  for (const { id } of world.schedules)
    expectStatus(await stage.call("PATCH", `/v1/schedules/${id}`, { paused: false }), 200);
  await runAll(world, stage);
  // What occurs a few minutes ahead of the clock comes due.
  moveClock(world, stage, 6 * MINUTE_MS);
  for (const schedule of world.schedules) {
    // Conversions come when a day is over, the late ones of earlier days too.
    if (datasetOf(schedule) === "conversion_events") moveClock(world, stage, untilTomorrow(schedule, world));
    await runToPresent(world, stage, schedule);
    expectEverything(world, schedule);
  }
}

/** Runs of the past come one a sweep; the last is one that was not missed. */
async function runToPresent(world: World, stage: Stage, schedule: ScheduleRecord): Promise<void> {
  for (let n = 0; n < 200; n += 1) {
    const before = world.now;
    await moveToNextRun(world, stage, schedule, 0);
    const wasAhead = world.now > before;
    if (wasAhead) return runAll(world, stage);
    await sweepNow(world, stage);
    await workAll(world, stage);
    moveClock(world, stage, MINUTE_MS);
  }
}

function untilTomorrow({ timezone }: ScheduleRecord, { now }: World): number {
  return startOfDay(timezone, dayAfter(dayOf(timezone, now))) - now;
}

/** Sweeps and works until no more runs are made. */
async function runAll(world: World, stage: Stage): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    await sweepNow(world, stage);
    await workAll(world, stage);
    moveClock(world, stage, MINUTE_MS);
    await sweepNow(world, stage);
    if (world.pending().length === 0) return;
    await workAll(world, stage);
  }
}
