/**
 * Runs of schedules against the contract: the rows of a run are right as of its snapshot, no row comes twice, and at
 * the end the runs together have everything that was accepted after the schedule was made.
 */

import { isNamed } from "./activity-rows.ts";
import { Differs, expectStatus } from "./command.ts";
import { LANDED } from "./landed.ts";
import { CONVERSIONS } from "./conversion-rows.ts";
import type { Stage } from "./stage.ts";
import { dayOf, startOfDay } from "./times.ts";
import type { ExportRecord, ScheduleRecord, StoredEvent, World } from "./world.ts";

export interface RunView {
  scheduled_at: string;
  outcome: string;
  window: { start: string; end: string } | null;
  export: { id: string; status: string } | null;
}

/** After a sweep: the exports that it created, with the data as it is now for their snapshots. */
export async function noticeRuns(world: World, stage: Stage): Promise<void> {
  // Without a message for an export that is not known yet, no run was made.
  if (stage.service.queue.every(({ export_id: id }) => world.exportById(id) !== undefined)) return;
  for (const schedule of world.schedules) {
    const answer = await stage.call("GET", `/v1/schedules/${schedule.id}/exports?limit=200`);
    expectStatus(answer, 200);
    const runs = answer.body["data"] as RunView[];
    for (const run of runs.toReversed())
      if (run.export !== null && world.exportById(run.export.id) === undefined)
        await notice(world, stage, schedule, run.export.id);
  }
}

async function notice(world: World, stage: Stage, schedule: ScheduleRecord, id: string): Promise<void> {
  const { body } = await stage.call("GET", `/v1/exports/${id}`);
  const request = body["request"] as Record<string, unknown>;
  stage.note(`a run of ${schedule.id.slice(0, 8)}: ${JSON.stringify(request)}`);
  world.exports.push({
    id,
    dataset: String(body["dataset"]),
    request,
    snapshot: world.data,
    at: world.now,
    zone: schedule.timezone,
    retentionDays: world.retentionDays,
    status: "pending",
    completedAt: null,
    failedAt: null,
    doubtBefore: world.goneBefore,
    since: null,
    schedule: schedule.id,
    // A day of conversions that an edited time zone cuts has the rest of it.
    withLate: schedule.incremental || body["dataset"] === "conversion_events",
    rowsSeen: 0,
  });
}

/** A run was completed. @param ids of its rows. @throws when one was delivered before. */
export function noteDelivered(world: World, record: ExportRecord, ids: readonly string[]): void {
  const schedule = world.schedules.find(({ id }) => id === record.schedule);
  if (schedule === undefined) return;
  for (const id of ids) {
    const earlier = schedule.delivered.get(id);
    if (earlier !== undefined) throw new Differs(`${id} came twice: in the run ${record.id}, and before in ${earlier}`);
    schedule.delivered.set(id, record.id);
  }
}

/** Must the schedule's runs together have this event? */
export function isDue(schedule: ScheduleRecord, event: StoredEvent, world: World): boolean {
  const { made, backfillFrom, always, timezone } = schedule;
  if (event.occurredAt < world.goneBefore || !isNamed(event.definition, always ?? undefined)) return false;
  if (schedule.request["dataset"] === "conversion_events") {
    // Days are exported once they are over.
    if (!isNamed(event.definition, CONVERSIONS)) return false;
    if (event.occurredAt >= startOfDay(timezone, dayOf(timezone, world.now))) return false;
  }
  return event.seq > made.seq || (backfillFrom !== null && event.occurredAt >= backfillFrom);
}

/** @throws naming the first event that an incremental schedule should have delivered, and did not. */
export function expectEverything(world: World, schedule: ScheduleRecord): void {
  if (!schedule.incremental || !LANDED.everyRun) return;
  const missing = world.data.events.filter(
    (event) => isDue(schedule, event, world) && !schedule.delivered.has(event.id),
  );
  const [first] = missing;
  if (first !== undefined)
    throw new Differs(
      `${missing.length} events are in no run of the schedule ${schedule.id}, first ${first.id} of ${new Date(first.occurredAt).toISOString()}`,
    );
}
