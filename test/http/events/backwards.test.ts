/** List Events backwards: the pages before a page are those that led to it, whatever was written meanwhile. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Bounds, Source } from "../../../src/datasets/dataset.ts";
import { startOfLast } from "../../../src/db/events/event-tail.ts";
import { EVENTS, type EventRange } from "../../../src/db/events/event-range.ts";
import { pageBefore } from "../../../src/http/events/page.ts";
import { conversion, market, NOON, sendTouches, touch } from "../../support/conversions.ts";
import type { Row } from "../../support/pipeline.ts";
import { noise, dice } from "../../support/random.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";
import { addressOf, at, DAY_MS, idsOf, idsSent, list, type Listed, shopWith } from "../../support/walk.ts";

type Read = (cursor: string) => Promise<Listed>;

/** All pages from the first on, and then all from the last back to the first. */
async function thereAndBack(read: Read): Promise<{ there: Row[][]; back: Row[][]; last: Listed }> {
  const there: Row[][] = [];
  let page = await read("");
  for (;;) {
    there.push(page.data);
    if (page.next_cursor === null) break;
    page = await read(page.next_cursor);
  }
  const last = page;
  const back: Row[][] = [];
  for (;;) {
    back.unshift(page.data);
    if (page.prev_cursor === null) break;
    page = await read(page.prev_cursor);
  }
  return { there, back, last };
}

const reader =
  (service: Service, space: Space, query: Record<string, string>): Read =>
  (cursor) =>
    list(service, space, cursor === "" ? query : { ...query, cursor });

describe("pages that are read backwards", () => {
  it.each([1, 2, 3, 7, 20, 21])("are the pages of the way there, of %i rows", async (limit) => {
    const { service, space } = await shopWith(orders(20));
    const { there, back } = await thereAndBack(reader(service, space, { limit: String(limit) }));
    expect(back.slice(1)).toEqual(there.slice(1));
    expect(back.flat()).toEqual(there.flat());
  });

  it("lead forwards again, to the same rows", async () => {
    const { service, space } = await shopWith(orders(9));
    const read = reader(service, space, { limit: "3" });
    const second = await read((await read("")).next_cursor ?? "");
    const first = await read(second.prev_cursor ?? "");
    expect(idsOf(first.data)).toEqual(idsSent(orders(3)));
    expect(first.prev_cursor).toBeNull();
    expect((await read(first.next_cursor ?? "")).data).toEqual(second.data);
  });

  it("continue within a millisecond of many events", async () => {
    const { service, space } = await shopWith(orders(9).map((event) => ({ ...event, occurred_at: at(START - 1000) })));
    const { there, back } = await thereAndBack(reader(service, space, { limit: "2" }));
    expect(back.flat()).toEqual(there.flat());
  });

  it("show the snapshot of the first page, although events are written before and between them", async () => {
    const { service, space } = await shopWith(orders(6));
    const read = reader(service, space, { limit: "2" });
    const second = await read((await read("")).next_cursor ?? "");
    await service.send(space, [{ ...orders(1)[0], id: "late", occurred_at: at(START - 2_999_999) }]);
    expect(idsOf((await read(second.prev_cursor ?? "")).data)).toEqual(idsSent(orders(2)));
  });

  it("leave out a person who was deleted meanwhile", async () => {
    const { service, space } = await shopWith([]);
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
    await service.send(
      space,
      orders(6).map((event, n) => (n % 2 === 0 ? event : { ...event, person_id: "p-2" })),
    );
    const read = reader(service, space, { limit: "4" });
    const second = await read((await read("")).next_cursor ?? "");
    await service.json("DELETE", "/v1/profiles/p-2", 202, { key: space.key });
    expect(idsOf((await read(second.prev_cursor ?? "")).data)).toEqual(["e-0000000", "e-0000002"]);
  });

  it("have at most 8,000,000 bytes", async () => {
    const roll = dice(5);
    const events = orders(7).map((event) => ({ ...event, properties: { order_id: noise(roll, 1_900_000) } }));
    const { service, space } = await shopWith([]);
    for (let from = 0; from < events.length; from += 5) await service.send(space, events.slice(from, from + 5));
    const { there, back } = await thereAndBack(reader(service, space, { limit: "6" }));
    expect(idsOf(back.flat())).toEqual(idsOf(there.flat()));
    for (const page of back) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(8_000_002);
  });

  it("are named in Link", async () => {
    const { service, space } = await shopWith(orders(5));
    const first = await list(service, space, { limit: "2" });
    const options = { key: space.key };
    const second = await service.call("GET", addressOf({ limit: "2", cursor: first.next_cursor ?? "" }), options);
    expect(second.headers.get("link")).toMatch(/^<[^>]+>; rel="next", <[^>]+>; rel="prev"$/);
  });

  it("are refused once retention may have deleted events of them", async () => {
    const { service, space } = await shopWith([]);
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: { retention_days: 1 } });
    const recent = orders(4).map((event, n) => ({ ...event, occurred_at: at(START - 1_000 + n) }));
    await service.send(space, recent);
    const query = { start: at(START - DAY_MS), limit: "2" };
    const second = await list(service, space, {
      ...query,
      cursor: (await list(service, space, query)).next_cursor ?? "",
    });
    service.now += 2 * 3_600_000;
    const refused = await service.faults("GET", addressOf({ ...query, cursor: second.prev_cursor ?? "" }), {
      key: space.key,
    });
    expect(refused).toEqual(["#query/cursor"]);
  });
});

describe("the last page", () => {
  it.each([1, 4, 20, 21])("is where a list can begin, to go back to all rows, of %i a page", async (limit) => {
    const { service, space } = await shopWith(orders(20));
    const read = reader(service, space, { limit: String(limit), page: "last" });
    const back: Row[][] = [];
    let page = await read("");
    expect(page.next_cursor).toBeNull();
    for (;;) {
      back.unshift(page.data);
      if (page.prev_cursor === null) break;
      page = await read(page.prev_cursor);
    }
    expect(idsOf(back.flat())).toEqual(idsSent(orders(20)));
    expect(idsOf(back.at(-1) ?? [])).toEqual(idsSent(orders(20)).slice(-limit));
  });

  it("leads back and forwards again to itself", async () => {
    const { service, space } = await shopWith(orders(5));
    const read = reader(service, space, { limit: "2", page: "last" });
    const last = await read("");
    const before = await read(last.prev_cursor ?? "");
    expect(idsOf(before.data)).toEqual(idsSent(orders(5)).slice(1, 3));
    expect((await read(before.next_cursor ?? "")).data).toEqual(last.data);
  });

  it("of a window without events has neither rows nor cursors", async () => {
    const { service, space } = await shopWith([]);
    expect(await list(service, space, { page: "last" })).toEqual({ data: [], next_cursor: null, prev_cursor: null });
  });
});

describe("a page of records that are more than one step reads", () => {
  const COUNT = 10_000;
  const keyOf = (n: number) => ({ time: n, id: "e" });
  /** As a dataset of large records: a step reads three of them. */
  function largeRecords(asked: { calls: number; read: number[] }): Source {
    const within = ({ lower, upper }: Bounds) => {
      const from = Math.max(0, lower.time);
      return Array.from({ length: Math.max(0, Math.min(COUNT, upper.time) - from) }, (_, n) => from + n);
    };
    const source: Pick<Source, "bounds" | "cut" | "startOfLast" | "pages"> = {
      bounds: { lower: { time: -1, id: "" }, upper: { time: COUNT, id: "" } },
      async cut(bounds) {
        asked.calls += 1;
        const records = within(bounds);
        return { records: Math.min(3, records.length), next: records.length > 3 ? keyOf(records[3] ?? 0) : null };
      },
      async startOfLast(bounds, { records }) {
        asked.calls += 1;
        const last = within(bounds).at(-records);
        return last === undefined ? bounds.lower : keyOf(last);
      },
      async *pages(bounds) {
        const records = within(bounds);
        asked.read.push(...records);
        yield { lines: records.map(String), records: records.length, keyOf: (line) => keyOf(records[line] ?? 0) };
      },
    };
    return source as Source;
  }

  it("has the last ones, after few looks", async () => {
    const asked = { calls: 0, read: [] as number[] };
    const page = await pageBefore(largeRecords(asked), { key: keyOf(9_000), skip: 0 }, 4_000);
    expect(page.rows).toBe("8997,8998,8999");
    expect(page.start).toEqual({ key: keyOf(8_997), skip: 0 });
    expect(asked.read).toHaveLength(3);
    expect(asked.calls).toBeLessThan(10);
  });
});

describe("credit that is read backwards", () => {
  let service: Service;
  let space: Space;

  beforeAll(async () => {
    ({ service, space } = await market([null, null], { timezone: "UTC" }));
    await sendTouches(
      service,
      space,
      Array.from({ length: 7 }, (_, n) =>
        touch(`t-${n}`, ["email", "sms", "google_ads"][n % 3] ?? "", NOON - 60_000 + n),
      ),
    );
    // Every third has no journey, and so no line.
    const events = Array.from({ length: 9 }, (_, n) =>
      conversion(`e-${n}`, { person_id: n % 3 === 2 ? "p-2" : "p-1", occurred_at: at(NOON + n) }),
    );
    await service.send(space, events);
  });

  it.each([1, 2, 3, 5, 11, 4000])("ends pages between the lines of a conversion too, in pages of %i", async (limit) => {
    const query = {
      view: "conversions",
      start: at(NOON),
      end: at(NOON + 9),
      sources: "email,google_ads",
      attribution_model: "linear",
      attribution_window: "30",
      fields: "amount",
      limit: String(limit),
    };
    const read = (cursor: string) =>
      service.json<Listed>(
        "GET",
        `/v1/events?${new URLSearchParams(cursor === "" ? query : { ...query, cursor }).toString()}`,
        200,
        { key: space.key },
      );
    const { there, back } = await thereAndBack(read);
    expect(there.flat()).toHaveLength(30);
    expect(back.flat()).toEqual(there.flat());
    expect(Math.max(...back.map((page) => page.length))).toBeLessThanOrEqual(limit);
  });
});

describe("the start of the last events of a range", () => {
  let service: Service;
  let space: Space;

  beforeAll(async () => {
    ({ service, space } = await shopWith([]));
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: { id: "rare", name: "Rare" } });
    const events = orders(100).map((event, n) =>
      n % 25 === 0 ? { ...event, definition_id: "rare", properties: {} } : event,
    );
    await service.send(space, events);
  });

  const range = (types: readonly string[] | null): EventRange => ({
    table: EVENTS,
    spaceId: space.id,
    seq: 1_000_000,
    had: [],
    types,
    lower: { time: START - 3_600_000, id: "" },
    upper: { time: START, id: "" },
  });
  const find = async (types: readonly string[] | null, records: number, scanned: number, maxScan?: number) =>
    (await startOfLast(service.context.databases.space(space.id), range(types), { records, scanned }, maxScan)).id;

  it.each<
    [what: string, types: string[] | null, records: number, scanned: number, maxScan: number | undefined, id: string]
  >([
    ["of every type", null, 10, 1_000, undefined, "e-0000090"],
    ["of every type, in slices", null, 10, 1_000, 3, "e-0000090"],
    ["of a rare type", ["rare"], 2, 1_000, undefined, "e-0000050"],
    ["of a rare type, in slices", ["rare"], 2, 1_000, 7, "e-0000050"],
    ["of a type with fewer events", ["rare"], 5, 1_000, 7, ""],
    ["within the scanned events", ["rare"], 2, 30, 7, "e-0000070"],
  ])("%s", async (_, types, records, scanned, maxScan, id) => {
    expect(await find(types, records, scanned, maxScan)).toBe(id);
  });
});
