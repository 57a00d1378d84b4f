/** Statistics: what is counted, on which day, once each; which spans can be asked for; what other spaces see of it. */

import { beforeEach, describe, expect, it } from "vitest";
import { completeExport } from "../../../src/db/exports/transitions.ts";
import { handleDeadLetter } from "../../../src/export/pipeline/run.ts";
import { deliver, pumpCarelessly, roomyService, take } from "../../support/pipeline.ts";
import { canceled, Receiver, status, wakeAll, wakeNext } from "../../support/receiver.ts";
import { LAST_HOUR, orders, Service, type Space } from "../../support/service.ts";

interface ExportCounts {
  created: number;
  completed: number;
  failed: { customer: number; service: number };
  canceled: number;
  rows: number;
  bytes: number;
}

interface Counts {
  exports: ExportCounts & {
    seconds: { p50: number | null; p95: number | null };
    datasets: (ExportCounts & { dataset: string })[];
  };
  webhooks: {
    attempts: number;
    delivered: number;
    failed: number;
    lag_seconds: { p50: number | null; p95: number | null };
  };
  rate_limits: { policy: string; refused: number; highest: number }[];
}

interface Stats {
  timezone: string;
  from: string;
  to: string;
  total: Counts;
  days: (Counts & { day: string })[];
}

const NOTHING = { created: 0, completed: 0, failed: { customer: 0, service: 0 }, canceled: 0, rows: 0, bytes: 0 };
const EMPTY_DAY: Counts = {
  exports: { ...NOTHING, seconds: { p50: null, p95: null }, datasets: [] },
  webhooks: { attempts: 0, delivered: 0, failed: 0, lag_seconds: { p50: null, p95: null } },
  rate_limits: [],
};

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  await service.send(space, orders(3));
});

const stats = (query = "", of = space) => service.json<Stats>("GET", `/v1/stats${query}`, 200, { key: of.key });

const usesOf = async (query = "", of = space) =>
  Object.fromEntries((await stats(query, of)).total.rate_limits.map(({ policy, ...use }) => [policy, use]));

/** Today, which is the only day on which something happened. */
async function today(): Promise<Counts & { day: string }> {
  const { days } = await stats();
  const day = days.at(-1);
  if (day === undefined) throw new Error("there is no day");
  return day;
}

/** An export that failed as the service's fault. @returns its id. */
async function fail(): Promise<string> {
  const id = await service.ask(space);
  await handleDeadLetter(service.context, take(service));
  return id;
}

describe("a day", () => {
  it("without exports has zeros, and no percentiles", async () => {
    const { days } = await stats("?from=2026-02-27&to=2026-02-28");
    expect(days).toEqual([
      { day: "2026-02-27", ...EMPTY_DAY },
      { day: "2026-02-28", ...EMPTY_DAY },
    ]);
  });

  it("counts what was created, completed and canceled, by dataset, with rows and stored bytes", async () => {
    const view = await service.export(space);
    await canceled(service, space);
    await service.ask(space, {
      dataset: "profile_attributes",
      attributes: ["tier"],
      start: undefined,
      end: undefined,
    });
    const { exports } = await today();
    const bytes = view.files.reduce((sum, file) => sum + file.bytes, 0);
    const ofEvents = { ...NOTHING, created: 2, completed: 1, canceled: 1, rows: 3, bytes };
    expect(exports).toMatchObject({ ...ofEvents, created: 3 });
    expect(exports.datasets).toEqual([
      { dataset: "activity_events", ...ofEvents },
      { dataset: "profile_attributes", ...NOTHING, created: 1 },
    ]);
  });

  it("counts a failure by who must act, and again when it fails after a retry", async () => {
    const id = await fail();
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    await handleDeadLetter(service.context, take(service));
    const { exports } = await today();
    expect(exports.failed).toEqual({ customer: 0, service: 2 });
    expect(exports.created).toBe(1);
  });

  it("counts a failure that the customer must act on apart", async () => {
    service.context.config = { ...service.config, maxExportBytes: 10 };
    await service.export(space);
    expect((await today()).exports.failed).toEqual({ customer: 1, service: 0 });
  });

  it("shows how long exports took, within a fifth", async () => {
    for (const seconds of [2, 2, 2, 60]) {
      await service.ask(space);
      service.now += seconds * 1_000;
      await service.pump();
    }
    const { p50, p95 } = (await today()).exports.seconds;
    expect(p50).toBeGreaterThanOrEqual(2);
    expect(p50).toBeLessThan(2.4);
    expect(p95).toBeGreaterThanOrEqual(60);
    expect(p95).toBeLessThan(72);
  });

  it("counts attempts of webhooks, deliveries and their lag", async () => {
    const receiver = new Receiver(service, space);
    receiver.answers.push(status(500));
    await canceled(service, space, { callback_url: "https://shop.example/called-back" });
    await wakeAll(service);
    await wakeNext(service);
    const { webhooks } = await today();
    expect(webhooks).toMatchObject({ attempts: 2, delivered: 1, failed: 0 });
    expect(webhooks.lag_seconds.p50).toBeGreaterThanOrEqual(5);
    expect(webhooks.lag_seconds.p50).toBeLessThan(6);
  });

  it("counts a delivery that was given up, and no lag of one that a call asked for anew", async () => {
    const receiver = new Receiver(service, space);
    receiver.answers.push(status(410));
    await canceled(service, space, { callback_url: "https://shop.example/called-back" });
    await wakeAll(service);
    const [delivery] = (
      await service.json<{ data: { id: string }[] }>("GET", "/v1/webhook-deliveries", 200, { key: space.key })
    ).data;
    await service.json("POST", `/v1/webhook-deliveries/${delivery?.id ?? ""}/redeliver`, 202, { key: space.key });
    await wakeAll(service);
    const { webhooks } = await today();
    expect(webhooks).toEqual({ attempts: 2, delivered: 1, failed: 1, lag_seconds: { p50: null, p95: null } });
  });

  it("keeps its counts when the export is deleted", async () => {
    const { id } = await service.export(space);
    const { exports, webhooks } = await today();
    await service.json("DELETE", `/v1/exports/${id}`, 204, { key: space.key });
    expect(await today()).toMatchObject({ exports, webhooks });
  });

  it("is one of the space's time zone, also where it is another day in UTC", async () => {
    const kiritimati = await service.space({ timezone: "Pacific/Kiritimati" });
    const id = await service.ask(kiritimati);
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: kiritimati.key });
    const { timezone, days } = await stats("?from=2026-03-01&to=2026-03-02", kiritimati);
    expect(timezone).toBe("Pacific/Kiritimati");
    expect(days.map(({ day, exports }) => [day, exports.created, exports.canceled])).toEqual([
      ["2026-03-01", 0, 0],
      ["2026-03-02", 1, 1],
    ]);
  });

  it("has the creation of an export, and the next one its completion after midnight", async () => {
    await service.ask(space);
    service.now += 12 * 3_600_000;
    await service.pump();
    const { days, total } = await stats("?from=2026-03-01&to=2026-03-02");
    expect(days.map(({ exports }) => [exports.created, exports.completed])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(total.exports).toMatchObject({ created: 1, completed: 1 });
  });
});

describe("an export that ends is counted once", () => {
  it("when every message is delivered three times, at once", async () => {
    await service.ask(space, { layout: "files", file_rows: 2 });
    await pumpCarelessly(service, { times: 3, order: (waiting) => waiting, width: 6 });
    const { exports } = await today();
    expect(exports).toMatchObject({ created: 1, completed: 1, rows: 3 });
  });

  it("when its completion is repeated in the same millisecond", async () => {
    const id = await service.ask(space);
    const { control } = service.context.databases;
    await control.run("UPDATE exports SET status = 'processing', phase = 'finishing' WHERE space_id = ?1 AND id = ?2", [
      space.id,
      id,
    ]);
    const end = {
      completedAt: service.now,
      expiresAt: null,
      cleanupAt: service.now,
      message: null,
      manifest: { bytes: 0, sha256: "" },
      rows: 7,
      bytes: 70,
      durationMs: 1_000,
      day: "2026-03-01",
      plan: 0,
    };
    const of = { space_id: space.id, id };
    const made = await Promise.all([completeExport(control, of, end), completeExport(control, of, end)]);
    expect(made.filter(Boolean)).toEqual([true]);
    const { exports } = await today();
    expect(exports).toMatchObject({ completed: 1, rows: 7, bytes: 70 });
  });

  it("when its create is repeated with the same idempotency key", async () => {
    const body = { dataset: "profile_attributes", attributes: ["tier"] };
    for (let call = 0; call < 2; call += 1)
      await service.json("POST", "/v1/exports", 202, { key: space.key, body, headers: { "idempotency-key": "once" } });
    expect((await today()).exports.created).toBe(1);
  });

  it("when a message of the failed export comes again", async () => {
    await service.ask(space);
    const message = take(service);
    await handleDeadLetter(service.context, message);
    await handleDeadLetter(service.context, message);
    await deliver(service, message);
    expect((await today()).exports.failed.service).toBe(1);
  });
});

describe("the span", () => {
  it("is the last 30 days by default", async () => {
    const { from, to, days } = await stats();
    expect([from, to, days.length]).toEqual(["2026-01-31", "2026-03-01", 30]);
  });

  it("ends 30 days after nothing else than its last day is sent", async () => {
    expect(await stats("?to=2024-03-01")).toMatchObject({ from: "2024-02-01", to: "2024-03-01" });
  });

  it("may have 366 days", async () => {
    const { days } = await stats("?from=2024-01-01&to=2024-12-31");
    expect([days.length, days[59]?.day, days.at(-1)?.day]).toEqual([366, "2024-02-29", "2024-12-31"]);
  });

  it("may end with the last day that dates have", async () => {
    const { days } = await stats("?from=9999-12-30&to=9999-12-31");
    expect(days.map(({ day }) => day)).toEqual(["9999-12-30", "9999-12-31"]);
  });

  it.each([
    ["367 days", "?from=2024-01-01&to=2025-01-01", "#query/from"],
    ["an end before its start", "?from=2026-02-02&to=2026-02-01", "#query/from"],
    ["a start after today", "?from=2026-03-02", "#query/from"],
    ["a day that does not exist", "?from=2026-02-30", "#query/from"],
    ["a time", "?to=2026-02-01T00:00:00Z", "#query/to"],
    ["an empty day", "?to=", "#query/to"],
    ["the year 0", "?from=0000-01-01&to=0000-01-02", "#query/from"],
    ["an unknown parameter", "?dataset=activity_events", "#query/dataset"],
    ["a day that is sent twice", "?to=2026-02-01&to=2026-02-02", "#query/to"],
  ])("is not %s", async (_, query, pointer) => {
    expect(await service.faults("GET", `/v1/stats${query}`, { key: space.key })).toContain(pointer);
  });
});

it("shows nothing of another space", async () => {
  await service.export(space);
  const other = await service.space();
  const { total, days } = await stats("", other);
  expect(total).toEqual({ ...EMPTY_DAY, rate_limits: [{ policy: "api", refused: 0, highest: 1 }] });
  expect(days.every(({ exports }) => exports.created === 0)).toBe(true);
});

it("costs three queries beside the key's, however many exports there were", async () => {
  await service.export(space);
  await stats();
  const before = service.meter.statements;
  await stats("?from=2025-03-02&to=2026-03-01");
  expect(service.meter.statements - before).toBe(3);
});

describe("the use of rate limits", () => {
  it("has the calls that each policy refused, and the most that counted in 60 seconds", async () => {
    service = new Service({ CREATE_LIMIT: "2", POLL_LIMIT: "3" });
    const asks = Array.from({ length: 6 }, () =>
      service.call("POST", "/v1/exports", { key: space.key, body: LAST_HOUR }),
    );
    const statuses = (await Promise.all(asks)).map(({ status: answered }) => answered);
    expect(statuses.filter((answered) => answered === 429)).toHaveLength(4);
    await service.call("GET", "/v1/exports", { key: space.key });
    const uses = await usesOf();
    expect(uses["create"]).toEqual({ refused: 4, highest: 2 });
    expect(uses["poll"]).toEqual({ refused: 0, highest: 1 });
    expect(uses["api"]?.refused).toBe(0);
    expect(uses["api"]?.highest).toBeGreaterThan(7);
  });

  it("is of the day in the space's time zone, and of no other space", async () => {
    const other = await service.space({ timezone: "Pacific/Kiritimati" });
    service.now = Date.parse("2026-03-01T23:30:00Z");
    await service.json("GET", "/v1/space", 200, { key: other.key });
    await service.json("GET", "/v1/space", 200, { key: space.key });
    expect((await usesOf("?from=2026-03-02&to=2026-03-02", other))["api"]?.highest).toBeGreaterThan(0);
    expect(await usesOf("?from=2026-03-02&to=2026-03-02")).toEqual({});
  });
});
