/** A mapping and a row give an event, or an error with its place. */

import { describe, expect, test } from "vitest";
import { CallError } from "../../scripts/client.ts";
import { define, definitionOf } from "../../scripts/import/define.ts";
import type { Service } from "../../scripts/import/service.ts";
import { compileMapping, readMapping } from "../../scripts/import/mapping.ts";

type Json = Record<string, unknown>;

const PERSON = { person_id: { column: "person" } };

/** @param row columns and their values; the row is the second one, in line 5. */
function eventOf(mapping: Json, row: Json): unknown {
  const whole = { definition_id: { constant: "order" }, ...PERSON, properties: {}, ...mapping };
  const make = compileMapping(readMapping(JSON.stringify(whole), "mapping.json"));
  return make({ line: 5, n: 2, file: "f".repeat(24), get: (column) => row[column] });
}

/** What one property becomes. */
function valueOf(value: Json, found: unknown): unknown {
  const event = eventOf({ properties: { it: { column: "it", ...value } } }, { person: "p", it: found });
  return (event as { properties: Json }).properties["it"];
}

describe("a mapping", () => {
  test("makes an event of constants, columns and templates", () => {
    const mapping = {
      id: { template: "order-{no}-{#line}-{#row:4}-{#file}-{{}}" },
      session_id: { column: "session" },
      occurred_at: { column: "at", timezone: "Europe/London" },
      properties: {
        amount: { column: "amount", type: "number" },
        channel: { constant: "web" },
        paid: { constant: true },
      },
    };
    expect(
      eventOf(mapping, { person: 17_850, no: "A", session: "", at: "2011-07-01T08:26:00", amount: "2.55" }),
    ).toEqual({
      id: `order-A-5-0002-${"f".repeat(24)}-{}`,
      definition_id: "order",
      person_id: "17850",
      occurred_at: "2011-07-01T07:26:00.000Z",
      properties: { amount: 2.55, channel: "web", paid: true },
    });
  });

  test("a template is empty where one of its columns is", () => {
    expect(eventOf({ company_id: { template: "company-{company}" } }, { person: "p", company: "" })).toEqual({
      definition_id: "order",
      person_id: "p",
      properties: {},
    });
  });

  test("a template rejects a value that is not a text", () => {
    const mapping = { id: { template: "order-{no}" } };
    expect(() => eventOf(mapping, { person: "p", no: { deep: 1 } })).toThrow("no: ");
    expect(() => eventOf(mapping, { person: "p", no: 2 ** 60 })).toThrow("beyond 2^53");
  });

  test.each([
    [{}, "", undefined],
    [{}, null, undefined],
    [{ type: "number" }, "  ", undefined],
    [{ type: "text" }, "  ", "  "],
    [{ if_empty: "keep" }, "", ""],
    [{ default: 0, type: "number" }, "", 0],
    [{ type: "number" }, " -1.50 ", -1.5],
    [{ type: "number", decimal: "," }, "1,5", 1.5],
    [{ type: "number" }, "+1.5e+2", 150],
    [{ type: "number" }, "1e+2", 100],
    [{ type: "number" }, "-.5", -0.5],
    [{ type: "number" }, "5.", 5],
    [{ type: "number" }, "5.e-1", 0.5],
    [{ type: "number" }, "007.10", 7.1],
    [{ type: "number" }, "0.1000000000000000055511151231257827", 0.1],
    [{ type: "number" }, 7n, 7],
    [{ type: "text" }, 7n, "7"],
    [{ type: "text" }, 9007199254740993n, "9007199254740993"],
    [{ type: "boolean" }, "Yes", true],
    [{ type: "boolean", true: ["ja"], false: ["nein"] }, "NEIN", false],
    [{ type: "json" }, '[{"sku":"a"}]', [{ sku: "a" }]],
    [{}, { deep: [1n] }, { deep: [1] }],
  ])("%o makes of %o: %o", (value, found, expected) => {
    expect(valueOf(value, found)).toEqual(expected);
  });

  test.each([
    [{ type: "number" }, "12 pcs", 'it: "12 pcs" is not a number.'],
    [{ type: "number" }, "0x10", "is not a number"],
    [{ type: "number" }, "1,5", "is not a number"],
    [{ type: "number", decimal: "," }, "1.234,5", "is not a number"],
    [{ type: "number" }, "9007199254740993", "beyond 2^53"],
    [{}, 9007199254740993n, "beyond 2^53"],
    [{ type: "number" }, "0.1234567890123456789", "would be read as 0.12345678901234568. Map it as a text."],
    [{ type: "number" }, "+.1234567890123456789", "is not kept exactly"],
    [{ type: "number" }, "1.00000000000000000001", "is not kept exactly"],
    [{ type: "number" }, "123456789012345.678901", "is not kept exactly"],
    [{ type: "number", decimal: "," }, "123456789012345,678901", "is not kept exactly"],
    [{ type: "number" }, "1e-400", "would be read as 0"],
    [{ type: "number" }, "1e999", "is beyond the range of JSON numbers"],
    [{ type: "boolean" }, "maybe", "neither true (true, t, yes, y, 1) nor false"],
    [{ type: "date" }, "2011-02-30", "is not a time in the form of ISO 8601"],
    [{ type: "json" }, '[{"sku":1.00000000000000000001}]', "/0/sku: 1.00000000000000000001 is not kept exactly"],
    [{ type: "json" }, "{", "not valid JSON"],
    [{ if_empty: "refuse" }, "", "it is empty"],
    [{}, new Uint8Array(2), "has bytes"],
  ])("%o rejects %o: %s", (value, found, message) => {
    expect(() => valueOf(value, found)).toThrow(message);
  });
});

test.each([
  ["{", "is not valid JSON"],
  ["{}", "/definition_id: "],
  [{ person: { column: "a" } }, "/person: is not a known option"],
  [{ person_id: undefined }, "/person_id: or external_person_id is required"],
  [{ person_id: { column: "a", constant: "b" } }, "/person_id: needs exactly one of column, constant and template"],
  [{ person_id: "a" }, "/person_id: "],
  [{ person_id: { column: "a", type: "number" } }, "/person_id/type: must be text here"],
  [{ properties: { a: { column: "a", format: "unix" } } }, "/properties/a/format: is only for the type date"],
  [
    { properties: { a: { column: "a", type: "date", timezone: "Mars/Base" } } },
    "/properties/a/timezone: is not a known time zone",
  ],
  [{ occurred_at: { column: "a", format: "dd.MM HH:mm" } }, "/occurred_at/format: The pattern needs yyyy"],
  [{ occurred_at: { column: "a", format: "yyyy-MM-dd at HH" } }, "/occurred_at/format: t is not a letter of patterns"],
  [{ id: { template: "{a" } }, "/id/template: has a single brace"],
  [{ id: { template: "{#no}" } }, "/id/template: has the unknown {#no}"],
  [{ properties: { "a/b": { column: "a", default: 1, if_empty: "keep" } } }, "/properties/a~1b/if_empty: "],
])("the mapping %j is rejected: %s", (change, message) => {
  const valid = { definition_id: { constant: "order" }, ...PERSON, properties: {} };
  const text = typeof change === "string" ? change : JSON.stringify({ ...valid, ...change });
  expect(() => readMapping(text, "mapping.json")).toThrow(message);
});

test("--define makes the definition that a mapping describes", () => {
  const properties = { a: { column: "a", type: "number" }, b: { column: "b" }, c: { constant: false } };
  const mapping = { definition_id: { constant: "order" }, ...PERSON, properties };
  expect(definitionOf(readMapping(JSON.stringify(mapping), "mapping.json"), true)).toEqual({
    id: "order",
    name: "order",
    properties: [
      { name: "a", type: "number" },
      { name: "b", type: "text" },
      { name: "c", type: "boolean" },
    ],
  });
});

describe("--define where a definition of that id exists", () => {
  const properties = [
    { name: "a", type: "number" as const },
    { name: "b", type: "text" as const },
  ];
  const definition = { id: "order", name: "order", properties };

  /** @param existing what GET answers: the definition, or a status. */
  function defining(existing: object | number) {
    const json = (method: string, path: string) => {
      if (method === "POST") return Promise.reject(new CallError("There is such a definition.", 409, "conflict"));
      return typeof existing === "number"
        ? Promise.reject(new CallError(`${method} ${path}`, existing, "forbidden"))
        : Promise.resolve({ id: "order", enabled: true, properties, ...existing });
    };
    return define({ json } as unknown as Service, definition);
  }

  test("continues when the definition has the properties, also with further ones", async () => {
    await expect(defining({ properties: [{ name: "z", type: "date" }, ...properties] })).resolves.toBe("fits");
  });

  test("continues where the key may not read it, and stops when it cannot be read for another reason", async () => {
    await expect(defining(403)).resolves.toBe("not read");
    await expect(defining(404)).rejects.toThrow("GET /v1/event-definitions/order");
  });

  test.each([
    [{ enabled: false }, 'it is disabled. Change it first: PATCH /v1/event-definitions/order {"enabled":true}'],
    [
      { properties: properties.slice(0, 1) },
      'it has no b. Change it first: PATCH /v1/event-definitions/order {"properties":[{"name":"b","type":"text"}]}',
    ],
    [
      { enabled: false, properties: properties.slice(1) },
      'it is disabled, and it has no a. Change it first: PATCH /v1/event-definitions/order {"enabled":true,"properties":[{"name":"a","type":"number"}]}',
    ],
    [
      { properties: [{ name: "a", type: "text" }] },
      "its property a is text, and number in the mapping. The type of a property cannot be changed",
    ],
  ])("stops with advice where it is %j", async (existing, message) => {
    await expect(defining(existing)).rejects.toThrow(message);
  });
});
