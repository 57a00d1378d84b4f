/**
 * Commands of time and trouble: the clock moves, the sweep comes, the store is away, the space changes its settings.
 */

import * as fc from "fast-check";
import { command, expectStatus } from "./command.ts";
import { noticeRuns } from "./schedule-runs.ts";
import type { Stage } from "./stage.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type World } from "./world.ts";

/** How long a result is kept. */
const keptMs = (dataset: string) => (dataset === "segment_profiles" ? DAY_MS : 7 * DAY_MS);

/** Moves both clocks. @param ms how far. */
export function moveClock(world: World, stage: Stage, ms: number): void {
  world.now += ms;
  stage.service.now = world.now;
}

/** The sweep, with everything that it does by the clock. */
export async function sweepNow(world: World, stage: Stage): Promise<void> {
  await stage.sweep();
  await noticeRuns(world, stage);
  world.goneBefore = Math.max(world.goneBefore, world.now - world.retentionDays * DAY_MS);
  for (const record of world.exports)
    if (record.status === "completed" && (record.completedAt ?? 0) + keptMs(record.dataset) <= world.now)
      record.status = "expired";
}

export const moveTime = command(
  "the clock moves",
  fc.constantFrom(1, MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 13 * HOUR_MS, DAY_MS, 8 * DAY_MS),
  async (ms, world, stage) => moveClock(world, stage, ms),
);

export const sweeps = command("sweep", fc.constant(null), (_none, world, stage) => sweepNow(world, stage));

/** From now on some requests to the bucket fail; of the long outages exports fail. */
export const outage = command(
  "the bucket fails",
  fc.record({ after: fc.nat({ max: 4 }), count: fc.constantFrom(1, 2, 3, 40), takesEffect: fc.boolean() }),
  async (how, _world, stage) => {
    stage.note(`the bucket will fail: ${JSON.stringify(how)}`);
    stage.outage = { ...how };
  },
);

export const changeZone = command(
  "change the space's time zone",
  fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"),
  async (timezone, world, stage) => {
    expectStatus(await stage.call("PATCH", "/v1/space", { timezone }), 200);
    world.zone = timezone;
  },
);

export const changeRetention = command(
  "change the space's retention",
  fc.constantFrom(1, 3, 180),
  async (days, world, stage) => {
    expectStatus(await stage.call("PATCH", "/v1/space", { retention_days: days }), 200);
    world.retentionDays = days;
  },
);
