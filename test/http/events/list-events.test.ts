/**
 * List Events: an export's rows, byte for byte; rejected requests; the maximum size of a page; and the rate limit.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { lines } from "../../support/gunzip.ts";
import { roomyService, textOf } from "../../support/pipeline.ts";
import { dice, noise } from "../../support/random.ts";
import { orders, type ProblemView, Service, type Space, START } from "../../support/service.ts";
import {
  addressOf,
  at,
  DAY_MS,
  faults,
  HOUR,
  HOUR_MS,
  idsOf,
  idsSent,
  list,
  shopWith,
  walk,
} from "../../support/walk.ts";

describe("the rows", () => {
  let service: Service;
  let space: Space;

  beforeAll(async () => {
    service = roomyService();
    space = await service.shop();
    const key = space.key;
    const properties = [
      { name: "flowElementId", type: "text" },
      { name: "eventId", type: "text" },
    ];
    await service.json("POST", "/v1/event-definitions", 201, { key, body: { id: "visit", name: "Visit", properties } });
    const elements = [{ id: "f-1", name: "Send 📧" }];
    await service.json("PUT", "/v1/flows", 200, {
      key,
      body: { flows: [{ id: "f", campaign_name: "Sale", elements }] },
    });
    const visits = orders(3).map((event, n) => ({
      ...event,
      id: `visit-${n}`,
      definition_id: "visit",
      session_id: "s",
      properties: { flowElementId: n === 0 ? null : "f-1", eventId: 'its "own"\n日本' },
    }));
    await service.send(space, [...orders(4), ...visits]);
  });

  it.each<[what: string, asked: Record<string, unknown>, query: Record<string, string>]>([
    ["flat", {}, {}],
    ["nested", { row_format: "nested" }, { row_format: "nested" }],
    ["flat and enriched", { enrich_with_moments_info: true }, { enrich_with_moments_info: "true" }],
    [
      "nested and enriched",
      { row_format: "nested", enrich_with_moments_info: true },
      { row_format: "nested", enrich_with_moments_info: "true" },
    ],
    ["of some events", { event_names: ["vis*", "order_placed"] }, { event_names: "vis*,order_placed" }],
    ["of one event", { event_names: ["order_placed"] }, { event_names: "order_placed" }],
    ["of no event", { event_names: ["refund*"] }, { event_names: "refund*" }],
    ["of a part of the window", { start: at(START - 2_999_999) }, { start: at(START - 2_999_999) }],
  ])("that are %s are an export's, byte for byte and in its order", async (_what, asked, query) => {
    const response = await service.call("GET", addressOf(query), { key: space.key });
    const text = await response.text();
    const exported = (await textOf(service, await service.export(space, asked))).split("\n").slice(0, -1);
    expect(text).toBe(`{"data":[${exported.join(",")}],"next_cursor":null,"prev_cursor":null}`);
    expect(response.headers.get("content-type")).toBe("application/json");
  });

  it("are 200 a page where nothing else is said, and 4,000 at most", async () => {
    const many = await shopWith(orders(4_001));
    const first = await list(many.service, many.space);
    expect([first.data.length, first.next_cursor === null]).toEqual([200, false]);
    const pages = await walk(many.service, many.space, { limit: "4000" });
    expect(pages.map((page) => page.length)).toEqual([4_000, 1]);
  });

  it("are none where there is nothing", async () => {
    expect(await list(service, space, { end: at(START - HOUR_MS + 1) })).toEqual({
      data: [],
      next_cursor: null,
      prev_cursor: null,
    });
  });
});

describe("a request", () => {
  let service: Service;
  let space: Space;

  beforeAll(async () => {
    service = roomyService();
    space = await service.shop({ retention_days: 30 });
  });

  it.each<[what: string, query: Record<string, string>, name: string]>([
    ["a start that is no time", { start: "yesterday" }, "start"],
    ["a start without an offset", { start: "2026-03-01T11:00:00" }, "start"],
    ["an end at the start", { start: HOUR.end }, "end"],
    ["an end in the future", { end: at(START + 1) }, "end"],
    ["a start older than events are kept", { start: at(START - 30 * DAY_MS - 1) }, "start"],
    ["an event that does not exist", { event_names: "order_placed,order_lost" }, "event_names"],
    ["an event name with a space", { event_names: "order placed" }, "event_names"],
    ["an empty event name", { event_names: "order_placed," }, "event_names"],
    ["no event name", { event_names: "" }, "event_names"],
    ["201 event names", { event_names: Array.from({ length: 201 }, () => "order_*").join() }, "event_names"],
    ["a row format that does not exist", { row_format: "wide" }, "row_format"],
    ["a flag that is neither true nor false", { enrich_with_moments_info: "1" }, "enrich_with_moments_info"],
    ["no rows", { limit: "0" }, "limit"],
    ["4,001 rows", { limit: "4001" }, "limit"],
    ["half a row", { limit: "1.5" }, "limit"],
    ["rows in letters", { limit: "many" }, "limit"],
    ["a parameter that does not exist", { offset: "5" }, "offset"],
    ["a view that does not exist", { view: "sessions" }, "view"],
  ])("for %s is refused, and points at it", async (_what, query, name) => {
    expect(await faults(service, space, query)).toEqual([`#query/${name}`]);
  });

  it("without a window is rejected with both ends named", async () => {
    expect(await service.faults("GET", "/v1/events", { key: space.key })).toEqual(["#query/start", "#query/end"]);
  });

  it("takes a window with offsets, and one as long as events are kept", async () => {
    const offsets = { start: "2026-03-01T12:00:00+01:00", end: "2026-03-01T06:30:00-05:00" };
    expect(await list(service, space, offsets)).toEqual({ data: [], next_cursor: null, prev_cursor: null });
    expect(await list(service, space, { start: at(START - 30 * DAY_MS) })).toEqual({
      data: [],
      next_cursor: null,
      prev_cursor: null,
    });
  });
});

describe("a page of large events", () => {
  const roll = dice(5);
  const sizes = [...Array.from({ length: 12 }, () => 1_900_000), 10, 10, 1_900_000, 10];
  const events = orders(sizes.length).map((event, n) => ({
    ...event,
    properties: { order_id: noise(roll, sizes[n] ?? 0) },
  }));

  it("ends before it has more than 8,000,000 bytes, and the walk has every event", async () => {
    const { service, space } = await shopWith([]);
    for (let from = 0; from < events.length; from += 5) await service.send(space, events.slice(from, from + 5));
    const pages = await walk(service, space, { limit: "4000" });
    const weights = pages.map((page) => Buffer.byteLength(JSON.stringify(page)));
    expect(idsOf(pages.flat())).toEqual(idsSent(events));
    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...weights)).toBeLessThanOrEqual(8_000_002);
    expect(Math.min(...weights.slice(0, -1))).toBeGreaterThan(4_000_000);
  });
});

describe("the limit", () => {
  const rateLimitHeaders = (response: Response) =>
    ["ratelimit-policy", "ratelimit", "x-ratelimit-limit", "x-ratelimit-remaining"].map((name) =>
      response.headers.get(name),
    );

  it("lets seven calls of a space pass in any 60 seconds, and says so", async () => {
    const service = new Service();
    const space = await service.shop();
    await service.followClock(space);
    const get = () => service.call("GET", addressOf({}), { key: space.key });
    const first = await get();
    expect(rateLimitHeaders(first)).toEqual(['"list";q=7;w=60', '"list";r=6;t=60', "7", "6"]);
    for (let n = 1; n < 7; n += 1) expect((await get()).status).toBe(200);
    service.now += 59_000;
    const refused = await get();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await refused.json<ProblemView>()).code).toBe("rate_limited");
    service.now += 1_000;
    expect((await get()).status).toBe(200);
  });

  it("is neither that of polls nor that of creates", async () => {
    const { service, space } = await shopWith(orders(1), { LIST_LIMIT: "1" });
    await list(service, space);
    expect((await service.call("GET", addressOf({}), { key: space.key })).status).toBe(429);
    const done = await service.export(space);
    expect(lines(await textOf(service, done))).toHaveLength(1);
  });
});
