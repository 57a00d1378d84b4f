/** Names with spaces, and plain days: through every dataset, format, path and rule as they were sent. */

import { beforeAll, describe, expect, it } from "vitest";
import { readCsv, tablesOf } from "../support/formats.ts";
import { roomyService, rowsOf, textOf } from "../support/pipeline.ts";
import { orders, START, type Service, type Space } from "../support/service.ts";

const at = (ms: number) => new Date(START - ms).toISOString();
const CART = [{ "Unit Price": 2.5, "Best Before": "2026-12-31" }];
const SENT = { "Item Name": "Tea, green", "Closure Date": "2024-01-02", "Cart Items": CART };

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  const fields = [
    { name: "Unit Price", type: "number" },
    { name: "Best Before", type: "date" },
  ];
  const properties = [
    { name: "Item Name", type: "text" },
    { name: "Closure Date", type: "date" },
    { name: "Cart Items", type: "list", fields },
  ];
  const post = (path: string, body: unknown) => service.json("POST", path, 201, { key: space.key, body });
  const put = (path: string, body: unknown) => service.json("PUT", path, 200, { key: space.key, body });
  await post("/v1/event-definitions", { id: "ticketClosed", name: "Ticket closed", properties });
  await put("/v1/attributes/Member%20Since", { name: "Member since", type: "date" });
  await put("/v1/profiles", { profiles: [{ person_id: "p-1", attributes: { "Member Since": "2020-02-29" } }] });
  const event = { definition_id: "ticketClosed", person_id: "p-1" };
  const time = "2024-01-02T00:30:00.000+01:00";
  await service.send(space, [
    { ...event, id: "e-1", occurred_at: at(2_000), properties: SENT },
    { ...event, id: "e-2", occurred_at: at(1_000), properties: { "Closure Date": time } },
  ]);
});

const EVENTS = { event_names: ["ticketClosed"] };
const TIME = "2024-01-02T00:30:00.000+01:00";
const NULLS = { "Item Name": null, "Cart Items": null };
const WINDOW = { start: undefined, end: undefined, from: at(3_600_000) };

describe("in the rows", () => {
  it("of activity_events, flat, nested and listed", async () => {
    const flat = await rowsOf(service, await service.export(space, EVENTS));
    expect(flat).toMatchObject([SENT, { ...NULLS, "Closure Date": TIME }]);
    const nested = await rowsOf(service, await service.export(space, { ...EVENTS, row_format: "nested" }));
    expect(nested.map((row) => row["properties"])).toEqual([SENT, { ...NULLS, "Closure Date": TIME }]);
    const query = `event_names=ticketClosed&start=${at(3_600_000)}&end=${at(0)}`;
    expect(await service.json("GET", `/v1/events?${query}`, 200, { key: space.key })).toMatchObject({ data: flat });
  });

  it("of profile_events and segment_profiles", async () => {
    const rows = await rowsOf(
      service,
      await service.export(space, { dataset: "profile_events", ...WINDOW, ...EVENTS }),
    );
    expect(rows[0]).toMatchObject({ event: { attributes: SENT } });
    const asked = { attributes: ["Member Since"], events: ["ticketClosed"], start_at: at(3_600_000), end_at: at(0) };
    const request = { dataset: "segment_profiles", start: undefined, end: undefined, ...asked };
    const document = JSON.parse(await textOf(service, await service.export(space, request))) as {
      profiles: Record<string, { sections: Record<string, { attributes: unknown; events: { data: unknown }[] }> }>;
    };
    const section = document.profiles["p-1"]?.sections["default"];
    expect(section?.events[0]?.data).toEqual(SENT);
    expect(section?.attributes).toEqual({ "Member Since": { value: "2020-02-29" } });
  });

  it("of CSV, whose header has the names", async () => {
    const [header, first, second] = readCsv(
      await textOf(service, await service.export(space, { ...EVENTS, format: "csv" })),
    );
    expect(header?.slice(-3)).toEqual(["Item Name", "Closure Date", "Cart Items"]);
    expect(first?.slice(-3)).toEqual(["Tea, green", "2024-01-02", JSON.stringify(CART)]);
    expect(second?.slice(-3)).toEqual([null, TIME, null]);
  });

  it("of Parquet, where a day is its midnight in UTC", async () => {
    const [table] = await tablesOf(service, await service.export(space, { ...EVENTS, format: "parquet" }));
    expect(table?.columns.slice(-3)).toEqual([
      ["Item Name", "STRING"],
      ["Closure Date", "TIMESTAMP"],
      ["Cart Items", "JSON"],
    ]);
    expect(table?.rows[0]).toMatchObject({ "Item Name": "Tea, green", "Closure Date": new Date("2024-01-02") });
    expect(table?.rows[1]).toMatchObject({ "Closure Date": new Date(TIME) });
    const request = { dataset: "profile_attributes", start: undefined, end: undefined, attributes: ["Member Since"] };
    const [people] = await tablesOf(service, await service.export(space, { ...request, format: "parquet" }));
    expect(Object.values(people?.rows[0] ?? {})).toContainEqual(new Date("2020-02-29"));
  });
});

it("paths of columns and of redactions lead to them", async () => {
  const columns = [
    { path: "Item Name", as: "Name of item" },
    { path: "Cart Items.Best Before" },
    { path: "Closure Date" },
  ];
  const picked = await service.export(space, { ...EVENTS, columns, redact: { "Closure Date": "sha256" } });
  const [row] = await rowsOf(service, picked);
  expect(row).toEqual({
    "Name of item": "Tea, green",
    "Cart Items.Best Before": ["2026-12-31"],
    "Closure Date": expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  const redact = { "Item Name": "drop", "Cart Items.Unit Price": "drop" };
  const [rest] = await rowsOf(service, await service.export(space, { ...EVENTS, redact }));
  expect(rest).not.toHaveProperty(["Item Name"]);
  expect(rest?.["Cart Items"]).toEqual([{ "Best Before": "2026-12-31" }]);
  const nested = { ...EVENTS, row_format: "nested", columns: [{ path: "properties.Closure Date", as: "day" }] };
  expect((await rowsOf(service, await service.export(space, nested)))[0]).toEqual({ day: "2024-01-02" });
});

describe("a segment's rule", () => {
  const count = async (rule: unknown) => {
    await service.json("PUT", "/v1/segments/s", 200, { key: space.key, body: { name: "s", rule } });
    const { key } = space;
    return (await service.json<{ count: number }>("GET", "/v1/segments/s/count", 200, { key })).count;
  };
  const closed = (op: string, value: unknown, property = "Closure Date") => ({
    event: "ticketClosed",
    properties: [{ property, op, value }],
  });

  it.each([
    [closed("eq", "2024-01-02"), 1],
    [closed("lt", "2024-01-02"), 0],
    [closed("gte", "2024-01-02"), 1],
    [closed("starts_with", "2024-01"), 1],
    [closed("in", ["2024-01-01", "2024-01-02"]), 1],
    [closed("contains", "green", "Item Name"), 1],
    [{ attribute: "Member Since", op: "lt", value: "2020-03-01" }, 1],
    [{ attribute: "Member Since", op: "eq", value: "2020-02-29" }, 1],
    [{ attribute: "Member Since", op: "gt", value: "2020-02-29" }, 0],
  ])("%j selects %i", async (rule, people) => {
    expect(await count(rule)).toBe(people);
  });

  it.each([
    [closed("eq", "2024-02-30"), "/rule/properties/0/value"],
    [closed("neq", "yesterday"), "/rule/properties/0/value"],
    [closed("in", ["today", "2024-1-2"]), "/rule/properties/0/value"],
    [closed("eq", "x", "Cart Items"), "/rule/properties/0/property"],
    [{ attribute: "Member Since", op: "eq", value: "long ago" }, "/rule/value"],
  ])("%j, which no day can meet, is refused", async (rule, pointer) => {
    const body = { name: "s", rule };
    expect(await service.faults("PUT", "/v1/segments/s", { key: space.key, body })).toEqual([pointer]);
  });
});

it("a date is a real day, or a time with an offset", async () => {
  const refused = ["2023-02-29", "2024-13-01", "02/01/2024", "2024-01-02T10:00:00", "2024-01-02Z", " 2024-01-02"];
  for (const day of refused) {
    const event = { ...orders(1)[0], definition_id: "ticketClosed", properties: { "Closure Date": day } };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body: { events: [event] } })).toEqual([
      "/events/0/properties/Closure Date",
    ]);
  }
});
