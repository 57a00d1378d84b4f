/** Runs of schedules: no gap and no overlap, one export at a time, also with late, killed and repeated sweeps. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../support/sweep.ts";
import type { Context } from "../../src/context.ts";
import { rowsOf, roomyService } from "../support/pipeline.ts";
import {
  change,
  dropSchedules,
  failAll,
  HOUR,
  look,
  MINUTE,
  nextSweep,
  runAt,
  runsOf,
  schedule,
  shop,
  sweepAt,
  windowsOf,
} from "../support/schedules.ts";
import { ADMIN, LAST_HOUR, orders, type ProblemView, type Service, type Space, START } from "../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  ({ service, space } = await shop());
});

afterEach(() => dropSchedules(service, space));

const at = (time: string) => Date.parse(`2026-03-01T${time}:00.000Z`);

describe("a run", () => {
  it("exports the window from the run before to its own time, however late the export is created", async () => {
    const { id } = await schedule(service, space);
    await runAt(service, at("13:00") + 42_000);
    await runAt(service, at("14:00"));
    await runAt(service, at("15:07"));
    expect(await windowsOf(service, space, id)).toEqual([
      "03-01T12:00 03-01T13:00",
      "03-01T13:00 03-01T14:00",
      "03-01T14:00 03-01T15:00",
    ]);
  });

  it("is not created before its scheduled time", async () => {
    const { id } = await schedule(service, space);
    await sweepAt(service, at("13:00") - 1);
    expect(await runsOf(service, space, id)).toEqual([]);
    await sweepAt(service, at("13:00"));
    expect(await runsOf(service, space, id)).toHaveLength(1);
  });

  it("has the rows of a call with the same request, and its history has the outcome", async () => {
    service.now = at("12:40");
    await service.send(space, [
      ...orders(3),
      ...orders(1, at("12:30")).map((order) => ({ ...order, id: "in its window" })),
    ]);
    service.now = START;
    const request = {
      dataset: "activity_events",
      event_names: ["order_*"],
      format: "csv",
      file_rows: 2,
      layout: "files",
    };
    const { id } = await schedule(service, space, { request });
    await runAt(service, at("13:00"));
    const [run] = await runsOf(service, space, id);
    expect(run).toMatchObject({
      scheduled_at: "2026-03-01T13:00:00.000Z",
      outcome: "made",
      window: { start: "2026-03-01T12:00:00.000Z", end: "2026-03-01T13:00:00.000Z" },
      export: { status: "completed", rows: 1, files: 1, error: null },
      error: null,
      reason: null,
    });
    const created = await service.poll(space, run?.export?.id ?? "");
    expect(created.request).toMatchObject({
      ...request,
      start: "2026-03-01T12:00:00.000Z",
      end: "2026-03-01T13:00:00.000Z",
    });
  });

  it("does not count against the limit of creates", async () => {
    service = roomyService({ CREATE_LIMIT: "1" });
    space = await service.shop();
    const { id } = await schedule(service, space);
    await sweepAt(service, at("13:00"));
    await service.ask(space);
    expect(await runsOf(service, space, id)).toHaveLength(1);
  });

  it("counts as pending", async () => {
    service = roomyService({ PENDING_LIMIT: "1" });
    space = await service.shop();
    await schedule(service, space);
    await sweepAt(service, at("13:00"));
    const refused = service.json<ProblemView>("POST", "/v1/exports", 429, { key: space.key, body: LAST_HOUR });
    expect((await refused).code).toBe("too_many_pending_exports");
  });

  it("is one export, also where two sweeps meet", async () => {
    const { id } = await schedule(service, space);
    service.now = at("13:00");
    const later: Context = {
      ...service.context,
      runtime: { ...service.context.runtime, now: () => service.now + MINUTE },
    };
    await Promise.all([sweep(service.context), sweep(later), sweep(service.context)]);
    await sweepAt(service, service.now + MINUTE);
    const { data } = await service.json<{ data: unknown[] }>("GET", "/v1/exports", 200, { key: space.key });
    expect(data).toHaveLength(1);
    expect(await runsOf(service, space, id)).toHaveLength(1);
  });

  it("is created by the next sweep when the sweep that claimed it was killed", async () => {
    const { id } = await schedule(service, space);
    const { control } = service.context.databases;
    const space_ = () => {
      throw new Error("killed");
    };
    service.now = at("13:00");
    await sweep({ ...service.context, databases: { ...service.context.databases, control, space: space_ } });
    expect(await runsOf(service, space, id)).toEqual([]);
    await nextSweep(service);
    await nextSweep(service);
    expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T13:00"]);
  });

  it("is created once when its message could not be sent, and the sweep continues it", async () => {
    const { id } = await schedule(service, space);
    service.now = at("13:00");
    await sweep({ ...service.context, send: () => Promise.reject(new Error("the queue is down")) });
    service.now += MINUTE;
    await sweep(service.context);
    await service.pump();
    expect(await runsOf(service, space, id)).toMatchObject([{ export: { status: "completed" } }]);
  });
});

describe("a run that is due while the export before it is in progress", () => {
  it("waits for its end", async () => {
    const { id } = await schedule(service, space);
    await sweepAt(service, at("13:00"));
    await sweepAt(service, at("14:00"));
    expect(await runsOf(service, space, id)).toHaveLength(1);
    expect(await look(service, space, id)).toMatchObject({ next_run_at: "2026-03-01T14:00:00.000Z" });
    await service.pump();
    await nextSweep(service);
    expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T13:00", "03-01T13:00 03-01T14:00"]);
  });

  it("is merged with those that come due meanwhile, and that is written down", async () => {
    const { id } = await schedule(service, space);
    await sweepAt(service, at("13:00"));
    await sweepAt(service, at("16:30"));
    await service.pump();
    await nextSweep(service);
    const runs = await runsOf(service, space, id);
    expect(runs.map((run) => [run.scheduled_at.slice(11, 16), run.outcome])).toEqual([
      ["13:00", "made"],
      ["14:00", "skipped"],
      ["15:00", "skipped"],
      ["16:00", "made"],
    ]);
    expect(runs[1]?.reason).toMatch(/its window is part of that run/);
    expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T13:00", "03-01T13:00 03-01T16:00"]);
    expect(await look(service, space, id)).toMatchObject({ next_run_at: "2026-03-01T17:00:00.000Z" });
  });

  it("waits also where it is an earlier, failed one that a call has retried", async () => {
    const { id } = await schedule(service, space);
    await sweepAt(service, at("13:00"));
    await failAll(service);
    await nextSweep(service);
    const [failed] = await runsOf(service, space, id);
    await service.json("POST", `/v1/exports/${failed?.export?.id}/retry`, 202, { key: space.key });
    await sweepAt(service, at("14:00"));
    expect(await runsOf(service, space, id)).toHaveLength(1);
    await service.pump();
    await nextSweep(service);
    expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T13:00", "03-01T13:00 03-01T14:00"]);
  });
});

it("waits while the space has too many active exports, and is created when one has finished", async () => {
  service = roomyService({ PENDING_LIMIT: "1" });
  space = await service.shop();
  const { id } = await schedule(service, space);
  const blocking = await service.ask(space);
  await sweepAt(service, at("13:00"));
  expect(await runsOf(service, space, id)).toEqual([]);
  await service.json("POST", `/v1/exports/${blocking}/cancel`, 202, { key: space.key });
  await nextSweep(service);
  expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T13:00"]);
});

it("leaves what a failed export should have covered to the next run", async () => {
  const { id } = await schedule(service, space);
  await runAt(service, at("13:00"));
  await sweepAt(service, at("14:00"));
  await failAll(service);
  await runAt(service, at("15:00"));
  expect(await windowsOf(service, space, id)).toEqual([
    "03-01T12:00 03-01T13:00",
    "03-01T13:00 03-01T14:00",
    "03-01T13:00 03-01T15:00",
  ]);
});

it("leaves what a canceled export should have covered to the next run", async () => {
  const { id } = await schedule(service, space);
  await sweepAt(service, at("13:00"));
  const [run] = await runsOf(service, space, id);
  await service.json("POST", `/v1/exports/${run?.export?.id}/cancel`, 202, { key: space.key });
  await runAt(service, at("14:00"));
  expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T13:00", "03-01T12:00 03-01T14:00"]);
});

it.each([true, false])("exports each event once, whichever runs are skipped (incremental: %s)", async (incremental) => {
  const { id } = await schedule(service, space, { cron: "*/15 * * * *", incremental });
  const times = Array.from({ length: 24 }, (_, n) => START + n * 5 * MINUTE);
  service.now = START + 2 * HOUR;
  const [order] = orders(1);
  await service.send(
    space,
    times.map((time, n) => ({ ...order, id: `e-${n}`, occurred_at: new Date(time).toISOString() })),
  );
  service.now = START;
  for (const minutes of [15, 31, 75, 76, 120, 121]) await runAt(service, START + minutes * MINUTE);
  const runs = (await runsOf(service, space, id)).filter((run) => run.outcome === "made");
  const seen = [];
  for (const run of runs) seen.push(...(await rowsOf(service, await service.poll(space, run.export?.id ?? ""))));
  expect(seen.map((row) => row["eventId"])).toEqual(times.map((_, n) => `e-${n}`));
});

describe("an incremental schedule", () => {
  const late = (id: string, minutes: number) => ({ ...orders(1, START + minutes * MINUTE)[0], id });
  const idsOf = async (run: { export: { id: string } | null } | undefined) =>
    (await rowsOf(service, await service.poll(space, run?.export?.id ?? ""))).map((row) => row["eventId"]);

  it("is the default, and gives what came late to a window that is over", async () => {
    const { id, incremental } = await schedule(service, space, { incremental: undefined });
    expect(incremental).toBe(true);
    await runAt(service, at("13:00"));
    await service.send(space, [late("late", 30)]);
    await runAt(service, at("14:00"));
    await runAt(service, at("15:00"));
    const runs = await runsOf(service, space, id);
    expect(await Promise.all(runs.map(idsOf))).toEqual([[], ["late"], []]);
    const requests = await Promise.all(
      runs.map(async (run) => (await service.poll(space, run.export?.id ?? "")).request),
    );
    expect(requests.map((request) => request["since"])).toEqual([undefined, runs[0]?.export?.id, runs[1]?.export?.id]);
  });

  it("continues from the last completed run also where its export was deleted", async () => {
    const { id } = await schedule(service, space, { incremental: true });
    await runAt(service, at("13:00"));
    const [first] = await runsOf(service, space, id);
    await service.send(space, [late("late", 30)]);
    await service.json("DELETE", `/v1/exports/${first?.export?.id}`, 204, { key: space.key });
    await runAt(service, at("14:00"));
    expect(await idsOf((await runsOf(service, space, id)).at(-1))).toEqual(["late"]);
  });

  it("starts over when its dataset changes", async () => {
    const { id } = await schedule(service, space, { incremental: true });
    await runAt(service, at("13:00"));
    await change(service, space, id, { request: { dataset: "profile_events" } });
    await runAt(service, at("14:00"));
    const last = (await runsOf(service, space, id)).at(-1);
    expect(last).toMatchObject({ outcome: "made", export: { status: "completed" } });
    expect((await service.poll(space, last?.export?.id ?? "")).request).not.toHaveProperty("since");
  });

  it("has no two active exports when an earlier one is retried", async () => {
    const { id } = await schedule(service, space, { incremental: true });
    await sweepAt(service, at("13:00"));
    await failAll(service);
    await sweepAt(service, at("14:00"));
    const [failed, open] = await runsOf(service, space, id);
    const retry = (status: number) =>
      service.json("POST", `/v1/exports/${failed?.export?.id}/retry`, status, { key: space.key });
    expect(open?.export?.status).toBe("queued");
    await retry(409);
    await failAll(service);
    await retry(202);
  });

  it("continues from the last completed run where one failed", async () => {
    const { id } = await schedule(service, space, { incremental: true });
    await runAt(service, at("13:00"));
    await service.send(space, [late("first", 59)]);
    await sweepAt(service, at("14:00"));
    await failAll(service);
    await service.send(space, [late("second", 60)]);
    await runAt(service, at("15:00"));
    expect(await idsOf((await runsOf(service, space, id)).at(-1))).toEqual(["first", "second"]);
  });
});

it("creates no run for an inactive space, and one for all missed runs when it is active again", async () => {
  const { id } = await schedule(service, space);
  const set = (status: string) =>
    service.json("PATCH", `/v1/spaces/${space.id}`, 200, { key: ADMIN, body: { status } });
  await set("inactive");
  await sweepAt(service, at("15:00"));
  await set("active");
  expect(await runsOf(service, space, id)).toEqual([]);
  await nextSweep(service);
  expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T15:00"]);
});

it("reads no further back than the space's retention", async () => {
  space = await service.shop({ retention_days: 1 });
  const { id } = await schedule(service, space, { cron: "0 12 * * *" });
  await change(service, space, id, { paused: true });
  service.now = START + 72 * HOUR;
  await change(service, space, id, { paused: false });
  await sweepAt(service, START + 96 * HOUR);
  expect(await windowsOf(service, space, id)).toEqual(["03-04T12:01 03-05T12:00"]);
});

it("runs no more when it is deleted, and its exports stay", async () => {
  const { id } = await schedule(service, space);
  await sweepAt(service, at("13:00"));
  await service.json("DELETE", `/v1/schedules/${id}`, 204, { key: space.key });
  await service.pump();
  await sweepAt(service, at("14:00"));
  const { data } = await service.json<{ data: unknown[] }>("GET", "/v1/exports", 200, { key: space.key });
  expect(data).toMatchObject([{ status: "completed" }]);
});

describe("on a day when clocks change", () => {
  const nightly = { cron: "30 2 * * *", timezone: "Europe/Berlin" };
  const spaceOf = async (day: string) => {
    service.now = Date.parse(day);
    space = await service.shop();
  };

  it("a time that the day does not have is run once, after the gap", async () => {
    await spaceOf("2026-03-28T12:00:00Z");
    const { id } = await schedule(service, space, nightly);
    for (const time of ["29T00:30", "29T01:00", "29T01:30", "30T00:30"])
      await runAt(service, Date.parse(`2026-03-${time}:00Z`));
    expect(await windowsOf(service, space, id)).toEqual(["03-28T12:00 03-29T01:00", "03-29T01:00 03-30T00:30"]);
  });

  it("a time that the day has twice is run once", async () => {
    await spaceOf("2026-10-24T12:00:00Z");
    const { id } = await schedule(service, space, nightly);
    for (const time of ["25T00:30", "25T01:30", "26T00:30", "26T01:30"])
      await runAt(service, Date.parse(`2026-10-${time}:00Z`));
    expect(await windowsOf(service, space, id)).toEqual(["10-24T12:00 10-25T00:30", "10-25T00:30 10-26T01:30"]);
  });
});

describe("a past to catch up with", () => {
  const from = new Date(START - 5 * HOUR).toISOString();

  it("is exported span by span, one after another, and then follows the schedule", async () => {
    const created = await schedule(service, space, { backfill_from: from });
    expect(created).toMatchObject({ backfill_from: from, next_run_at: "2026-03-01T08:00:00.000Z" });
    for (let round = 0; round < 8; round += 1) {
      await nextSweep(service);
      const { data } = await service.json<{ data: unknown[] }>("GET", "/v1/exports?status=queued", 200, {
        key: space.key,
      });
      expect(data.length).toBeLessThanOrEqual(1);
      await service.pump();
    }
    await runAt(service, at("13:00"));
    expect(await windowsOf(service, space, created.id)).toEqual([
      "03-01T07:00 03-01T08:00",
      "03-01T08:00 03-01T09:00",
      "03-01T09:00 03-01T10:00",
      "03-01T10:00 03-01T11:00",
      "03-01T11:00 03-01T12:00",
      "03-01T12:00 03-01T13:00",
    ]);
  });

  it("continues where it was after a pause, and after a change of its times", async () => {
    const { id } = await schedule(service, space, { backfill_from: from });
    await runAt(service, START + MINUTE);
    await change(service, space, id, { paused: true });
    await runAt(service, START + 10 * MINUTE);
    const { next_run_at } = await change(service, space, id, { paused: false, cron: "0,30 * * * *" });
    expect(next_run_at).toBe("2026-03-01T10:00:00.000Z");
    await runAt(service, service.now);
    expect(await windowsOf(service, space, id)).toEqual([
      "03-01T07:00 03-01T08:00",
      "03-01T08:00 03-01T09:00",
      "03-01T09:00 03-01T10:00",
      "03-01T10:00 03-01T10:30",
    ]);
  });
});
