/**
 * Pagination of List Events: the pages of one walk have each event of one snapshot once, although more events arrive
 * meanwhile. A cursor only continues the walk that it came from.
 */

import { beforeEach, describe, expect, it } from "vitest";
import { encrypt } from "../../../src/outbound/encryption.ts";
import { ORIGIN, orders, type Service, type Space, START } from "../../support/service.ts";
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
  type Listed,
  shopWith,
  walk,
} from "../../support/walk.ts";

describe("a walk", () => {
  it.each([1, 2, 3, 7, 20, 21])("shows each event once in pages of %i, and ends with the last", async (limit) => {
    const { service, space } = await shopWith(orders(20));
    const pages = await walk(service, space, { limit: String(limit) });
    expect(idsOf(pages.flat())).toEqual(idsSent(orders(20)));
    expect(pages.length).toBe(Math.ceil(20 / limit));
    expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
  });

  it("continues within a millisecond of many events", async () => {
    const crowd = orders(9).map((event) => ({ ...event, occurred_at: at(START - 1000) }));
    const { service, space } = await shopWith(crowd);
    expect(idsOf((await walk(service, space, { limit: "2" })).flat())).toEqual(idsSent(crowd));
  });

  it("shows only events of its first page's snapshot, although more are written meanwhile", async () => {
    const { service, space } = await shopWith(orders(10));
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

  it("shows profiles, flows and definitions as of its first page", async () => {
    const { service, space } = await shopWith(orders(4));
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
    const { service, space } = await shopWith(orders(6));
    const { next_cursor } = await list(service, space, { limit: "2" });
    const rest = await list(service, space, { limit: "100", cursor: next_cursor ?? "" });
    expect(idsOf(rest.data)).toEqual(idsSent(orders(6)).slice(2));
  });

  it("can be repeated from any cursor", async () => {
    const { service, space } = await shopWith(orders(6));
    const cursor = (await list(service, space, { limit: "2" })).next_cursor ?? "";
    const [once, again] = [await list(service, space, { cursor }), await list(service, space, { cursor })];
    expect(again.data).toEqual(once.data);
  });

  it("leads on by Link too, with the rest of the query", async () => {
    const { service, space } = await shopWith(orders(3));
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
    expect(last.headers.get("link")).toMatch(/^<[^>]+>; rel="prev"$/);
  });
});

describe("a cursor", () => {
  let service: Service;
  let space: Space;
  let cursor: string;

  beforeEach(async () => {
    ({ service, space } = await shopWith(orders(6)));
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
    ["one that was changed", () => cursor.replace(/.(?=.{8}$)/, (sign) => (sign === "A" ? "B" : "A"))],
    ["half of one", () => cursor.slice(0, cursor.length / 2)],
    ["one that is too long", () => "A".repeat(2_001)],
  ])("that is %s is refused", async (_what, forged) => {
    expect(await faults(service, space, { cursor: forged() })).toEqual(["#query/cursor"]);
  });

  it("that was encrypted with another key is refused", async () => {
    const other = `k1:${Buffer.alloc(32).toString("base64")}`;
    const forged = await encrypt(
      other,
      { purpose: "list-cursor", row: "x" },
      JSON.stringify([1e9, START, 0, ""]),
      new Uint8Array(12),
    );
    expect(await faults(service, space, { cursor: forged })).toEqual(["#query/cursor"]);
  });

  it("holds for a day", async () => {
    service.now += DAY_MS;
    expect((await list(service, space, { cursor })).data).toHaveLength(4);
    service.now += 1;
    expect(await faults(service, space, { cursor })).toEqual(["#query/cursor"]);
  });

  it("is refused when events after it may be deleted", async () => {
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
