/** Retention of reachability events: in small steps, and none that an export still needs. */

import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { loadReachability } from "../../src/db/events/reachability.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import { sweep } from "../support/sweep.ts";
import { roomyService } from "../support/pipeline.ts";
import { type Service, type Space, START } from "../support/service.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What is deleted of a space before other spaces have their turn. */
const TURN = 10_000;
const OLD = START - 20 * DAY_MS;

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const keep = (days: number) =>
  service.json("PATCH", "/v1/space", 200, { key: space.key, body: { retention_days: days } });

const event = (time: number, id: string) => ({
  id,
  person_id: "p-1",
  channel: "SMS",
  installation_id: null,
  occurred_at: time,
  event: "{}",
});
const load = (events: ReturnType<typeof event>[], of = space) =>
  loadReachability(service.context.databases.space(of.id), of.id, events, service.now);

async function stored(of = space): Promise<string[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT id FROM reachability_events WHERE space_no = ${SPACE_NO} ORDER BY occurred_at, id`,
  );
  return (await query.bind(of.id).all<{ id: string }>()).results.map((row) => row.id);
}

/** Each space is looked through once an hour. */
async function lookThrough(): Promise<void> {
  service.now += HOUR_MS;
  await sweep(service.context);
}

it("deletes events an hour past their own space's retention, and no others", async () => {
  const other = await service.shop();
  await keep(30);
  for (const each of [space, other])
    await load([event(START - HOUR_MS - 1, "old"), event(START - HOUR_MS, "edge"), event(START, "young")], each);
  service.now = START + 30 * DAY_MS;
  await sweep(service.context);
  expect([await stored(), await stored(other)]).toEqual([
    ["edge", "young"],
    ["old", "edge", "young"],
  ]);
});

it("leaves what is as old as what an export may still read", async () => {
  await load([event(OLD - 1, "older"), event(OLD, "old")]);
  const id = await service.ask(space, { start: new Date(OLD).toISOString() });
  await keep(1);
  await lookThrough();
  expect(await stored()).toEqual(["old"]);
  await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
  await lookThrough();
  expect(await stored()).toEqual([]);
});

it("goes on in the same sweep when it has deleted what one turn of a space deletes", async () => {
  await load(Array.from({ length: TURN + 1 }, (_, n) => event(OLD + n, `r-${n}`)));
  await keep(1);
  await lookThrough();
  expect(await stored()).toEqual([]);
});
