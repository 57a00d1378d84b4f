/** Schedules in tests: a test moves the clock, runs the sweep, and runs the created exports. */

import { handleDeadLetter } from "../../src/export/pipeline/run.ts";
import { runSchedules } from "../../src/schedules/run-due.ts";
import { roomyService } from "./pipeline.ts";
import type { Service, Space } from "./service.ts";

export interface ScheduleView {
  id: string;
  name: string;
  cron: string;
  timezone: string;
  request: Record<string, unknown>;
  incremental: boolean;
  backfill_from: string | null;
  status: string;
  paused_reason: string | null;
  paused_at: string | null;
  next_run_at: string | null;
  covered_until: string | null;
}

export interface RunView {
  scheduled_at: string;
  outcome: string;
  window: { start: string; end: string } | null;
  export: { id: string; status: string; rows: number; files: number; error: { code: string } | null } | null;
  error: { code: string; message: string } | null;
  reason: string | null;
}

/** A service whose limits no test reaches, and a space in it. */
export async function shop(): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  return { service, space: await service.shop() };
}

/** After each test: the next one starts at an earlier time, and must not find this one's schedules. */
export const dropSchedules = (service: Service, space: Space) =>
  service.context.databases.control.run("DELETE FROM schedules WHERE space_id = ?1", [space.id]);

export const HOUR = 3_600_000;
export const MINUTE = 60_000;

/** A schedule, by default hourly with all events since the last run. */
export const hourly = (more: Record<string, unknown> = {}) => ({
  name: "Hourly",
  cron: "0 * * * *",
  timezone: "UTC",
  request: { dataset: "activity_events" },
  incremental: false,
  ...more,
});

export function schedule(service: Service, space: Space, more: Record<string, unknown> = {}): Promise<ScheduleView> {
  return service.json<ScheduleView>("POST", "/v1/schedules", 201, { key: space.key, body: hourly(more) });
}

export function look(service: Service, space: Space, id: string): Promise<ScheduleView> {
  return service.json<ScheduleView>("GET", `/v1/schedules/${id}`, 200, { key: space.key });
}

export function change(service: Service, space: Space, id: string, body: object): Promise<ScheduleView> {
  return service.json<ScheduleView>("PATCH", `/v1/schedules/${id}`, 200, { key: space.key, body });
}

/** Oldest first. */
export async function runsOf(service: Service, space: Space, id: string): Promise<RunView[]> {
  const path = `/v1/schedules/${id}/exports?limit=200`;
  return (await service.json<{ data: RunView[] }>("GET", path, 200, { key: space.key })).data.toReversed();
}

/** The runs that created an export, as `[start, end)` of their windows by the clock of the day, oldest first. */
export async function windowsOf(service: Service, space: Space, id: string): Promise<string[]> {
  const created = (await runsOf(service, space, id)).filter((run) => run.outcome === "made");
  return created.map(({ window }) => `${window?.start.slice(5, 16)} ${window?.end.slice(5, 16)}`);
}

/** Moves the clock, and runs the sweep of schedules. */
export async function sweepAt(service: Service, time: number): Promise<void> {
  service.now = Math.max(service.now, time);
  await service.budget.invoke(() => runSchedules(service.context));
}

/** A sweep a minute after the last. */
export const nextSweep = (service: Service) => sweepAt(service, service.now + MINUTE);

/** Moves the clock, creates the exports that are due, and runs them to their end. */
export async function runAt(service: Service, time: number): Promise<void> {
  await sweepAt(service, time);
  await service.pump();
  await nextSweep(service);
}

/** Fails every message in the queue permanently. */
export async function failAll(service: Service): Promise<void> {
  for (const message of service.queue.splice(0)) await handleDeadLetter(service.context, message);
}
