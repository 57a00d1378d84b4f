/** List Events with `view=conversions`: the lines of an export of conversions, a page at a time. */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService, type Row, rowsOf } from "../../support/pipeline.ts";
import { START, type Service, type Space } from "../../support/service.ts";

interface Page {
  data: Row[];
  next_cursor: string | null;
}

const at = (minutes: number) => new Date(START - 3_600_000 + minutes * 60_000).toISOString();
const DATE = at(0).slice(0, 10);
const ATTRIBUTION = { sources: "google_ads,email", attribution_model: "linear", attribution_window: "30" };
const FIELDS = { fields: "event_name,amount,source" };

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService();
  space = await service.space({ timezone: "UTC" });
  const key = space.key;
  const profiles = [{ person_id: "p-1" }, { person_id: "p-2" }];
  await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles } });
  const touchpoints = Array.from({ length: 7 }, (_, n) => ({
    id: `t-${n}`,
    person_id: "p-1",
    occurred_at: at(n),
    source: ["google_ads", "email", "direct"][n % 3],
  }));
  await service.json("POST", "/v1/touchpoints", 202, { key, body: { touchpoints } });
  await service.send(
    space,
    Array.from({ length: 9 }, (_, n) => ({
      id: `e-${n}`,
      definition_id: n % 2 === 0 ? "purchase" : "sign_up",
      // Every third has no journey, and so no line under attribution.
      person_id: n % 3 === 2 ? "p-2" : "p-1",
      occurred_at: at(3 + n),
      properties: { amount: 10 + n },
    })),
  );
});

const get = (parameters: Record<string, string>, status = 200) =>
  service.json<Page>(
    "GET",
    `/v1/events?${new URLSearchParams({ view: "conversions", ...parameters }).toString()}`,
    status,
    {
      key: space.key,
    },
  );

async function walk(parameters: Record<string, string>): Promise<{ rows: Row[]; sizes: number[] }> {
  const rows: Row[] = [];
  const sizes: number[] = [];
  let page = await get(parameters);
  for (;;) {
    rows.push(...page.data);
    sizes.push(page.data.length);
    if (page.next_cursor === null) return { rows, sizes };
    page = await get({ ...parameters, cursor: page.next_cursor });
  }
}

const exported = async (request: Record<string, unknown>) => {
  const window = { start: undefined, end: undefined, date: DATE };
  return rowsOf(service, await service.export(space, { dataset: "conversion_events", ...window, ...request }));
};

describe("the lines of conversions", () => {
  it("are those of the export, however many a page has", async () => {
    const expected = await exported({ fields: ["event_name", "amount"] });
    expect(expected).toHaveLength(9);
    for (const limit of ["1", "4", "200"])
      expect((await walk({ date: DATE, fields: "event_name,amount", limit })).rows).toEqual(expected);
  });

  it("are those of the export where an event has several, also where a page ends between them", async () => {
    const expected = await exported({
      sources: ["google_ads", "email"],
      attribution_model: ["linear", "first_touch"],
      attribution_window: 30,
      fields: ["event_name", "amount", "source"],
    });
    const many = expected.filter((row) => row["id"] === "e-4");
    expect(many.length).toBeGreaterThan(3);
    for (const limit of ["1", "2", "3", "5", "4000"]) {
      const models = { attribution_model: "linear,first_touch" };
      const { rows, sizes } = await walk({ date: DATE, ...ATTRIBUTION, ...models, ...FIELDS, limit });
      expect(rows).toEqual(expected);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(Number(limit));
    }
  });

  it("stay those of the first page's snapshot", async () => {
    const parameters = { date: DATE, ...ATTRIBUTION, limit: "2" };
    const first = await get(parameters);
    const expected = (await walk(parameters)).rows;
    const touchpoint = { id: "late", person_id: "p-2", occurred_at: at(1), source: "email" };
    await service.json("POST", "/v1/touchpoints", 202, { key: space.key, body: { touchpoints: [touchpoint] } });
    const rows = [...first.data];
    for (let cursor = first.next_cursor; cursor !== null;) {
      const page = await get({ ...parameters, cursor });
      rows.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(rows).toEqual(expected);
    expect((await walk(parameters)).rows.length).toBeGreaterThan(expected.length);
  });
});

describe("a request", () => {
  const faults = async (parameters: Record<string, string>) => {
    const query = new URLSearchParams({ view: "conversions", ...parameters }).toString();
    return service.faults("GET", `/v1/events?${query}`, { key: space.key });
  };

  it("is refused with the name of the wrong parameter", async () => {
    expect(await faults({})).toEqual(["#query/date"]);
    expect(await faults({ date: "2026-02-30" })).toEqual(["#query/date"]);
    expect(await faults({ date: DATE, sources: "email" })).toEqual([
      "#query/attribution_model",
      "#query/attribution_window",
    ]);
    expect(await faults({ date: DATE, fields: "amount,ad_name" })).toEqual(["#query/fields"]);
    expect(await faults({ date: DATE, event_names: "purchase,purchase" })).toEqual(["#query/event_names"]);
    expect(await faults({ date: DATE, ...ATTRIBUTION, attribution_window: "31" })).toEqual([
      "#query/attribution_window",
    ]);
  });

  it("has no parameters of the other view", async () => {
    expect(await faults({ date: DATE, extra_fields: "true", row_format: "flat" })).toEqual([
      "#query/row_format",
      "#query/extra_fields",
    ]);
    const query = new URLSearchParams({ start: at(0), end: at(1), level: "company" }).toString();
    expect(await service.faults("GET", `/v1/events?${query}`, { key: space.key })).toEqual(["#query/level"]);
  });

  it("does not continue in another time zone, where its day is another", async () => {
    const moved = await service.space({ timezone: "UTC" });
    const key = moved.key;
    await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles: [{ person_id: "p-1" }] } });
    const event = (n: number) => ({
      id: `e-${n}`,
      definition_id: "purchase",
      person_id: "p-1",
      occurred_at: at(n),
      properties: {},
    });
    await service.send(moved, [event(1), event(2)]);
    const path = `/v1/events?view=conversions&date=${DATE}&limit=1`;
    const { next_cursor: cursor } = await service.json<Page>("GET", path, 200, { key });
    await service.json("PATCH", "/v1/space", 200, { key, body: { timezone: "Asia/Tokyo" } });
    expect(await service.faults("GET", `${path}&cursor=${cursor ?? ""}`, { key })).toEqual(["#query/cursor"]);
  });

  it("continues with its own cursor alone", async () => {
    const { next_cursor: cursor } = await get({ date: DATE, limit: "1" });
    expect(await faults({ date: DATE, level: "company", cursor: cursor ?? "" })).toEqual(["#query/cursor"]);
  });
});
