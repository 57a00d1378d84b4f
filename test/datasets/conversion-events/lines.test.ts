/** A line without attribution: its fields, their order, and the values of an event. */

import { beforeAll, describe, expect, it } from "vitest";
import { at, conversion, exported, linesOf, market, NOON } from "../../support/conversions.ts";
import { gunzip } from "../../support/gunzip.ts";
import { onlyFile, textOf } from "../../support/pipeline.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

const FULL = {
  amount: 19.9,
  is_upsell: true,
  order_id: 'A-"1"',
  order_name: "Blue shoes",
  event_url: "https://s.example/?a=1",
};

beforeAll(async () => {
  ({ service, space } = await market(["acme", null], { retention_days: 365 }));
  await service.json("PATCH", "/v1/event-definitions/custom_event_7", 200, {
    key: space.key,
    body: { name: "Quote asked" },
  });
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "order_placed", name: "Order placed", properties: [] },
  });
  await service.send(space, [
    conversion("e-1", { properties: FULL }),
    conversion("e-2", { person_id: "p-2", occurred_at: at(NOON + 1), properties: {} }),
    conversion("e-3", { occurred_at: at(NOON + 2), definition_id: "custom_event_7", properties: { amount: 0 } }),
    conversion("e-4", { occurred_at: at(NOON + 3), definition_id: "custom_event_8", company_id: "globex" }),
    conversion("e-5", { occurred_at: at(NOON + 4), definition_id: "order_placed", properties: {} }),
  ]);
});

describe("a line", () => {
  it("fact 2.a.13: has the id and the time alone by default", async () => {
    const view = await exported(service, space);
    expect((await textOf(service, view)).split("\n").slice(0, 2)).toEqual([
      '{"id":"e-1","event_time_utc":"2026-02-28T12:00:00.000Z"}',
      '{"id":"e-2","event_time_utc":"2026-02-28T12:00:00.001Z"}',
    ]);
  });

  it("fact 2.a.11: has the id and the time first, with any selection of fields", async () => {
    const [line] = await linesOf(service, space, { fields: ["amount", "event_time_utc", "event_name", "id"] });
    expect(Object.entries(line ?? {})).toEqual([
      ["id", "e-1"],
      ["event_time_utc", "2026-02-28T12:00:00.000Z"],
      ["amount", 19.9],
      ["event_name", "purchase"],
    ]);
  });

  it("has the fields in the requested order, and null for what is missing", async () => {
    const fields = [
      "event_url",
      "order_name",
      "order_id",
      "is_upsell",
      "amount",
      "company_id",
      "profile_id",
      "space_id",
    ];
    const [full, none] = await linesOf(service, space, { fields });
    expect(Object.keys(full ?? {})).toEqual(["id", "event_time_utc", ...fields]);
    expect(full).toMatchObject({ ...FULL, company_id: "acme", profile_id: "p-1", space_id: space.id });
    expect(none).toEqual({
      id: "e-2",
      event_time_utc: "2026-02-28T12:00:00.001Z",
      event_url: null,
      order_name: null,
      order_id: null,
      is_upsell: null,
      amount: null,
      company_id: null,
      profile_id: "p-2",
      space_id: space.id,
    });
  });

  it("fact 2.a.14: has the space's name of a custom event, and the name of others", async () => {
    const lines = await linesOf(service, space, { fields: ["event_name", "configured_name"] });
    expect(lines.map((line) => [line["event_name"], line["configured_name"]])).toEqual([
      ["purchase", "purchase"],
      ["purchase", "purchase"],
      ["custom_event_7", "Quote asked"],
      ["custom_event_8", "custom_event_8"],
    ]);
  });

  it("has the event's own company, else its person's", async () => {
    const lines = await linesOf(service, space, { fields: ["company_id"] });
    expect(lines.map((line) => line["company_id"])).toEqual(["acme", null, "acme", "globex"]);
  });
});

describe("the events", () => {
  it("fact 2.a.22: without sources are all conversions of the day, and no other events", async () => {
    const lines = await linesOf(service, space);
    expect(lines.map((line) => line["id"])).toEqual(["e-1", "e-2", "e-3", "e-4"]);
  });

  it("fact 2.a.5: are those of the names that were requested", async () => {
    const lines = await linesOf(service, space, { event_names: ["custom_event_8", "custom_event_7"] });
    expect(lines.map((line) => line["id"])).toEqual(["e-3", "e-4"]);
  });

  it("fact 2.a.4: are the same at the level of companies", async () => {
    const fields = ["amount", "company_id"];
    expect(await linesOf(service, space, { level: "company", fields })).toEqual(
      await linesOf(service, space, { fields }),
    );
  });

  it("are of several days, the last one in", async () => {
    await service.send(space, [
      conversion("d-1", { occurred_at: "2025-12-30T23:59:59.999Z" }),
      conversion("d-2", { occurred_at: "2025-12-31T00:00:00.000Z" }),
      conversion("d-3", { occurred_at: "2026-01-02T23:59:59.999Z" }),
      conversion("d-4", { occurred_at: "2026-01-03T00:00:00.000Z" }),
    ]);
    const lines = await linesOf(service, space, { start_date: "2025-12-31", end_date: "2026-01-02" });
    expect(lines.map((line) => line["id"])).toEqual(["d-2", "d-3"]);
  });
});

describe("the file", () => {
  it("fact 2.a.18: is gzipped NDJSON, one whole object a line", async () => {
    const view = await exported(service, space, { fields: ["order_id", "order_name"] });
    const file = onlyFile(view);
    const text = gunzip(await service.fetchFile(file));
    expect(text.endsWith("\n")).toBe(true);
    const lines = text.slice(0, -1).split("\n");
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("order_id");
    const content = await service.call("GET", `/v1/exports/${view.id}/content`, { key: space.key });
    expect(content.headers.get("content-type")).toBe("application/x-ndjson");
    expect(await content.text()).toBe(text);
  });

  it("fact 2.a.24: is named by a UUID independent of the export, another each time", async () => {
    const [one, two] = [await exported(service, space), await exported(service, space)];
    const [name, other] = [onlyFile(one).name, onlyFile(two).name];
    expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.ndjson\.gz$/);
    expect(name).not.toContain(one.id);
    expect(other).not.toBe(name);
  });

  it("of a day without conversions has no lines, and the export says so", async () => {
    const view = await exported(service, space, { date: "2026-01-20" });
    expect(view.message).toBe("0 events found for the time period queried.");
    expect(onlyFile(view).rows).toBe(0);
    expect(await textOf(service, view)).toBe("");
    const none = await exported(service, space, { date: "2026-01-20", layout: "files" });
    expect(none.files).toEqual([]);
  });
});

describe("ids that are whole numbers and times of whole seconds", () => {
  const IDS = ["123", "0", "-7", "007", "1.0", "9007199254740991", "9007199254740993", "e-9", "-0", " 5"];
  const NEXT_DAY = NOON - 86_400_000;
  let own: { service: Service; space: Space };

  beforeAll(async () => {
    own = await market([], { timezone: "UTC" });
    await own.service.json("PUT", "/v1/profiles", 200, {
      key: own.space.key,
      body: { profiles: [{ person_id: "42", company_id: "7" }] },
    });
    const events = IDS.map((id, n) =>
      conversion(id, { person_id: "42", occurred_at: at(NEXT_DAY + n * 500), properties: {} }),
    );
    await own.service.send(own.space, events);
  });

  const request = { start_date: "2026-02-27", end_date: "2026-02-27", fields: ["profile_id", "company_id"] };

  it("stay texts, and have milliseconds, unless the request says otherwise", async () => {
    const view = await exported(own.service, own.space, request);
    expect((await textOf(own.service, view)).split("\n")[0]).toBe(
      '{"id":"123","event_time_utc":"2026-02-27T12:00:00.000Z","profile_id":"42","company_id":"7"}',
    );
  });

  it("are numbers where every reader keeps them exactly, and times are short", async () => {
    const view = await exported(own.service, own.space, { ...request, numeric_ids: true, short_times: true });
    const text = await textOf(own.service, view);
    const ids = [...text.matchAll(/^\{"id":(.*?),"event/gm)].map(([, id]) => id);
    const numbers = ["123", "0", "-7", "9007199254740991"];
    expect(ids).toEqual(IDS.map((id) => (numbers.includes(id) ? id : JSON.stringify(id))));
    expect(text.split("\n").slice(0, 2)).toEqual([
      '{"id":123,"event_time_utc":"2026-02-27T12:00:00Z","profile_id":42,"company_id":7}',
      '{"id":0,"event_time_utc":"2026-02-27T12:00:00.500Z","profile_id":42,"company_id":7}',
    ]);
  });

  it("are the same values in a table", async () => {
    const csv = { ...request, numeric_ids: true, short_times: true, format: "csv" };
    const [, first] = gunzip(await own.service.fetchFile(onlyFile(await exported(own.service, own.space, csv)))).split(
      "\r\n",
    );
    expect(first).toBe("123,2026-02-27T12:00:00Z,42,7");
  });
});
