/** A mapping and a row give an event, or an error with its place. */

import { describe, expect, test } from "vitest";
import { compileMapping, readMapping } from "../../../client/src/import/mapping.ts";

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

  test("an event without a time is rejected, unless the mapping says what happens then", () => {
    const timed = (at: Json) => ({ occurred_at: { column: "at", ...at } });
    const row = { person: "p", at: "" };
    expect(() => eventOf(timed({}), row)).toThrow(
      'at is empty. To let the event occur when it is received, add "if_empty": "skip"',
    );
    expect(() => eventOf(timed({ format: "unix" }), { person: "p" })).toThrow("at is empty.");
    expect(eventOf(timed({ if_empty: "skip" }), row)).not.toHaveProperty("occurred_at");
    const day = "2026-01-01T00:00:00Z";
    expect(eventOf(timed({ default: day }), row)).toHaveProperty("occurred_at", day);
    expect(eventOf({}, row)).not.toHaveProperty("occurred_at");
  });

  test("an id is never made of a list or an object", () => {
    expect(() => eventOf({ session_id: { column: "session" } }, { person: "p", session: { a: 1 } })).toThrow(
      "is not a text",
    );
  });

  test.each(["constructor", "toString", "hasOwnProperty"])("a property and its column may be called %s", (name) => {
    const row = new Map<string, unknown>([
      ["person", "p"],
      [name, 2],
    ]);
    const mapping = { definition_id: { constant: "order" }, ...PERSON, properties: { [name]: { column: name } } };
    const make = compileMapping(readMapping(JSON.stringify(mapping), "mapping.json"));
    const event = make({ line: 1, n: 1, file: "f", get: (column) => row.get(column) });
    expect(JSON.stringify(event["properties"])).toBe(`{"${name}":2}`);
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
    [{ type: "text" }, { b: ["x", 1.5, null, true], a: { 'q"': 2n } }, '{"b":["x",1.5,null,true],"a":{"q\\"":2}}'],
    [{ type: "text" }, [], "[]"],
    [{ type: "list" }, '[{"sku":"a","price":1.50}]', [{ sku: "a", price: 1.5 }]],
    [
      { type: "list", fields: { sku: "text", paid: "boolean" } },
      '[{"sku":1.50,"paid":"yes"},{"sku":null}]',
      [{ sku: "1.50", paid: true }, {}],
    ],
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
    [{ type: "text" }, { a: new Uint8Array(2) }, "has bytes"],
    [{ type: "list" }, '{"sku":"a"}', "is not a list"],
    [{ type: "list" }, "[1]", "item 1: is not an object"],
    [{ type: "list" }, "[", "is not valid JSON"],
    [{ type: "list", fields: { sku: "text" } }, '[{"sku":"a"},{"sku":"a","size":1}]', "item 2: has the field size"],
    [{ type: "list", fields: { n: "number" } }, '[{"n":"much"}]', 'item 1: n: "much" is not a number'],
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
  [{ occurred_at: { column: "a", format: "d.M.yyyy H:mm" } }, "/occurred_at/timezone: is missing"],
  [
    { properties: { "a/b": { column: "a", type: "date", format: "yyyy-MM-dd" } } },
    '/properties/a~1b/timezone: is missing: times of this format have no offset. Name their zone: "Europe/London"',
  ],
  [{ properties: { a: { column: "a", type: "text", fields: {} } } }, "/properties/a/fields: is only for the type list"],
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
