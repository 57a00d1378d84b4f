/** Required fields of an event: definition, person, time and ids. Each error has its pointer. */

import { beforeAll, describe, expect, it } from "vitest";
import { Service, type Space } from "../support/service.ts";

const DAY_MS = 86_400_000;
const service = new Service();
let space: Space;

beforeAll(async () => {
  space = await service.shop({ retention_days: 30 });
  const disabled = { id: "asleep", name: "Asleep", enabled: false };
  await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: disabled });
});

const event = (more: Record<string, unknown> = {}) => ({
  definition_id: "order_placed",
  person_id: "p-1",
  properties: {},
  ...more,
});
const faults = (...events: unknown[]) => service.faults("POST", "/v1/events", { key: space.key, body: { events } });
const send = (...events: unknown[]) => service.json("POST", "/v1/events", 202, { key: space.key, body: { events } });
const at = (ms: number) => new Date(service.now + ms).toISOString();

describe("the definition", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown definition", { definition_id: "nothing" }, "/definition_id"],
    ["a definition in another case", { definition_id: "Order_placed" }, "/definition_id"],
    ["a definition that is disabled", { definition_id: "asleep" }, "/definition_id"],
    ["an empty definition", { definition_id: "" }, "/definition_id"],
    ["a definition of 65 characters", { definition_id: "d".repeat(65) }, "/definition_id"],
    ["no definition", { definition_id: undefined }, "/definition_id"],
    ["a definition that is a number", { definition_id: 1 }, "/definition_id"],
    ["a definition that every object has", { definition_id: "constructor" }, "/definition_id"],
    ["no properties", { properties: undefined }, "/properties"],
    ["properties null", { properties: null }, "/properties"],
    ["properties that are a list", { properties: [] }, "/properties"],
    ["properties that are a text", { properties: "{}" }, "/properties"],
    ["an unknown field", { colour: "red" }, "/colour"],
    ["a field in another case", { Person_id: "p-1" }, "/Person_id"],
  ])("is refused with %s", async (_, more, pointer) => {
    expect(await faults(event(), event(more))).toEqual([`/events/1${pointer}`]);
  });

  it.each([[null], [5], ["event"], [[]]])("is refused where it is %j", async (odd) => {
    expect(await faults(event(), odd)).toEqual(["/events/1"]);
  });

  it("is taken again once its definition is enabled", async () => {
    const body = { id: "dozing", name: "Dozing", enabled: false };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
    await service.json("PATCH", "/v1/event-definitions/dozing", 200, { key: space.key, body: { enabled: true } });
    expect(await send(event({ definition_id: "dozing" }))).toMatchObject({ accepted: 1 });
  });
});

describe("the person", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown person", { person_id: "nobody" }, "/person_id"],
    ["a person in another case", { person_id: "P-1" }, "/person_id"],
    ["an unknown external id", { person_id: undefined, external_person_id: "nobody" }, "/external_person_id"],
    ["an external id for a person id", { person_id: "CRM-1" }, "/person_id"],
    ["both ids, though of one person", { external_person_id: "CRM-1" }, "/person_id"],
    ["neither id", { person_id: undefined }, "/person_id"],
    ["both ids null", { person_id: null, external_person_id: null }, "/person_id"],
  ])("is refused with %s", async (_, more, pointer) => {
    expect(await faults(event(), event(more))).toEqual([`/events/1${pointer}`]);
  });

  it.each([
    ["its person id", { person_id: "p-1" }],
    ["its person id, the other null", { person_id: "p-1", external_person_id: null }],
    ["its external id", { person_id: undefined, external_person_id: "CRM-1" }],
    ["its external id, the other null", { person_id: null, external_person_id: "CRM-1" }],
  ])("is named by %s", async (_, more) => {
    expect(await send(event(more))).toMatchObject({ accepted: 1 });
  });
});

describe("the time", () => {
  it.each<[string, () => string | null]>([
    ["now", () => at(0)],
    ["five minutes ahead", () => at(300_000)],
    ["as long ago as the space keeps events", () => at(-30 * DAY_MS)],
    ["with an offset", () => "2026-03-01T13:30:00+02:00"],
    ["without a fraction", () => "2026-03-01T11:00:00Z"],
    ["with microseconds", () => "2026-03-01T11:00:00.123456Z"],
    ["null", () => null],
  ])("may be %s", async (_, when) => {
    expect(await send(event({ occurred_at: when() }))).toMatchObject({ accepted: 1 });
  });

  it.each<[string, () => unknown]>([
    ["a millisecond more than five minutes ahead", () => at(300_001)],
    ["a millisecond older than the space keeps events", () => at(-30 * DAY_MS - 1)],
    ["a day", () => "2026-03-01"],
    ["without an offset", () => "2026-03-01T11:00:00"],
    ["without seconds", () => "2026-03-01T11:00Z"],
    ["with a blank for the T", () => "2026-03-01 11:00:00Z"],
    ["on a day that does not exist", () => "2026-02-29T11:00:00Z"],
    ["at 24 o'clock", () => "2026-02-28T24:00:00Z"],
    ["in a leap second", () => "2026-02-28T23:59:60Z"],
    ["with an offset of 24 hours", () => "2026-02-28T11:00:00+24:00"],
    ["with an offset without a colon", () => "2026-02-28T11:00:00+0200"],
    ["epoch milliseconds", () => service.now],
    ["a text of digits", () => String(service.now)],
    ["empty", () => ""],
  ])("may not be %s", async (_, when) => {
    expect(await faults(event(), event({ occurred_at: when() }))).toEqual(["/events/1/occurred_at"]);
  });
});

describe("its ids", () => {
  const fields = ["id", "session_id", "company_id", "person_id", "external_person_id"];
  /** The event with one of its ids as asked. */
  const having = (field: string, value: unknown) =>
    event({ ...(field === "external_person_id" ? { person_id: undefined } : {}), [field]: value });

  describe.each(fields)("%s", (field) => {
    it.each([
      ["empty", ""],
      ["of 201 bytes", "x".repeat(201)],
      ["of 201 bytes in 101 characters", `${"é".repeat(100)}x`],
      ["with a NUL", "a\u0000"],
      ["with a tab", "a\tb"],
      ["with a line feed", "a\nb"],
      ["with a DEL", "a\u007f"],
      ["with an unpaired surrogate", "a\ud800"],
      ["with the other half", "\udc00a"],
      ["a number", 5],
      ["an object", {}],
    ])("may not be %s", async (_, value) => {
      expect(await faults(event(), having(field, value))).toEqual([`/events/1/${field}`]);
    });
  });

  it.each(["x", "x".repeat(200), "é".repeat(100), "東京 🛍️", " ", "../..", "%00", "'; DROP TABLE events; --"])(
    "may be %s",
    async (id) => {
      const profiles = [{ person_id: id }];
      await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
      const named = event({ id, person_id: id, session_id: id, company_id: id });
      expect(await send(named)).toEqual({ accepted: 1, duplicates: 0 });
    },
  );

  it.each(["id", "session_id", "company_id"])("may leave out %s, or send null", async (field) => {
    expect(await send(event(), event({ [field]: null }))).toEqual({ accepted: 2, duplicates: 0 });
  });
});

describe("several faults", () => {
  it("are all named", async () => {
    const wrong = event({ definition_id: "nothing", person_id: "nobody", occurred_at: at(DAY_MS) });
    const pointers = await faults(event(), wrong, event(), event({ properties: { odd: 1, order_id: 2 } }));
    expect(pointers.toSorted()).toEqual([
      "/events/1/definition_id",
      "/events/1/occurred_at",
      "/events/1/person_id",
      "/events/3/properties/odd",
      "/events/3/properties/order_id",
    ]);
  });

  it("are named up to a hundred", async () => {
    expect(await faults(...Array.from({ length: 500 }, () => event({ person_id: "nobody" })))).toHaveLength(100);
  });
});
