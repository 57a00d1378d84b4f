/** Schedules over HTTP: valid and rejected requests, and responses. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { roomyService } from "../../support/pipeline.ts";
import {
  change,
  HOUR,
  hourly,
  look,
  runAt,
  type RunView,
  schedule,
  type ScheduleView,
} from "../../support/schedules.ts";
import { type ProblemView, type Service, type Space, START } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService();
  space = await service.shop({ retention_days: 30 });
});

beforeEach(() => {
  service.now = START;
});

const events = { dataset: "activity_events" };

it("is created with every default filled in, and shows when it runs next", async () => {
  const body = { name: " Nightly ", cron: "30 2 * * *", timezone: "America/New_York", request: events };
  const created = await service.json<ScheduleView>("POST", "/v1/schedules", 201, { key: space.key, body });
  const shown = {
    id: expect.any(String) as string,
    name: "Nightly",
    cron: "30 2 * * *",
    timezone: "America/New_York",
    request: {
      dataset: "activity_events",
      row_format: "flat",
      enrich_with_moments_info: false,
      extra_fields: true,
      delivery: { type: "download" },
      layout: "single",
      format: "ndjson",
      compression: "gzip",
      file_rows: 50_000,
    },
    incremental: true,
    backfill_from: null,
    verify_after_days: null,
    status: "active",
    paused_reason: null,
    paused_at: null,
    next_run_at: "2026-03-02T07:30:00.000Z",
    covered_until: "2026-03-01T12:00:00.000Z",
    created_at: "2026-03-01T12:00:00.000Z",
    updated_at: "2026-03-01T12:00:00.000Z",
  };
  expect(created).toEqual({ ...shown, warnings: [] });
  expect(await look(service, space, created.id)).toEqual(shown);
});

it("tells names in its request that nothing has, when it is made and when its request is changed", async () => {
  const typo = { dataset: "activity_events", event_names: ["zz*"] };
  type Told = { id: string; warnings: { pointer: string }[] };
  const body = { name: "Typo", cron: "0 * * * *", timezone: "UTC", request: typo };
  const made = await service.json<Told>("POST", "/v1/schedules", 201, { key: space.key, body });
  const patch = async (body: object) =>
    (await service.json<Told>("PATCH", `/v1/schedules/${made.id}`, 200, { key: space.key, body })).warnings;
  expect(made.warnings.map(({ pointer }) => pointer)).toEqual(["/request/event_names/0"]);
  expect(await patch({ request: typo })).toEqual(made.warnings);
  expect(await patch({ name: "Other" })).toEqual([]);
});

describe("a body", () => {
  it.each([
    ["no name", { name: undefined }, ["/name"]],
    ["an empty name", { name: " " }, ["/name"]],
    ["no cron", { cron: undefined }, ["/cron"]],
    ["a cron that is no text", { cron: 5 }, ["/cron"]],
    ["a cron of six fields", { cron: "0 0 3 * * *" }, ["/cron"]],
    ["a cron that is none", { cron: "every day" }, ["/cron"]],
    ["a cron that is too long", { cron: `${"0,".repeat(150)}0 * * * *` }, ["/cron"]],
    ["a cron that comes too often", { cron: "*/10 * * * *" }, ["/cron"]],
    ["a cron that never comes", { cron: "0 0 30 2 *" }, ["/cron"]],
    ["no time zone", { timezone: undefined }, ["/timezone"]],
    ["an unknown time zone", { timezone: "Mars/Olympus" }, ["/timezone"]],
    ["an offset for a time zone", { timezone: "+02:00" }, ["/timezone"]],
    ["no request", { request: undefined }, ["/request"]],
    ["a request that is none", { request: [] }, ["/request"]],
    ["an unknown dataset", { request: { dataset: "nothing" } }, ["/request/dataset"]],
    [
      "a window",
      { request: { ...events, start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" } },
      ["/request/start", "/request/end"],
    ],
    ["a since", { request: { ...events, since: crypto.randomUUID() } }, ["/request/since"]],
    ["an unknown parameter", { request: { ...events, colour: "red" } }, ["/request/colour"]],
    ["an unknown event", { request: { ...events, event_names: ["no_such_event"] } }, ["/request/event_names/0"]],
    [
      "a column that no row can have",
      { request: { ...events, columns: [{ path: "eventId.of" }] } },
      ["/request/columns/0/path"],
    ],
    [
      "an unknown destination",
      { request: { ...events, delivery: { type: "s3", destination_id: "x" } } },
      ["/request/delivery/destination_id"],
    ],
    [
      "a callback that may not be called",
      { request: { ...events, callback_url: "https://10.0.0.1/" } },
      ["/request/callback_url"],
    ],
    ["incremental that is neither", { incremental: "yes" }, ["/incremental"]],
    ["a past that is none", { backfill_from: "2026-03-02T00:00:00Z" }, ["/backfill_from"]],
    ["a past that is no longer kept", { backfill_from: "2026-01-29T00:00:00Z" }, ["/backfill_from"]],
    ["a past of too many runs", { cron: "*/15 * * * *", backfill_from: "2026-02-01T00:00:00Z" }, ["/backfill_from"]],
    ["a past that is no time", { backfill_from: "yesterday" }, ["/backfill_from"]],
    ["what is not its own", { paused: true }, ["/paused"]],
  ])("with %s is refused, with a pointer to it", async (_, more, pointers) => {
    expect(await service.faults("POST", "/v1/schedules", { key: space.key, body: hourly(more) })).toEqual(pointers);
  });

  it("is refused with a detail that says what is valid", async () => {
    const say = async (more: object) =>
      (await service.json<ProblemView>("POST", "/v1/schedules", 422, { key: space.key, body: hourly({ ...more }) }))
        .detail;
    expect(await say({ cron: "*/10 * * * *" })).toBe(
      "cron runs too often: at least 15 minutes must lie between two runs.",
    );
    expect(await say({ cron: "0 3 * *" })).toMatch(/^cron must have five fields: minute, hour, /);
    expect(await say({ cron: "0 25 * * *" })).toMatch(/^cron has no valid hour: it has 0-23/);
  });
});

it("has fifty at most, and another one after a deletion", async () => {
  const full = await service.space();
  const created = [];
  for (let n = 0; n < 50; n += 1) created.push(await schedule(service, full));
  const body = hourly();
  const refused = await service.json<ProblemView>("POST", "/v1/schedules", 409, { key: full.key, body });
  expect(refused.detail).toContain("50");
  await service.json("DELETE", `/v1/schedules/${created[0]?.id}`, 204, { key: full.key });
  await service.json("GET", `/v1/schedules/${created[0]?.id}`, 404, { key: full.key });
  await service.json("DELETE", `/v1/schedules/${created[0]?.id}`, 404, { key: full.key });
  await schedule(service, full);
});

describe("a change", () => {
  let created: ScheduleView;
  beforeEach(async () => {
    created = await schedule(service, space);
  });

  it("of its times counts from now", async () => {
    service.now = START + 10 * 60_000;
    const changed = await change(service, space, created.id, { cron: "0 9 * * *", timezone: "Asia/Tokyo" });
    expect(changed).toMatchObject({ cron: "0 9 * * *", next_run_at: "2026-03-02T00:00:00.000Z" });
    expect(changed.covered_until).toBe(created.covered_until);
  });

  it("of its name leaves the rest as it is", async () => {
    const { updated_at: _, ...before } = { ...created, updated_at: "" };
    expect(await change(service, space, created.id, { name: "Else" })).toMatchObject({ ...before, name: "Else" });
  });

  it("of its request replaces it", async () => {
    const request = { dataset: "activity_events", format: "parquet" };
    const changed = await change(service, space, created.id, { request, incremental: false });
    expect(changed).toMatchObject({ incremental: false, request: { format: "parquet", layout: "files" } });
  });

  it.each([
    [{ cron: "* * * * *" }, ["/cron"]],
    [{ timezone: "Nowhere" }, ["/timezone"]],
    [{ request: { dataset: "activity_events", start: "2026-01-01T00:00:00Z" } }, ["/request/start"]],
    [{ request: { dataset: "activity_events", event_names: ["no_such_event"] } }, ["/request/event_names/0"]],
    [{ name: "" }, ["/name"]],
    [{ incremental: 1 }, ["/incremental"]],
    [{ paused: "no" }, ["/paused"]],
    [{ backfill_from: "2026-02-28T00:00:00Z" }, ["/backfill_from"]],
    [{ status: "paused" }, ["/status"]],
  ])("%j is refused, and nothing is changed", async (body, pointers) => {
    expect(await service.faults("PATCH", `/v1/schedules/${created.id}`, { key: space.key, body })).toEqual(pointers);
    expect({ ...(await look(service, space, created.id)), warnings: [] }).toEqual(created);
  });
});

it("lists its runs newest first, in pages", async () => {
  // Those of the tests above would run too.
  await service.context.databases.control.run("DELETE FROM schedules WHERE space_id IS NOT NULL");
  const own = await service.shop();
  const { id } = await schedule(service, own);
  for (const hour of [1, 2, 3]) await runAt(service, START + hour * HOUR);
  const times: string[] = [];
  let cursor = "";
  for (let pages = 1; ; pages += 1) {
    const path: string = `/v1/schedules/${id}/exports?limit=2${cursor}`;
    const page = await service.json<{ data: RunView[]; next_cursor: string | null }>("GET", path, 200, {
      key: own.key,
    });
    times.push(...page.data.map((run) => run.scheduled_at.slice(11, 16)));
    if (page.next_cursor === null) {
      expect(pages).toBe(2);
      break;
    }
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
  expect(times).toEqual(["15:00", "14:00", "13:00"]);
});
