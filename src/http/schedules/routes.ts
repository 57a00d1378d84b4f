/** /v1/schedules: recurring exports on a cron schedule, and the history of their runs. */

import { readSequence } from "../../db/core/sequences.ts";
import { listRuns } from "../../db/schedules/history.ts";
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
import { datasetNamed } from "../../datasets/index.ts";
import { withDefaults } from "../../export/api/request.ts";
import type { Delivery } from "../../export/delivery/schema.ts";
import { checkScheduled, type ScheduledRequest } from "../../schedules/request.ts";
import { nextAt, timesAfter } from "../../time/cron.ts";
import { DAY_MS } from "../../time/durations.ts";
import { boundMs } from "../../time/bounds.ts";
import { withStoredUrl } from "../../outbound/shown-url.ts";
import { iso } from "../../time/names.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { requireDelivery, seesDelivery } from "../portal/destinations.ts";
import type { PortalSession } from "../portal/session.ts";
import { type Call, json, route } from "../route.ts";
import {
  CheckedSchedule,
  NewSchedule,
  Schedule,
  ScheduleChange,
  ScheduleRun,
  showRun,
  showSchedule,
} from "./schemas.ts";
import { IdInPath } from "../schemas.ts";

const MAX_SCHEDULES = 50;
const MAX_BACKFILLED = 1_000;
const MAX_BYTES = 131_072;
const example = {
  name: "Nightly orders",
  cron: "0 3 * * *",
  timezone: "Europe/London",
  request: { dataset: "activity_events", event_names: ["order_*"] },
};

export const schedulesResource = resource("/v1/schedules", "Schedules", [
  route({
    method: "POST",
    operationId: "createSchedule",
    summary: "Create a schedule",
    description: `Each run creates an export as \`POST /v1/exports\` does. The export counts as pending, but not as a \`create\`. A schedule has one export in progress at a time: a run that comes due meanwhile waits, and several waiting runs are merged into one that covers all their windows. The next run also covers the window of a failed or refused run. After three failures in a row the schedule is paused, and webhook endpoints receive \`schedule.paused\`. A space may have at most ${MAX_SCHEDULES} schedules.`,
    auth: "settings:write",
    portal: ["settings:write"],
    body: { schema: NewSchedule, maxBytes: MAX_BYTES, example },
    responses: { 201: { description: "The schedule.", schema: CheckedSchedule } },
    errors: ["conflict", "segment_too_complex"],
    async handle(call, { space, session, body }) {
      const { name, cron, timezone, incremental } = body;
      const request: ScheduledRequest = { ...withDefaults(body.request) };
      requireDelivery(session, request["delivery"], "/request");
      const now = call.runtime.now();
      const from = body.backfill_from ?? null;
      const backfillFrom = from === null ? null : boundMs(from);
      checkVerification(call, request, body.verify_after_days);
      if (backfillFrom !== null) checkBackfill(space, { request, cron, timezone, from: backfillFrom }, now);
      const zoned = { ...space, timezone };
      const warnings = await checkScheduled(call.context, zoned, request);
      // Read before the schedule is made: what is accepted from now on is in one of its runs.
      const seq = await readSequence(call.databases.space(space.id), space.id);
      const firstAt = backfillFrom ?? now;
      const coveredUntil = datasetNamed(request.dataset).schedulable?.firstStart?.(firstAt, zoned) ?? firstAt;
      const nextRunAt = nextOf(cron, timezone, firstAt);
      const row: ScheduleRow = {
        id: call.runtime.uuid(),
        space_id: space.id,
        name,
        cron,
        timezone,
        request: JSON.stringify(request),
        incremental: Number(incremental),
        backfill_from: backfillFrom,
        verify_after_days: body.verify_after_days,
        status: "active",
        paused_reason: null,
        paused_at: null,
        next_run_at: nextRunAt,
        covered_until: coveredUntil,
        since_export_id: null,
        since_dataset: null,
        since_seq: null,
        open_export_id: null,
        failures_from: now,
        wake_at: nextRunAt,
        created_at: now,
        updated_at: now,
      };
      if (!(await insertSchedule(call.databases.control, row, [{ until: coveredUntil, seq }], MAX_SCHEDULES)))
        throw new SpillwayError("conflict", `A space may have at most ${MAX_SCHEDULES} schedules. Delete one first.`);
      return json({ ...showSchedule(row), warnings }, 201);
    },
  }),
  list({
    operationId: "listSchedules",
    summary: "List schedules",
    auth: "settings:write",
    portal: ["settings:write"],
    item: Schedule,
    page: "Schedules, newest first.",
    async read(call, { space, session, limit, after }) {
      // A session may see only some of them: those are chosen from all that a space can have.
      const all = await listSchedules(call.databases.control, space.id, Math.max(limit, MAX_SCHEDULES), after);
      return all.filter((row) => isSeen(session, row)).slice(0, limit);
    },
    positionOf: byCreation,
    show: showSchedule,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getSchedule",
    summary: "Show a schedule",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: { 200: { description: "The schedule.", schema: Schedule } },
    async handle(call, { space, session, params }) {
      return json(showSchedule(await scheduleOf(call, { space, session }, params.id)));
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "changeSchedule",
    summary: "Change a schedule",
    description:
      "`request` is replaced as a whole. `paused: false` resumes with the next time from now on; that run also covers the missed windows. A change does not discard runs of a backfill that are still to come.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    body: { schema: ScheduleChange, maxBytes: MAX_BYTES, example: { paused: true } },
    responses: { 200: { description: "The schedule as it is now.", schema: CheckedSchedule } },
    errors: ["conflict", "segment_too_complex"],
    async handle(call, { space, session, params, body }) {
      const before = await scheduleOf(call, { space, session }, params.id);
      const stored = JSON.parse(before.request) as ScheduledRequest;
      const request: ScheduledRequest | null =
        body.request === undefined ? null : { ...withDefaults(withStoredUrl(body.request, stored)) };
      if (request !== null) requireDelivery(session, request["delivery"], "/request");
      const now = call.runtime.now();
      const { name = before.name, cron = before.cron, timezone = before.timezone } = body;
      const { verify_after_days: verifyAfter = before.verify_after_days } = body;
      checkVerification(call, request ?? stored, verifyAfter);
      const checked = { ...space, timezone };
      const warnings = request === null ? [] : await checkScheduled(call.context, checked, request);
      const row: ScheduleRow = {
        ...before,
        name,
        cron,
        timezone,
        request: request === null ? before.request : JSON.stringify(request),
        incremental: Number(body.incremental ?? before.incremental === 1),
        verify_after_days: verifyAfter,
        wake_at: now,
        updated_at: Math.max(now, before.updated_at + 1),
        ...pausing(before, body.paused, now),
      };
      const resumed = before.status === "paused" && row.status === "active";
      if (resumed || cron !== before.cron || timezone !== before.timezone) {
        // Runs of a backfill that are still to come go before the runs from now on.
        const after = before.next_run_at <= before.created_at ? before.next_run_at - 1 : now;
        row.next_run_at = nextOf(cron, timezone, after);
      }
      if (!(await replaceSchedule(call.databases.control, row, before)))
        throw new SpillwayError(
          "conflict",
          "The schedule was changed or has run at the same time. GET it, then send the change again.",
        );
      return json({ ...showSchedule(row), warnings });
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteSchedule",
    summary: "Delete a schedule",
    description: "The schedule's exports stay, including one in progress; the history of its runs is deleted.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: { 204: { description: "The schedule is deleted." } },
    async handle(call, { space, session, params }) {
      await scheduleOf(call, { space, session }, params.id);
      if (!(await deleteSchedule(call.databases.control, space.id, params.id))) throw notFound();
      return new Response(null, { status: 204 });
    },
  }),
  list({
    path: "/{id}/exports",
    operationId: "listScheduleExports",
    summary: "List a schedule's runs and their exports",
    description: "The runs of the last 90 days. Get an export's files by its id, with a key that may read exports.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    item: ScheduleRun,
    page: "Runs, newest first.",
    async read(call, { space, session, params: { id }, limit, after }) {
      await scheduleOf(call, { space, session }, id);
      return listRuns(call.databases.control, space.id, id, limit, after?.time ?? null);
    },
    positionOf: (row) => ({ time: row.scheduled_at, id: "" }),
    show: showRun,
  }),
]);

const notFound = () => new SpillwayError("not_found", "The space has no schedule with this id.");

interface Reader {
  space: SpaceRow;
  session: PortalSession | null;
}

/** A portal session sees a schedule whose exports go nowhere but to its own destinations. */
const isSeen = (session: PortalSession | null, { request }: ScheduleRow) =>
  seesDelivery(session, (JSON.parse(request) as ScheduledRequest)["delivery"]);

/** @throws not_found for a schedule that the caller does not see. */
async function scheduleOf(call: Call, { space, session }: Reader, id: string): Promise<ScheduleRow> {
  const row = await findSchedule(call.databases.control, space.id, id);
  if (row === null || !isSeen(session, row)) throw notFound();
  return row;
}

/** @throws invalid_request for an expression without a future time. */
function nextOf(cron: string, timezone: string, after: number): number {
  const next = nextAt(cron, timezone, after);
  if (next === null) throw invalid({ pointer: "/cron", detail: "cron matches no future time." });
  return next;
}

/** @throws invalid_request where the files would have expired. */
function checkVerification({ config }: Call, request: ScheduledRequest, days: number | null): void {
  if (days === null || (request["delivery"] as Delivery).type === "s3") return;
  const keptDays = config.ttlMs[datasetNamed(request.dataset).ttl ?? "download"] / DAY_MS;
  if (days < keptDays) return;
  const kept = keptDays === 1 ? "a day" : `${keptDays} days`;
  throw invalid({
    pointer: "/verify_after_days",
    detail: `The service keeps these files for ${kept}: verify_after_days must be less, or the delivery a bucket of yours.`,
  });
}

/** @throws invalid_request for a past that cannot be backfilled. */
function checkBackfill(
  space: SpaceRow,
  { request, cron, timezone, from }: { request: ScheduledRequest; cron: string; timezone: string; from: number },
  now: number,
): void {
  const refuse = (detail: string) => invalid({ pointer: "/backfill_from", detail });
  const { schedulable } = datasetNamed(request.dataset);
  if (schedulable === undefined)
    throw refuse(`backfill_from needs a dataset with a window, and ${request.dataset} has none. Omit it.`);
  if (from >= now) throw refuse("backfill_from must be in the past.");
  const oldest = schedulable.oldest(space, now);
  if (from < oldest)
    throw refuse(`backfill_from must not be before ${iso(oldest)}, the oldest time that can be exported.`);
  let runs = 0;
  for (const at of timesAfter(cron, timezone, from)) {
    if (at > now) return;
    runs += 1;
    if (runs > MAX_BACKFILLED)
      throw refuse(`backfill_from would create more than ${MAX_BACKFILLED} runs. Begin later, or run less often.`);
  }
}

/** @param paused undefined to leave the status unchanged. */
function pausing(before: ScheduleRow, paused: boolean | undefined, now: number): Partial<ScheduleRow> {
  if (paused === undefined || paused === (before.status === "paused")) return {};
  return paused
    ? { status: "paused", paused_reason: "requested", paused_at: now }
    : { status: "active", paused_reason: null, paused_at: null, failures_from: now };
}
