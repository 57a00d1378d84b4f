/** Schedules: exports that come by themselves, and what became of each run. */

import * as z from "zod";
import { listRuns } from "../../db/schedules/runs.ts";
import {
  deleteSchedule,
  findSchedule,
  insertSchedule,
  listSchedules,
  replaceSchedule,
  type ScheduleRow,
} from "../../db/schedules/schedules.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { datasetOf, filledIn } from "../../export/api/request.ts";
import { checkScheduled, type ScheduledRequest } from "../../schedules/request.ts";
import { nextAt, timesAfter } from "../../time/cron.ts";
import { iso } from "../../time/names.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { type Call, json, route } from "../route.ts";
import { NewSchedule, Schedule, ScheduleChange, ScheduleRun, showRun, showSchedule } from "./schemas.ts";

export const TAG = "Schedules";
export const MAX_SCHEDULES = 50;
const MAX_BACKFILLED = 1_000;
const MAX_BYTES = 131_072;
const params = z.object({ id: z.string() });
const example = {
  name: "Nightly orders",
  cron: "0 3 * * *",
  timezone: "Europe/London",
  request: { dataset: "activity_events", event_names: ["order_*"] },
};

export const schedulesResource = resource("/v1/schedules", [
  route({
    method: "POST",
    path: "/",
    operationId: "createSchedule",
    summary: "Make a schedule",
    description: `Each run asks for an export as \`POST /v1/exports\` does, without a place of \`create\`; it counts as pending. Of one schedule one export is under way at a time: a run that is due meanwhile waits, and several that are due together are made as one, with the windows of all. What a failed or refused run should have covered belongs to the next one. After three failures in a row the schedule is paused, and \`schedule.paused\` is told to webhook endpoints. A space has ${MAX_SCHEDULES} schedules at most.`,
    tag: TAG,
    auth: "settings:write",
    body: { schema: NewSchedule, maxBytes: MAX_BYTES, example },
    responses: { 201: { description: "The schedule.", schema: Schedule } },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      const { name, cron, timezone, incremental } = body;
      const request: ScheduledRequest = { ...filledIn(body.request) };
      const now = call.runtime.now();
      const from = body.backfill_from ?? null;
      const backfillFrom = from === null ? null : Date.parse(from);
      if (backfillFrom !== null) checkBackfill(space, { request, cron, timezone, from: backfillFrom }, now);
      await checkScheduled(call.context, space, request);
      const coveredUntil = backfillFrom ?? now;
      const nextRunAt = nextOf(cron, timezone, coveredUntil);
      const row: ScheduleRow = {
        id: call.runtime.uuid(),
        space_id: space.id,
        name,
        cron,
        timezone,
        request: JSON.stringify(request),
        incremental: Number(incremental),
        backfill_from: backfillFrom,
        status: "active",
        paused_reason: null,
        paused_at: null,
        next_run_at: nextRunAt,
        covered_until: coveredUntil,
        since_export_id: null,
        open_export_id: null,
        failures_from: now,
        wake_at: nextRunAt,
        created_at: now,
        updated_at: now,
      };
      if (!(await insertSchedule(call.databases.control, row, MAX_SCHEDULES)))
        throw new SpillwayError("conflict", `A space has ${MAX_SCHEDULES} schedules at most.`);
      return json(showSchedule(row), 201);
    },
  }),
  list({
    path: "/",
    operationId: "listSchedules",
    summary: "List schedules",
    tag: TAG,
    auth: "settings:write",
    item: Schedule,
    page: "Schedules, newest first.",
    read: (call, { space, limit, after }) => listSchedules(call.databases.control, space.id, limit, after),
    positionOf: byCreation,
    show: showSchedule,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getSchedule",
    summary: "Show a schedule",
    tag: TAG,
    auth: "settings:write",
    params,
    responses: { 200: { description: "The schedule.", schema: Schedule } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      return json(showSchedule(await scheduleOf(call, space, params.id)));
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "changeSchedule",
    summary: "Change a schedule",
    description:
      "`request` is replaced as a whole. `paused: false` goes on with the next time from now; the window of what was missed belongs to that run. Times of the past that are still to be caught up with are not lost by a change.",
    tag: TAG,
    auth: "settings:write",
    params,
    body: { schema: ScheduleChange, maxBytes: MAX_BYTES, example: { paused: true } },
    responses: { 200: { description: "The schedule as it is now.", schema: Schedule } },
    errors: ["not_found", "conflict"],
    async handle(call, { space, params, body }) {
      const before = await scheduleOf(call, space, params.id);
      const request: ScheduledRequest | null = body.request === undefined ? null : { ...filledIn(body.request) };
      if (request !== null) await checkScheduled(call.context, space, request);
      const now = call.runtime.now();
      const { name = before.name, cron = before.cron, timezone = before.timezone } = body;
      const row: ScheduleRow = {
        ...before,
        name,
        cron,
        timezone,
        request: request === null ? before.request : JSON.stringify(request),
        incremental: Number(body.incremental ?? before.incremental === 1),
        wake_at: now,
        updated_at: Math.max(now, before.updated_at + 1),
        ...pausing(before, body.paused, now),
      };
      const resumed = before.status === "paused" && row.status === "active";
      if (resumed || cron !== before.cron || timezone !== before.timezone) {
        // What is still to be caught up with comes before anything from now on.
        const after = before.next_run_at <= before.created_at ? before.next_run_at - 1 : now;
        row.next_run_at = nextOf(cron, timezone, after);
      }
      if (!(await replaceSchedule(call.databases.control, row, before)))
        throw new SpillwayError(
          "conflict",
          "The schedule was changed or has run meanwhile. Look at it, and ask again.",
        );
      return json(showSchedule(row));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteSchedule",
    summary: "Delete a schedule",
    description: "Its exports stay, also one that is under way; the history of its runs goes.",
    tag: TAG,
    auth: "settings:write",
    params,
    responses: { 204: { description: "It runs no more." } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      if (!(await deleteSchedule(call.databases.control, space.id, params.id))) throw notFound();
      return new Response(null, { status: 204 });
    },
  }),
  list({
    path: "/{id}/exports",
    operationId: "listScheduleExports",
    summary: "List a schedule's runs and their exports",
    description: "The runs of the last 90 days. Get an export's files by its id, with a key that may read exports.",
    tag: TAG,
    auth: "settings:write",
    params,
    item: ScheduleRun,
    page: "Runs, newest first.",
    errors: ["not_found"],
    async read(call, { space, params: { id }, limit, after }) {
      await scheduleOf(call, space, id);
      return listRuns(call.databases.control, space.id, id, limit, after?.time ?? null);
    },
    positionOf: (row) => ({ time: row.scheduled_at, id: "" }),
    show: showRun,
  }),
]);

const notFound = () => new SpillwayError("not_found", "There is no schedule under that id.");

async function scheduleOf(call: Call, space: SpaceRow, id: string): Promise<ScheduleRow> {
  const row = await findSchedule(call.databases.control, space.id, id);
  if (row === null) throw notFound();
  return row;
}

/** @throws invalid_request for an expression that never comes again. */
function nextOf(cron: string, timezone: string, after: number): number {
  const next = nextAt(cron, timezone, after);
  if (next === null) throw invalid({ pointer: "/cron", detail: "cron never comes." });
  return next;
}

/** @throws invalid_request for a past that cannot be caught up with. */
function checkBackfill(
  space: SpaceRow,
  { request, cron, timezone, from }: { request: ScheduledRequest; cron: string; timezone: string; from: number },
  now: number,
): void {
  const refuse = (detail: string) => invalid({ pointer: "/backfill_from", detail });
  const { windowed } = datasetOf(request);
  if (windowed === undefined) throw refuse(`backfill_from is for datasets with a window: ${request.dataset} has none.`);
  if (from >= now) throw refuse("backfill_from must be in the past.");
  const oldest = windowed.oldest(space, now);
  if (from < oldest) throw refuse(`backfill_from is older than what is kept and can be asked for: ${iso(oldest)}.`);
  let runs = 0;
  for (const at of timesAfter(cron, timezone, from)) {
    if (at > now) return;
    runs += 1;
    if (runs > MAX_BACKFILLED)
      throw refuse(`backfill_from makes more than ${MAX_BACKFILLED} runs: begin later, or run less often.`);
  }
}

/** @param paused undefined: it stays as it is. */
function pausing(before: ScheduleRow, paused: boolean | undefined, now: number): Partial<ScheduleRow> {
  if (paused === undefined || paused === (before.status === "paused")) return {};
  return paused
    ? { status: "paused", paused_reason: "requested", paused_at: now }
    : { status: "active", paused_reason: null, paused_at: null, failures_from: now };
}
