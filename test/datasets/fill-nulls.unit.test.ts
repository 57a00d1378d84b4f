/** Stored properties filled in: as a plain implementation over parsed JSON has them, and never larger than a row. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillNulls } from "../../src/datasets/fill-nulls.ts";
import type { Field, Property } from "../../src/ingest/definition.ts";
import { shapeOf } from "../../src/ingest/object-shape.ts";

const NAMES = ["a", "b", "constructor", "größe_東", "toString", "$x", "x-1", "valueOf", "é"];
const text = (name: string): Field => ({ name, type: "text", required: false });
const list = (name: string, fields: Field[]): Property => ({ name, type: "list", required: false, fields });

type Values = Record<string, unknown>;

/** Every field in its order, null where the record has none. */
const filled = (fields: readonly (Property | Field)[], record: Values): Values =>
  Object.fromEntries(
    fields.map((field) => {
      const value = Object.hasOwn(record, field.name) ? record[field.name] : null;
      const items = "fields" in field ? (field.fields ?? []) : null;
      return [
        field.name,
        items === null || value === null ? value : (value as Values[]).map((item) => filled(items, item)),
      ];
    }),
  );

const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true }), fc.boolean());
const namesOf = fc.shuffledSubarray(NAMES);

/** A record with some of these names, in their order. */
const record = (names: readonly string[], value: fc.Arbitrary<unknown> = scalar) =>
  fc
    .subarray([...names])
    .chain((present) => fc.tuple(...present.map((name) => value.map((each) => [name, each] as const))))
    .map((pairs): Values => Object.fromEntries(pairs));

const cases = fc
  .record({ names: namesOf, fields: namesOf, at: fc.nat(NAMES.length) })
  .chain(({ names, fields, at }) => {
    const place = Math.min(at, names.length);
    const properties: Property[] = [
      ...names.slice(0, place).map(text),
      list("lines", fields.map(text)),
      ...names.slice(place).map(text),
    ];
    const stored = fc.tuple(
      record(names.slice(0, place)),
      record(["lines"], fc.array(record(fields))),
      record(names.slice(place)),
    );
    return stored.map((parts) => ({ properties, stored: parts.reduce((all, part) => ({ ...all, ...part }), {}) }));
  });

describe("filling in", () => {
  it("adds null for what is missing, in the definition's order, and changes nothing else", () => {
    fc.assert(
      fc.property(cases, ({ properties, stored }) => {
        const expected = JSON.stringify(filled(properties, JSON.parse(JSON.stringify(stored)) as Values));
        expect(fillNulls(shapeOf(properties), JSON.stringify(stored))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("copies a property that the definition does not have", () => {
    expect(fillNulls(shapeOf([text("a"), text("b")]), '{"a":"1","was":{"x":["}",{}]},"b":"2"}')).toBe(
      '{"a":"1","was":{"x":["}",{}]},"b":"2"}',
    );
  });

  it("leaves items as they were sent where their nulls would make a row larger than 4 MB", () => {
    const fields = Array.from({ length: 128 }, (_, n) => text(`${"f".repeat(120)}${n}`));
    const shape = shapeOf([text("before"), list("lines", fields), text("after")]);
    const items = (n: number) => `{"lines":[${Array.from({ length: n }, () => "{}").join()}]}`;
    expect(fillNulls(shape, items(200)).length).toBeGreaterThan(3_000_000);
    expect(fillNulls(shape, items(300))).toBe(`{"before":null,${items(300).slice(1, -1)},"after":null}`);
  });
});
