/**
 * Schedules of conversions ask for whole days, in their own time zone: each conversion once, also where zones change.
 */

import { afterEach, beforeEach, expect, it } from "vitest";
import { conversion, putPersons } from "../support/conversions.ts";
import { roomyService, rowsOf } from "../support/pipeline.ts";
import { change, dropSchedules, HOUR, runAt, runsOf, schedule, windowsOf } from "../support/schedules.ts";
import { ADMIN, type Service, type Space } from "../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  service.now = Date.parse("2026-03-01T01:00:00.000Z");
  space = await service.space({ timezone: "Asia/Tokyo" });
  await putPersons(service, space, [null]);
});

afterEach(() => dropSchedules(service, space));

const daily = {
  cron: "30 20 * * *",
  timezone: "Asia/Tokyo",
  incremental: undefined,
  request: { dataset: "conversion_events" },
};
const at = (time: string) => Date.parse(`2026-03-${time}:00.000Z`);

const accept = async (id: string, occurred_at: string) =>
  service.json("POST", "/v1/events", 202, {
    key: space.key,
    body: { events: [conversion(id, { occurred_at: `2026-03-${occurred_at}:00.000Z` })] },
  });

/** Accepts a conversion in each hour up to a time. */
async function acceptHourly(until: string) {
  const events = [];
  for (; service.now < at(until); service.now += HOUR) {
    const time = new Date(service.now).toISOString();
    events.push(conversion(time.slice(8, 13), { occurred_at: time }));
  }
  await service.send(space, events);
  return events.map((event) => event["id"]);
}

async function idsByRun(id: string): Promise<unknown[][]> {
  const all = [];
  for (const run of await runsOf(service, space, id))
    if (run.export !== null)
      all.push((await rowsOf(service, await service.poll(space, run.export.id))).map((row) => row["id"]));
  return all;
}

it("a change of the space's time zone doubles and drops nothing", async () => {
  const { id } = await schedule(service, space, daily);
  const accepted = await acceptHourly("02T12:00");
  await runAt(service, at("02T12:00"));
  const body = { timezone: "America/New_York" };
  await service.json("PATCH", `/v1/spaces/${space.id}`, 200, { key: ADMIN, body });
  accepted.push(...(await acceptHourly("04T12:00")));
  await runAt(service, at("04T12:00"));
  expect(await windowsOf(service, space, id)).toEqual(["02-28T15:00 03-01T15:00", "03-01T15:00 03-03T15:00"]);
  expect((await idsByRun(id)).flat()).toEqual(accepted.filter((hour) => String(hour) < "03T15"));
});

it.each(["America/New_York", "Pacific/Kiritimati", "UTC"])(
  "a change of the schedule's own zone to %s doubles and drops nothing",
  async (timezone) => {
    const { id } = await schedule(service, space, daily);
    const accepted = await acceptHourly("02T12:00");
    await runAt(service, at("02T12:00"));
    await change(service, space, id, { timezone });
    accepted.push(...(await acceptHourly("06T12:00")));
    await runAt(service, at("06T12:00"));
    const ids = (await idsByRun(id)).flat();
    expect(ids).toEqual(accepted.slice(0, ids.length));
    expect(ids.length).toBeGreaterThan(90);
  },
);

it("a day that began before the retention is exported, with what is kept of it", async () => {
  await service.json("PATCH", `/v1/spaces/${space.id}`, 200, { key: ADMIN, body: { retention_days: 1 } });
  const { id } = await schedule(service, space, { ...daily, cron: "15 0 * * *" });
  service.now = at("02T12:00");
  await accept("yesterday", "01T23:00");
  await runAt(service, at("02T15:15"));
  await accept("today", "02T15:20");
  await runAt(service, at("03T15:15"));
  expect(await idsByRun(id)).toEqual([["yesterday"], ["today"]]);
});

it("a conversion that arrives late comes with the next run", async () => {
  const { id } = await schedule(service, space, daily);
  service.now = at("02T12:00");
  await accept("in time", "01T10:00");
  await runAt(service, service.now);
  await accept("late", "01T11:00");
  await accept("of a day that is not over", "02T11:00");
  await runAt(service, at("03T12:00"));
  await runAt(service, at("04T12:00"));
  expect(await idsByRun(id)).toEqual([["in time"], ["late", "of a day that is not over"], []]);
});
