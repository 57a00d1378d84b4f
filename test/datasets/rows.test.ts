/**
 * Both row formats, to the byte: order of fields, nulls, renamed properties, and values that are passed on as they are.
 */

import { describe, expect, it } from "vitest";
import { flatRow, nestedRow } from "../../src/datasets/rows.ts";
import type { EventRecord } from "../../src/db/events/events.ts";
import { clashingNames } from "../../src/ingest/row-fields.ts";
import { MANDATORY, VISIT } from "../support/formats.ts";
import { gunzip, lines } from "../support/gunzip.ts";
import { type Row, roomyService, rowsOf, textOf } from "../support/pipeline.ts";
import { START } from "../support/service.ts";

const OCCURRED = Date.UTC(2022, 8, 14, 15, 0, 35, 495);

const event = (more: Partial<EventRecord> = {}): EventRecord => ({
  occurredAt: OCCURRED,
  id: "e-1",
  definitionId: "visit",
  personId: "p-1",
  sessionId: null,
  companyId: null,
  receivedAt: OCCURRED + 60_000,
  properties: '{"page":"/","depth":null}',
  ...more,
});

const KNOWN = { externalId: "CRM-1", extra: true };
const PLAIN = { enriched: false, extra: true };

describe("a flat row", () => {
  const row = (more: Partial<EventRecord> = {}, externalId: string | null = null) =>
    JSON.parse(flatRow(event(more), [], { externalId, extra: true })) as Row;

  it("fact 1.a.16: definitionId is the event's definition", () => {
    expect(row({ definitionId: "personEnteredFlow" })).toMatchObject({ definitionId: "personEnteredFlow" });
  });

  it("fact 1.a.17: eventId is the event's own", () => {
    const id = "fent_100000000270199_1_1647967373262";
    expect(row({ id })).toMatchObject({ eventId: id });
  });

  it("fact 1.a.18: sessionId is null where the event has none", () => {
    const sessionId = "61bc52b9ba3ae43407dbb246";
    expect([row({ sessionId })["sessionId"], row()["sessionId"]]).toEqual([sessionId, null]);
  });

  it("fact 1.a.19: personId is the profile's id", () => {
    expect(row({ personId: "2342" })).toMatchObject({ personId: "2342" });
  });

  it("fact 1.a.20: externalPersonId is null where there is none", () => {
    expect([row({}, "CS26_342")["externalPersonId"], row()["externalPersonId"]]).toEqual(["CS26_342", null]);
  });

  it("fact 1.a.21: occuredTime, with one r, is when the event was received", () => {
    expect(row({ receivedAt: OCCURRED })["occuredTime"]).toBe("2022-09-14T15:00:35.495+0000");
  });

  it("fact 1.a.22: the properties are beside these fields, and differ from event to event", () => {
    const [own, bare] = [row({ properties: '{"page":"/"}' }), row({ properties: "{}" })];
    expect([Object.keys(own).slice(7), Object.keys(bare).slice(7)]).toEqual([["page"], []]);
  });

  it("has the mandatory fields in order, then the properties, and the time of receipt with an offset", () => {
    expect(flatRow(event({ sessionId: "s-1" }), [], KNOWN)).toBe(
      '{"definitionId":"visit","eventId":"e-1","sessionId":"s-1","personId":"p-1","externalPersonId":"CRM-1",' +
        '"occuredTime":"2022-09-14T15:01:35.495+0000","occurredAt":"2022-09-14T15:00:35.495Z","page":"/","depth":null}',
    );
  });

  it("ends after the mandatory fields when the definition has no properties", () => {
    expect(flatRow(event({ properties: "{}" }), [], KNOWN)).toMatch(/"occurredAt":"2022-09-14T15:00:35\.495Z"}$/);
  });

  it("has the time of receipt as its only time without extra fields", () => {
    expect(flatRow(event({ properties: "{}" }), [], { ...KNOWN, extra: false })).toMatch(
      /"occuredTime":"2022-09-14T15:01:35\.495\+0000"}$/,
    );
  });

  it("does not show one event's time of receipt on another", () => {
    const [early, late] = [event({ receivedAt: OCCURRED }), event({ receivedAt: OCCURRED + 1 })];
    const times = [early, late, early].map((each) => (JSON.parse(flatRow(each, [], KNOWN)) as Row)["occuredTime"]);
    expect(times).toEqual([
      "2022-09-14T15:00:35.495+0000",
      "2022-09-14T15:00:35.496+0000",
      "2022-09-14T15:00:35.495+0000",
    ]);
  });

  it("fact 1.a.23: puts the definition's id before a property that is named like a mandatory field, in its place", () => {
    const properties = '{"page":"/","personId":"them","occuredTime":1,"depth":2}';
    const clashes = clashingNames(["page", "personId", "occuredTime", "depth"], PLAIN);
    const row = flatRow(event({ properties }), clashes, KNOWN);
    expect(row).toMatch(/,"page":"\/","visit_personId":"them","visit_occuredTime":1,"depth":2}$/);
    expect(JSON.parse(row)).toMatchObject({ personId: "p-1" });
  });

  it("renames a property for each mandatory field, in any case of letters, and for nothing else", () => {
    const clashing = [...MANDATORY, "eventid", "PERSONID"];
    expect(clashingNames(["timestamp", ...clashing, "occurredTime", "properties"], PLAIN)).toEqual(clashing);
  });

  it("renames a property for exactly the name of a field without extra fields", () => {
    const seed = MANDATORY.filter((name) => name !== "occurredAt");
    expect(clashingNames([...MANDATORY, "eventid", "PERSONID"], { ...PLAIN, extra: false })).toEqual(seed);
  });
});

describe("a nested row", () => {
  it("fact 1.a.24: has its fields in order, the time when the event occurred, and the properties as an object", () => {
    expect(nestedRow(event(), { ...KNOWN, extra: false })).toBe(
      '{"definitionId":"visit","personId":"p-1","externalPersonId":"CRM-1","timestamp":"2022-09-14T15:00:35.495Z",' +
        '"properties":{"page":"/","depth":null}}',
    );
  });

  it("has its event's id after the definition's", () => {
    expect(nestedRow(event(), KNOWN)).toMatch(/^{"definitionId":"visit","eventId":"e-1","personId":"p-1",/);
  });

  it("renames nothing", () => {
    const row = nestedRow(event({ properties: '{"personId":"them"}' }), { ...KNOWN, externalId: null });
    expect(JSON.parse(row)).toMatchObject({
      personId: "p-1",
      externalPersonId: null,
      properties: { personId: "them" },
    });
  });
});

describe.each(['say "hi"', "back\\slash", "🛒", "\u2028", "a/b~c", "日本語", "e\u0301"])("the id %j", (id) => {
  it.each([
    ["flat", flatRow(event({ id, personId: id, sessionId: id }), [], { ...KNOWN, externalId: id })],
    ["nested", nestedRow(event({ id, personId: id }), { ...KNOWN, externalId: id })],
  ])("comes back unchanged from a %s row", (_format, row) => {
    expect(JSON.parse(row)).toMatchObject({ personId: id, externalPersonId: id });
  });
});

/** A definition with a property of each type, three of them named like mandatory fields. */
async function visits(events: readonly Record<string, unknown>[]) {
  const service = roomyService();
  const space = await service.shop();
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: {
      id: "visit",
      name: "Visit",
      properties: [{ name: "eventId", type: "text" }, ...VISIT.properties.slice(1)],
    },
  });
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
  await service.send(
    space,
    events.map((each, n) => ({
      id: `v-${n}`,
      definition_id: "visit",
      person_id: "p-1",
      occurred_at: new Date(START - 1000 + n).toISOString(),
      ...each,
    })),
  );
  return { service, space };
}

const FULL = {
  amount: 19.9,
  eventId: "theirs",
  at: "2024-02-29T23:59:59.5+05:30",
  items: [{ count: 2, sku: "A" }, { sku: null }],
  member: false,
};
const PROPERTIES =
  '"amount":19.9,"member":false,"at":"2024-02-29T23:59:59.5+05:30","items":[{"sku":"A","count":2},{"sku":null,"count":null}]';

describe("an export", () => {
  it("writes flat rows with the properties in the definition's order", async () => {
    const { service, space } = await visits([{ session_id: "s-1", properties: FULL }]);
    expect(await textOf(service, await service.export(space))).toBe(
      '{"definitionId":"visit","eventId":"v-0","sessionId":"s-1","personId":"p-1","externalPersonId":"CRM-1",' +
        `"occuredTime":"2026-03-01T12:00:00.000+0000","occurredAt":"2026-03-01T11:59:59.000Z","visit_eventId":"theirs",${PROPERTIES}}\n`,
    );
  });

  it("writes nested rows with the properties as they are named", async () => {
    const { service, space } = await visits([{ properties: FULL }]);
    expect(await textOf(service, await service.export(space, { row_format: "nested" }))).toBe(
      '{"definitionId":"visit","eventId":"v-0","personId":"p-1","externalPersonId":"CRM-1","timestamp":"2026-03-01T11:59:59.000Z",' +
        `"properties":{"eventId":"theirs",${PROPERTIES}}}\n`,
    );
  });

  it("has null for every property that was left out, and for an external id that a person lacks", async () => {
    const { service, space } = await visits([{ person_id: "p-2", properties: {} }]);
    expect(await rowsOf(service, await service.export(space))).toEqual([
      expect.objectContaining({
        personId: "p-2",
        externalPersonId: null,
        visit_eventId: null,
        amount: null,
        member: null,
        at: null,
        items: null,
      }),
    ]);
  });

  it("gives numbers back as they were sent", async () => {
    const sent = [
      0,
      0.1,
      1e-7,
      -12.5,
      9_007_199_254_740_991,
      -9_007_199_254_740_991,
      5e-324,
      0.1 + 0.2,
      123_456_789.123,
    ];
    const { service, space } = await visits(sent.map((amount) => ({ properties: { amount } })));
    const rows = await rowsOf(service, await service.export(space));
    expect(rows.map((row) => row["amount"])).toEqual(sent);
  });

  it("keeps an empty list empty", async () => {
    const { service, space } = await visits([{ properties: { items: [] } }]);
    expect(await rowsOf(service, await service.export(space))).toMatchObject([{ items: [] }]);
  });

  it("shows the person's external id where the event named its person by that", async () => {
    const { service, space } = await visits([
      { person_id: undefined, external_person_id: "CRM-1", properties: { amount: 1 } },
    ]);
    const done = await service.export(space);
    const text = gunzip(await service.fetchFile(done.files[0] ?? { url: "" }));
    expect(lines(text)).toMatchObject([{ personId: "p-1", externalPersonId: "CRM-1" }]);
  });
});
