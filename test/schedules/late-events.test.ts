/**
 * Everything that is accepted after a schedule was made is in one of its runs, whenever it occurred and whatever
 * happens to the schedule in between.
 */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../support/sweep.ts";
import { eventIdsOf } from "../support/pipeline.ts";
import {
  change,
  dropSchedules,
  failAll,
  HOUR,
  MINUTE,
  nextSweep,
  runAt,
  runsOf,
  schedule,
  shop,
  sweepAt,
} from "../support/schedules.ts";
import { orders, type Service, type Space, START } from "../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  ({ service, space } = await shop());
});

afterEach(() => dropSchedules(service, space));

const incremental = { cron: "*/15 * * * *", incremental: true };
const quarter = (n: number) => START + n * 15 * MINUTE;

/** Accepts an order now that occurred so many minutes after the schedule was made. */
const accept = (id: string, minutes: number) =>
  service.send(space, [{ ...orders(1, START + minutes * MINUTE)[0], id }]);

const later = (minutes: number) => {
  service.now = Math.max(service.now, START + minutes * MINUTE);
};

/** The ids of each completed run's events, oldest run first. */
async function idsByRun(id: string): Promise<unknown[][]> {
  const all = [];
  for (const run of await runsOf(service, space, id))
    if (run.export?.status === "completed")
      all.push(await eventIdsOf(service, await service.poll(space, run.export.id)));
  return all;
}

describe("the first run", () => {
  it("has what arrived late after the schedule was made, and nothing that was accepted before", async () => {
    await accept("before", -30);
    const { id } = await schedule(service, space, incremental);
    await accept("late", -60);
    later(5);
    await accept("in time", 4);
    await runAt(service, quarter(1));
    await runAt(service, quarter(2));
    expect(await idsByRun(id)).toEqual([["late", "in time"], []]);
  });

  it("has what was accepted before the schedule was made and occurs after it: a fast clock", async () => {
    await accept("early", 2);
    const { id } = await schedule(service, space, incremental);
    await runAt(service, quarter(1));
    expect(await idsByRun(id)).toEqual([["early"]]);
  });

  it("of a past to catch up with has what arrived late for the time before that past", async () => {
    await accept("before the past", -90);
    await accept("of the past", -10);
    const { id } = await schedule(service, space, {
      ...incremental,
      backfill_from: new Date(START - 30 * MINUTE).toISOString(),
    });
    await accept("late", -120);
    for (let run = 0; run < 4; run += 1) await runAt(service, service.now);
    expect((await idsByRun(id)).flat()).toEqual(["late", "of the past"]);
  });
});

it("an event is in one run when the schedule becomes incremental", async () => {
  const { id } = await schedule(service, space, { cron: "*/15 * * * *", incremental: false });
  await accept("late for no window", -60);
  await runAt(service, quarter(1));
  later(16);
  await accept("late for the first window", 5);
  await accept("in time", 16);
  await runAt(service, quarter(2));
  await change(service, space, id, { incremental: true });
  await runAt(service, quarter(3));
  await runAt(service, quarter(4));
  expect(await idsByRun(id)).toEqual([[], ["in time"], ["late for no window", "late for the first window"], []]);
});

it("an event is in one run when the schedule stops being incremental, and becomes it again", async () => {
  const { id } = await schedule(service, space, incremental);
  await runAt(service, quarter(1));
  await change(service, space, id, { incremental: false });
  later(16);
  await accept("late", 3);
  await runAt(service, quarter(2));
  await change(service, space, id, { incremental: true });
  await runAt(service, quarter(3));
  expect(await idsByRun(id)).toEqual([[], [], ["late"]]);
});

it("an event is in one run when the schedule changes its times, and its name and request", async () => {
  const { id } = await schedule(service, space, incremental);
  await accept("first", -60);
  await runAt(service, quarter(1));
  await change(service, space, id, { cron: "5,35 * * * *", timezone: "Asia/Kolkata", name: "Other" });
  await accept("second", -60);
  await runAt(service, START + 35 * MINUTE);
  await change(service, space, id, { request: { dataset: "activity_events", event_names: ["order_*"] } });
  await accept("third", -60);
  await runAt(service, START + 65 * MINUTE);
  expect(await idsByRun(id)).toEqual([["first"], ["second"], ["third"]]);
});

it("an event is in one run when the export is completed, deleted and purged while the schedule is paused", async () => {
  const { id } = await schedule(service, space, incremental);
  await accept("first", -60);
  await sweepAt(service, quarter(1));
  await change(service, space, id, { paused: true });
  await service.pump();
  const [run] = await runsOf(service, space, id);
  await service.json("DELETE", `/v1/exports/${run?.export?.id}`, 204, { key: space.key });
  for (let round = 0; round < 3; round += 1) {
    service.now += HOUR;
    await sweep(service.context);
  }
  const { control } = service.context.databases;
  expect(await control.first("SELECT 1 FROM exports WHERE id = ?1", [run?.export?.id ?? ""])).toBeNull();
  await accept("second", -60);
  await change(service, space, id, { paused: false });
  await runAt(service, service.now + 15 * MINUTE);
  expect(await idsByRun(id)).toEqual([["second"]]);
});

it("a failed run is not retried once a later run has exported its events", async () => {
  const { id } = await schedule(service, space, incremental);
  await accept("late", -60);
  await sweepAt(service, quarter(1));
  await failAll(service);
  await runAt(service, quarter(2));
  const [failed] = await runsOf(service, space, id);
  const { detail } = await service.json<{ detail: string }>("POST", `/v1/exports/${failed?.export?.id}/retry`, 409, {
    key: space.key,
  });
  expect(detail).toMatch(/A later run of the schedule/);
  await nextSweep(service);
  expect(await idsByRun(id)).toEqual([["late"]]);
});

it("the window, the file's name and the request show the run's own span, not that of its late events", async () => {
  const { id } = await schedule(service, space, {
    ...incremental,
    request: { dataset: "activity_events", layout: "files", file_rows: 2 },
  });
  for (const [n, minutes] of [-300, -200, -100, 5].entries()) await accept(`e-${n}`, minutes);
  await runAt(service, quarter(1));
  const [run] = await runsOf(service, space, id);
  const window = { start: "2026-03-01T12:00:00.000Z", end: "2026-03-01T12:15:00.000Z" };
  expect(run?.window).toEqual(window);
  const view = await service.poll(space, run?.export?.id ?? "");
  expect(view.request).toMatchObject(window);
  expect(view.files.map((file) => file.name.split("-events-")[1])).toEqual([
    "20260301120000000-20260301120000000.json.gz",
    "20260301120000000-20260301121500000.json.gz",
  ]);
});
