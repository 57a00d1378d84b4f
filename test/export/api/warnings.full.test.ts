/** What a request names and nothing has is told in `warnings`: in the 202, the export, and the estimate. */

import { beforeAll, describe, expect, it } from "vitest";
import { DATASETS } from "../../../src/datasets/index.ts";
import { LAST_HOUR, Service, type Space } from "../../support/service.ts";

interface Warned {
  id: string;
  warnings: { pointer: string; detail: string }[];
}

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000", LIST_LIMIT: "10000", PENDING_LIMIT: "1000" });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  const profile = {
    person_id: "p-2",
    identifiers: { crm_id: "7" },
    attributes: { $email_address: "ada@shop.example", tier: "gold", lost: null },
    tags: ["vip"],
  };
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [profile] } });
  const named = { section_id: "default", name: "Points", type: "number" };
  await service.json("PUT", "/v1/attributes/points", 200, { key: space.key, body: named });
  const list = { name: "items", type: "list", fields: [{ name: "sku", type: "text" }] };
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "basket_left", name: "Basket left", properties: [list] },
  });
});

const SOME = { attributes: ["tier"] };
const WINDOW = { from: LAST_HOUR.start, to: LAST_HOUR.end };
const CONVERSIONS = { date: "2026-02-01", attribution_window: 30 };

/** Per dataset: each way to name something that nothing has. */
const CASES: Record<string, [request: Record<string, unknown>, pointer: string, detail: string][]> = {
  activity_events: [
    [{ ...LAST_HOUR, event_names: ["order_placed", "ordr_*"] }, "/event_names/1", "No event definition"],
    [{ ...LAST_HOUR, columns: [{ path: "eventId" }, { path: "amuont" }] }, "/columns/1/path", "Did you mean amount?"],
    [{ ...LAST_HOUR, columns: [{ path: "items.sqku" }] }, "/columns/0/path", "Did you mean items.sku?"],
    [
      { ...LAST_HOUR, row_format: "nested", columns: [{ path: "properties.amuont" }] },
      "/columns/0/path",
      "Did you mean properties.amount?",
    ],
    [
      { ...LAST_HOUR, event_names: ["order_placed"], columns: [{ path: "items.sku" }] },
      "/columns/0/path",
      "other events have it",
    ],
    [
      { ...LAST_HOUR, event_names: ["order_placed"], redact: { items: "drop" } },
      "/redact/items",
      "other events have it",
    ],
  ],
  conversion_events: [
    [
      { ...CONVERSIONS, sources: ["google_ads", "email"], attribution_model: "linear_paid" },
      "/sources/1",
      "email is not a paid source",
    ],
    [
      { ...CONVERSIONS, sources: ["email"], attribution_model: ["linear_paid", "last_platform_touch"] },
      "/sources/0",
      "email is not a paid source",
    ],
  ],
  segment_profiles: [
    [{ attributes: ["tier", "$emial_address"] }, "/attributes/1", "Did you mean $email_address?"],
    [{ ...SOME, tags: ["vpi"] }, "/tags/0", "Did you mean vip?"],
    [{ attributes: ["lost"] }, "/attributes/0", "No profile has the attribute lost"],
  ],
  profile_attributes: [
    [{ attributes: ["teir", "points"] }, "/attributes/0", "Did you mean tier?"],
    [{ ...SOME, identifiers: ["profile_id", "crmid"] }, "/identifiers/1", "Did you mean crm_id?"],
  ],
  profile_events: [
    [{ ...WINDOW, event_names: ["nothing*"] }, "/event_names/0", "matches nothing*"],
    [{ ...WINDOW, identifiers: ["custm_id"] }, "/identifiers/0", "Did you mean custom_id?"],
    [
      { ...WINDOW, columns: [{ path: "event.attributes.amuont" }] },
      "/columns/0/path",
      "Did you mean event.attributes.amount?",
    ],
  ],
  reachability_events: [],
};

it("every dataset is here", () => {
  expect(Object.keys(CASES).toSorted()).toEqual(DATASETS.map(({ name }) => name).toSorted());
});

const all = Object.entries(CASES).flatMap(([dataset, cases]) =>
  cases.map(([request, pointer, detail]) => [dataset, request, pointer, detail] as const),
);

describe("a name that nothing has", () => {
  it.each(all)("in %s with %j is warned of at %s: %s", async (dataset, request, pointer, detail) => {
    const body = { dataset, ...request };
    const created = await service.json<Warned>("POST", "/v1/exports", 202, { key: space.key, body });
    expect(created.warnings).toEqual([{ pointer, detail: expect.stringContaining(detail) as string }]);
    const estimate = await service.json<Warned>("POST", "/v1/exports/estimate", 200, { key: space.key, body });
    expect(estimate.warnings).toEqual(created.warnings);
    await service.pump();
    const polled = await service.json<Warned>("GET", `/v1/exports/${created.id}`, 200, { key: space.key });
    expect(polled).toMatchObject({ status: "completed", warnings: created.warnings });
  });
});

describe("no warning", () => {
  it.each<[string, Record<string, unknown>]>([
    ["activity_events", { ...LAST_HOUR, event_names: ["order_*"], columns: [{ path: "amount" }] }],
    ["activity_events", { ...LAST_HOUR, event_names: ["*"], redact: { items: "sha256" } }],
    ["conversion_events", { ...CONVERSIONS, sources: ["email"], attribution_model: ["linear_paid", "linear"] }],
    ["conversion_events", { ...CONVERSIONS, sources: ["direct"], attribution_model: "last_non_direct_touch" }],
    ["segment_profiles", { attributes: ["tier", "points", "$city"], tags: ["vip"] }],
    [
      "profile_attributes",
      { attributes: ["$city"], identifiers: ["external_person_id", "installation_ids", "crm_id"] },
    ],
    ["profile_events", { ...WINDOW, identifiers: ["custom_id", "profile_id"] }],
    ["reachability_events", { ...WINDOW, channels: ["SMS"] }],
  ])("comes with %s and %j", async (dataset, request) => {
    const body = { dataset, ...request };
    const created = await service.json<Warned>("POST", "/v1/exports", 202, { key: space.key, body });
    expect(created.warnings).toEqual([]);
  });
});

describe("a name that no row can ever have", () => {
  it.each<[string, Record<string, unknown>, pointer: string, detail: string]>([
    ["activity_events", { columns: [{ path: "9 names" }] }, "/columns/0/path", "no field 9 names"],
    ["activity_events", { columns: [{ path: "a.b.c" }] }, "/columns/0/path", "no field a.b.c"],
    ["activity_events", { row_format: "nested", columns: [{ path: "amount" }] }, "/columns/0/path", "no field amount"],
    // Such a column would stay in the file although its redaction was asked for.
    ["activity_events", { redact: { amuont: "drop" } }, "/redact/amuont", "Did you mean amount?"],
    ["profile_events", { columns: [{ path: "event.nme" }] }, "/columns/0/path", "Did you mean event.name?"],
    ["profile_attributes", { columns: [{ path: "attributes.teir" }] }, "/columns/0/path", "attributes.tier?"],
    ["activity_events", { event_names: ["order_plcaed"] }, "/event_names/0", "Did you mean order_placed?"],
  ])("is refused: %s with %j", async (dataset, request, pointer, detail) => {
    const base = { activity_events: LAST_HOUR, profile_events: WINDOW, profile_attributes: SOME }[dataset];
    const body = { ...base, dataset, ...request };
    const problem = await service.json<{ errors: unknown[] }>("POST", "/v1/exports", 422, { key: space.key, body });
    expect(problem.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) as string }]);
  });

  it("is refused with the segment that may have been meant", async () => {
    const segment = { name: "Gold", rule: { attribute: "tier", op: "eq", value: "gold" } };
    await service.json("PUT", "/v1/segments/gold", 200, { key: space.key, body: segment });
    for (const dataset of ["segment_profiles", "profile_attributes"]) {
      const body = { dataset, ...SOME, segment: "glod" };
      const problem = await service.json<{ errors: unknown[] }>("POST", "/v1/exports", 422, { key: space.key, body });
      expect(problem.errors).toEqual([
        { pointer: "/segment", detail: "The space has no segment glod. Did you mean gold?" },
      ]);
    }
  });
});

it("an export has at most a hundred warnings", async () => {
  const attributes = Array.from({ length: 200 }, (_, index) => `unknown_${index}`);
  const body = { dataset: "profile_attributes", attributes };
  const created = await service.json<Warned>("POST", "/v1/exports", 202, { key: space.key, body });
  expect(created.warnings).toHaveLength(100);
});

it("an unknown column is empty, in every format", async () => {
  await service.send(space, [
    { id: "e-1", definition_id: "order_placed", person_id: "p-1", properties: { amount: 3 } },
  ]);
  const columns = [{ path: "eventId" }, { path: "amuont" }];
  service.now += 1_000;
  for (const [format, text] of Object.entries({
    csv: '"eventId","amuont"\r\ne-1,\r\n',
    ndjson: '{"eventId":"e-1","amuont":null}\n',
  })) {
    const { id } = await service.export(space, { format, columns });
    const response = await service.call("GET", `/v1/exports/${id}/content`, { key: space.key });
    expect(await response.text()).toBe(text);
  }
});
