/**
 * Statements of the vendors' pages about a row and its file, fact by fact (11 to 24 here, 25 in
 * flow-enrichment.test.ts).
 */

import { beforeAll, describe, expect, it } from "vitest";
import { gunzip } from "../support/gunzip.ts";
import { onlyFile, roomyService, type Row, rowsOf, textOf } from "../support/pipeline.ts";
import { type ExportView, orders, START, type Service, type Space } from "../support/service.ts";

const DAY_MS = 86_400_000;
const at = (time: number) => new Date(time).toISOString();

/** When the event occurred, and when the service received it. */
const OCCURRED = START - 1_234_567;
const RECEIVED = START + 495;

/** The rows of the seeds, without what this service adds. */
const SEED = { extra_fields: false };

describe("a row", () => {
  let service: Service;
  let space: Space;
  let flat: Row[];
  let nested: Row[];
  let text: string;

  beforeAll(async () => {
    service = roomyService();
    space = await service.shop();
    const names = ["definitionId", "eventId", "sessionId", "personId", "externalPersonId", "occuredTime", "timestamp"];
    const properties = [...names, "amount"].map((name) => ({ name, type: name === "amount" ? "number" : "text" }));
    const body = { id: "myCustomDefinitionID", name: "Mine", properties };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
    const profiles = [{ person_id: "2342", external_person_id: "CS26_342" }, { person_id: "2343" }];
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
    service.now = RECEIVED;
    const event = (id: string, person_id: string, more: Record<string, unknown>) => ({
      id,
      definition_id: "myCustomDefinitionID",
      person_id,
      occurred_at: at(OCCURRED),
      properties: {},
      ...more,
    });
    await service.send(space, [
      event("fent_100000000270199_1_1647967373262", "2342", {
        session_id: "61bc52b9ba3ae43407dbb246",
        properties: { externalPersonId: "theirs", amount: 5 },
      }),
      event("fent_2", "2343", {}),
    ]);
    const done = await service.export(space, SEED);
    text = await textOf(service, done);
    flat = await rowsOf(service, done);
    nested = await rowsOf(service, await service.export(space, { ...SEED, row_format: "nested" }));
  });

  it("fact 1.a.16: has the definition's id", () => {
    expect(flat.map((row) => row["definitionId"])).toEqual(["myCustomDefinitionID", "myCustomDefinitionID"]);
  });

  it("fact 1.a.17: has the event's id", () => {
    expect(flat.map((row) => row["eventId"])).toEqual(["fent_100000000270199_1_1647967373262", "fent_2"]);
  });

  it("fact 1.a.18: has the session of an event that was tracked with one, else null", () => {
    expect(flat.map((row) => row["sessionId"])).toEqual(["61bc52b9ba3ae43407dbb246", null]);
  });

  it("fact 1.a.18: is described as having the session that the event was sent with", async () => {
    const document = JSON.stringify(await service.json("GET", "/openapi.json", 200));
    expect(document).toContain("`sessionId` is the session that the event was sent with (`session_id`), else null");
  });

  it("fact 1.a.19: has the person's id", () => {
    expect(flat.map((row) => row["personId"])).toEqual(["2342", "2343"]);
  });

  it("fact 1.a.20: has the person's external id, or null", () => {
    expect(flat.map((row) => row["externalPersonId"])).toEqual(["CS26_342", null]);
  });

  it("fact 1.a.21: says when the service received the event, spelled with one r, with an offset without a colon", () => {
    expect(text.split("\n")[0]).toContain('"occuredTime":"2026-03-01T12:00:00.495+0000"');
    expect(flat[0]).not.toHaveProperty("occurredTime");
  });

  it("fact 1.a.22: has the properties beside the mandatory fields, null where they were left out", () => {
    expect(flat.map((row) => row["amount"])).toEqual([5, null]);
  });

  it("fact 1.a.23: calls a property that is named like a mandatory field <definitionId>_<property>", () => {
    expect(flat[0]).toMatchObject({
      externalPersonId: "CS26_342",
      myCustomDefinitionID_externalPersonId: "theirs",
      myCustomDefinitionID_definitionId: null,
      myCustomDefinitionID_eventId: null,
      myCustomDefinitionID_sessionId: null,
      myCustomDefinitionID_personId: null,
      myCustomDefinitionID_occuredTime: null,
      timestamp: null,
    });
    expect(flat[0]).not.toHaveProperty("myCustomDefinitionID_timestamp");
  });

  it("facts 1.a.16-21: has the mandatory fields first, in their order, as texts or null", () => {
    const mandatory = ["definitionId", "eventId", "sessionId", "personId", "externalPersonId", "occuredTime"];
    for (const row of flat) {
      expect(Object.keys(row).slice(0, 6)).toEqual(mandatory);
      expect(mandatory.every((name) => row[name] === null || typeof row[name] === "string")).toBe(true);
    }
  });

  it("fact 1.a.24: nested, has these five fields and when the event occurred", () => {
    for (const row of nested)
      expect(Object.keys(row)).toEqual(["definitionId", "personId", "externalPersonId", "timestamp", "properties"]);
    expect(nested[0]).toMatchObject({
      definitionId: "myCustomDefinitionID",
      personId: "2342",
      externalPersonId: "CS26_342",
      timestamp: at(OCCURRED),
    });
    expect(nested[1]).toMatchObject({ externalPersonId: null });
  });

  it("fact 1.a.24: nested, has properties as an object, with their own names", () => {
    const nothing = { definitionId: null, eventId: null, sessionId: null, personId: null, occuredTime: null };
    expect(nested.map((row) => row["properties"])).toEqual([
      { ...nothing, externalPersonId: "theirs", timestamp: null, amount: 5 },
      { ...nothing, externalPersonId: null, timestamp: null, amount: null },
    ]);
  });

  it("facts 1.a.21 and 24: one event's two times differ: received in one format, occurred in the other", () => {
    expect(flat[0]?.["occuredTime"]).toBe(at(RECEIVED).replace("Z", "+0000"));
    expect(nested[0]?.["timestamp"]).toBe(at(OCCURRED));
  });

  it("fact 1.a.14: is a line of JSON", () => {
    expect(text.endsWith("}\n")).toBe(true);
    expect(text.trimEnd().split("\n")).toHaveLength(2);
  });
});

async function shop(retention_days: number, times: readonly number[]) {
  const service = roomyService();
  const space = await service.shop({ retention_days });
  const events = orders(times.length).map((event, n) => ({ ...event, occurred_at: at(times[n] ?? 0) }));
  await service.send(space, events);
  return { service, space };
}

describe("a window", () => {
  it("is on when events occurred, not on when they were received: half-open", async () => {
    const { service, space } = await shop(180, [START - 2001, START - 2000, START - 1001, START - 1000]);
    const done = await service.export(space, { start: at(START - 2000), end: at(START - 1000) });
    expect((await rowsOf(service, done)).map((row) => row["eventId"])).toEqual(["e-0000001", "e-0000002"]);
  });

  it.each([
    ["a millisecond", 1, 1],
    ["a day and a minute", 180, DAY_MS + 60_000],
    ["three months", 180, 92 * DAY_MS],
    ["the whole of a retention", 180, 180 * DAY_MS],
    ["a hundred years", 36_500, 36_500 * DAY_MS],
  ])("may be %s long", async (_what, days, length) => {
    const start = START - length;
    const { service, space } = await shop(days, [start, START - 1]);
    const done = await service.export(space, { start: at(start), end: at(START) });
    expect([done.status, onlyFile(done).rows]).toEqual(["completed", 2]);
  });
});

describe("the files of months", () => {
  const times = Array.from({ length: 10 }, (_, n) => START - (170 - Math.floor(n / 2) * 30) * DAY_MS);
  const start = START - 180 * DAY_MS;
  const digits = (time: number) => at(time).replaceAll(/\D/g, "");
  let service: Service;
  let done: ExportView;
  let names: string[];

  beforeAll(async () => {
    const created = await shop(180, times);
    service = created.service;
    done = await service.export(created.space, { start: at(start), layout: "files", file_rows: 1 });
    names = done.files.map((file) => file.name);
  });

  it("fact 1.a.11: are gzip as they are stored, and their names end .json.gz", async () => {
    for (const file of done.files) {
      const bytes = await service.fetchFile(file);
      expect([...bytes.subarray(0, 3)]).toEqual([0x1f, 0x8b, 8]);
      expect(JSON.parse(gunzip(bytes))).toMatchObject({ definitionId: "order_placed" });
      expect(file.name).toMatch(/\.json\.gz$/);
    }
  });

  it("fact 1.a.12: are called <requestId>-events-<startTime>-<endTime>.json.gz", () => {
    const [name = ""] = names;
    expect(name).toBe(`${done.id}-events-${digits(start)}-${digits(times[1] ?? 0)}.json.gz`);
    for (const each of names) expect(each.startsWith(`${done.id}-events-`)).toBe(true);
  });

  it("fact 1.a.13: say both times in 17 digits, and their windows touch", () => {
    const windows = names.map((name) => name.replace(`${done.id}-events-`, "").split(/[-.]/).slice(0, 2));
    expect(windows.flat().every((time) => /^\d{17}$/.test(time))).toBe(true);
    expect(windows.map(([from]) => from)).toEqual([digits(start), ...times.slice(1).map(digits)]);
    expect(windows.map(([, to]) => to)).toEqual([...times.slice(1).map(digits), digits(START)]);
  });

  it("fact 1.a.15: are several, whose names differ", () => {
    expect(names).toHaveLength(10);
    expect(new Set(names).size).toBe(10);
  });
});
