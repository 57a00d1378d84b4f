/**
 * List Events: an export's rows, page by page, of one snapshot. A walk from cursor to cursor shows each event once, whatever comes
 * in meanwhile, and a cursor opens nothing but the walk that it came from.
 */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../src/outbound/seal.ts";
import { lines } from "../support/gunzip.ts";
import { roomyService, type Row, textOf } from "../support/pipeline.ts";
import { dice, noise } from "../support/random.ts";
import { ORIGIN, orders, type ProblemView, Service, type Space, START } from "../support/service.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Listed {
  data: Row[];
  next_cursor: string | null;
}

const at = (time: number) => new Date(time).toISOString();
const HOUR = { start: at(START - HOUR_MS), end: at(START) };

const addressOf = (query: Record<string, string>) =>
  `/v1/events?${new URLSearchParams({ ...HOUR, ...query }).toString()}`;
const list = (service: Service, space: Space, query: Record<string, string> = {}) =>
  service.json<Listed>("GET", addressOf(query), 200, { key: space.key });
const faults = (service: Service, space: Space, query: Record<string, string>) =>
  service.faults("GET", addressOf(query), { key: space.key });
const idsOf = (rows: readonly Row[]) => rows.map((row) => row["eventId"]);
const idsSent = (events: readonly Record<string, unknown>[]) => events.map((event) => event["id"]);

const roomy = (vars: Record<string, string> = {}) => roomyService({ LIST_LIMIT: "10000", ...vars });

/** Every page of a walk. `between` comes after each page. */
async function walk(
  service: Service,
  space: Space,
  query: Record<string, string>,
  between: (page: number) => Promise<unknown> = async () => {},
): Promise<Row[][]> {
  const pages: Row[][] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: Listed = await list(service, space, cursor === "" ? query : { ...query, cursor });
    pages.push(page.data);
    cursor = page.next_cursor;
    await between(pages.length);
  }
  return pages;
}

async function shop(events: readonly Record<string, unknown>[], vars: Record<string, string> = {}) {
  const service = roomy(vars);
  const space = await service.shop();
  await service.send(space, events);
  return { service, space };
}

describe("the rows", () => {
  let service: Service;
  let space: Space;

  beforeAll(async () => {
    service = roomy();
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
    expect(text).toBe(`{"data":[${exported.join(",")}],"next_cursor":null}`);
    expect(response.headers.get("content-type")).toBe("application/json");
  });

  it("are 200 a page where nothing else is said, and 4,000 at most", async () => {
    const many = await shop(orders(4_001));
    const first = await list(many.service, many.space);
    expect([first.data.length, first.next_cursor === null]).toEqual([200, false]);
    const pages = await walk(many.service, many.space, { limit: "4000" });
    expect(pages.map((page) => page.length)).toEqual([4_000, 1]);
  });

  it("are none where there is nothing", async () => {
    expect(await list(service, space, { end: at(START - HOUR_MS + 1) })).toEqual({ data: [], next_cursor: null });
  });
});

describe("a walk", () => {
  it.each([1, 2, 3, 7, 20, 21])("shows each event once in pages of %i, and ends with the last", async (limit) => {
    const { service, space } = await shop(orders(20));
    const pages = await walk(service, space, { limit: String(limit) });
    expect(idsOf(pages.flat())).toEqual(idsSent(orders(20)));
    expect(pages.length).toBe(Math.ceil(20 / limit));
    expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
  });

  it("goes on inside a crowded millisecond", async () => {
    const crowd = orders(9).map((event) => ({ ...event, occurred_at: at(START - 1000) }));
    const { service, space } = await shop(crowd);
    expect(idsOf((await walk(service, space, { limit: "2" })).flat())).toEqual(idsSent(crowd));
  });

  it("shows only what stood at its first page, whatever comes in between", async () => {
    const { service, space } = await shop(orders(10));
    const pages = await walk(service, space, { limit: "3" }, async (n) => {
      service.now += 1000;
      const late = [START - 3_000_000 - n, START - 2_999_995, START - n].map((time, m) => ({
        ...orders(1)[0],
        id: `late-${n}-${m}`,
        occurred_at: at(time),
      }));
      await service.send(space, late);
    });
    expect(idsOf(pages.flat())).toEqual(idsSent(orders(10)));
    expect((await list(service, space)).data).toHaveLength(10 + 3 * pages.length);
  });

  it("shows profiles, flows and definitions as they stood at its first page", async () => {
    const { service, space } = await shop(orders(4));
    const key = space.key;
    const pages = await walk(service, space, { limit: "1", event_names: "order_*" }, async (n) => {
      const profiles = [{ person_id: "p-1", external_person_id: `CRM-${n + 1}` }];
      await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles } });
      const definition = { id: `order_${n}`, name: "Later" };
      await service.json("POST", "/v1/event-definitions", 201, { key, body: definition });
      await service.send(space, [{ ...orders(1)[0], id: `late-${n}`, definition_id: `order_${n}`, properties: {} }]);
    });
    expect(pages.flat().map((row) => row["externalPersonId"])).toEqual(["CRM-1", "CRM-1", "CRM-1", "CRM-1"]);
  });

  it("may change the size of its pages", async () => {
    const { service, space } = await shop(orders(6));
    const { next_cursor } = await list(service, space, { limit: "2" });
    const rest = await list(service, space, { limit: "100", cursor: next_cursor ?? "" });
    expect(idsOf(rest.data)).toEqual(idsSent(orders(6)).slice(2));
  });

  it("can be repeated from any cursor", async () => {
    const { service, space } = await shop(orders(6));
    const cursor = (await list(service, space, { limit: "2" })).next_cursor ?? "";
    const [once, again] = [await list(service, space, { cursor }), await list(service, space, { cursor })];
    expect(again).toEqual(once);
  });

  it("leads on by Link too, with the rest of the query", async () => {
    const { service, space } = await shop(orders(3));
    const response = await service.call("GET", addressOf({ limit: "2", row_format: "flat" }), { key: space.key });
    const { next_cursor } = await response.json<Listed>();
    const next = new URL(/^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? "");
    expect(next.origin + next.pathname).toBe(`${ORIGIN}/v1/events`);
    expect(Object.fromEntries(next.searchParams)).toEqual({
      ...HOUR,
      limit: "2",
      row_format: "flat",
      cursor: next_cursor,
    });
    const last = await service.call("GET", next.pathname + next.search, { key: space.key });
    expect(idsOf((await last.json<Listed>()).data)).toEqual(idsSent(orders(3)).slice(2));
    expect(last.headers.get("link")).toBeNull();
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
    const { service, space } = await shop([]);
    for (let from = 0; from < events.length; from += 5) await service.send(space, events.slice(from, from + 5));
    const pages = await walk(service, space, { limit: "4000" });
    const weights = pages.map((page) => Buffer.byteLength(JSON.stringify(page)));
    expect(idsOf(pages.flat())).toEqual(idsSent(events));
    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...weights)).toBeLessThanOrEqual(8_000_002);
    expect(Math.min(...weights.slice(0, -1))).toBeGreaterThan(4_000_000);
  });
});

describe("a cursor", () => {
  let service: Service;
  let space: Space;
  let cursor: string;

  beforeEach(async () => {
    ({ service, space } = await shop(orders(6)));
    cursor = (await list(service, space, { limit: "2" })).next_cursor ?? "";
  });

  it.each<[what: string, query: Record<string, string>]>([
    ["another start", { start: at(START - HOUR_MS + 1) }],
    ["another end", { end: at(START - 1) }],
    ["other events", { event_names: "order_placed" }],
    ["another row format", { row_format: "nested" }],
    ["other fields", { enrich_with_moments_info: "true" }],
  ])("is refused with %s", async (_what, query) => {
    expect(await faults(service, space, { ...query, cursor })).toEqual(["#query/cursor"]);
  });

  it("is refused in another space", async () => {
    const other = await service.shop();
    await service.send(other, orders(6));
    expect(await faults(service, other, { cursor })).toEqual(["#query/cursor"]);
  });

  it.each([
    ["an empty one", () => ""],
    ["a text", () => "nonsense"],
    ["another list's", () => Buffer.from(JSON.stringify([START, "e-0000003"])).toString("base64url")],
    ["one that was changed", () => `${cursor.slice(0, -1)}${cursor.endsWith("A") ? "B" : "A"}`],
    ["half of one", () => cursor.slice(0, cursor.length / 2)],
    ["one that is too long", () => "A".repeat(2_001)],
  ])("that is %s is refused", async (_what, forged) => {
    expect(await faults(service, space, { cursor: forged() })).toEqual(["#query/cursor"]);
  });

  it("that was sealed with another key is refused", async () => {
    const other = `k1:${Buffer.alloc(32).toString("base64")}`;
    const forged = await seal(other, "x", JSON.stringify([1e9, START, 0, ""]), new Uint8Array(12));
    expect(await faults(service, space, { cursor: forged })).toEqual(["#query/cursor"]);
  });

  it("holds for a day", async () => {
    service.now += DAY_MS;
    expect((await list(service, space, { cursor })).data).toHaveLength(4);
    service.now += 1;
    expect(await faults(service, space, { cursor })).toEqual(["#query/cursor"]);
  });

  it("is refused when events after it may be gone", async () => {
    const edge = START - 180 * DAY_MS;
    await service.send(
      space,
      orders(4, edge).map((event, n) => ({ ...event, id: `old-${n}` })),
    );
    const query = { start: at(edge), limit: "2" };
    const walked = { ...query, cursor: (await list(service, space, query)).next_cursor ?? "" };
    service.now += HOUR_MS;
    expect(idsOf((await list(service, space, walked)).data)).toEqual(["old-2", "old-3"]);
    service.now += 60_000;
    expect(await faults(service, space, walked)).toEqual(["#query/cursor"]);
  });
});

describe("a request", () => {
  let service: Service;
  let space: Space;

  beforeAll(async () => {
    service = roomy();
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
    ["a view of conversions", { view: "conversions" }, "view"],
  ])("for %s is refused, and points at it", async (_what, query, name) => {
    expect(await faults(service, space, query)).toEqual([`#query/${name}`]);
  });

  it("without a window is told of both ends", async () => {
    expect(await service.faults("GET", "/v1/events", { key: space.key })).toEqual(["#query/start", "#query/end"]);
  });

  it("takes a window with offsets, and one as long as events are kept", async () => {
    const offsets = { start: "2026-03-01T12:00:00+01:00", end: "2026-03-01T06:30:00-05:00" };
    expect(await list(service, space, offsets)).toEqual({ data: [], next_cursor: null });
    expect(await list(service, space, { start: at(START - 30 * DAY_MS) })).toEqual({ data: [], next_cursor: null });
  });
});

describe("the limit", () => {
  const told = (response: Response) =>
    ["ratelimit-policy", "ratelimit", "x-ratelimit-limit", "x-ratelimit-remaining"].map((name) =>
      response.headers.get(name),
    );

  it("lets seven calls of a space pass in any 60 seconds, and says so", async () => {
    const service = new Service();
    const space = await service.shop();
    await service.followClock(space);
    const get = () => service.call("GET", addressOf({}), { key: space.key });
    const first = await get();
    expect(told(first)).toEqual(['"list";q=7;w=60', '"list";r=6;t=60', "7", "6"]);
    for (let n = 1; n < 7; n += 1) expect((await get()).status).toBe(200);
    service.now += 59_000;
    const refused = await get();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await refused.json<ProblemView>()).code).toBe("rate_limited");
    service.now += 1_000;
    expect((await get()).status).toBe(200);
  });

  it("is neither that of polls nor that of creates", async () => {
    const { service, space } = await shop(orders(1), { LIST_LIMIT: "1" });
    await list(service, space);
    expect((await service.call("GET", addressOf({}), { key: space.key })).status).toBe(429);
    const done = await service.export(space);
    expect(lines(await textOf(service, done))).toHaveLength(1);
  });
});
