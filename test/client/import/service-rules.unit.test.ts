/** Rules of the service that the import knows too, because the client package has no code of the service. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKept, parseExactly, WrittenNumber } from "../../../client/src/import/numbers.ts";
import { CREATES_PERSON } from "../../../client/src/import/order.ts";
import { MAX_FAULTS } from "../../../client/src/import/send.ts";
import { MAX_FAULTS as FAULTS_OF_SERVICE } from "../../../src/errors.ts";
import { isKept as isKeptByService } from "../../../src/http/numbers.ts";
import { BUILT_INS } from "../../../src/ingest/catalogue/catalogue.ts";
import { rulesOf } from "../../../src/ingest/catalogue/rules.ts";

const digits = fc.stringMatching(/^[0-9]{1,25}$/);
const literal = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.bigInt({ min: 0n, max: 10n ** 24n }),
    fc.option(digits),
    fc.option(fc.integer({ min: -330, max: 330 })),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const point = fraction === null ? "" : `.${fraction}`;
    return `${sign}${whole}${point}${exponent === null ? "" : `e${exponent}`}`;
  });

describe("the import knows of the service", () => {
  test("which numbers it refuses, because JSON does not keep them", () => {
    fc.assert(fc.property(literal, (text) => isKept(text) === isKeptByService(text)));
  });

  test("how many errors of a call it lists at most", () => {
    expect(MAX_FAULTS).toBe(FAULTS_OF_SERVICE);
  });

  test("which built-in events create their person", () => {
    const creating = BUILT_INS.filter((definition) => rulesOf(definition).createsProfileOfType !== undefined);
    expect([...CREATES_PERSON]).toEqual(expect.arrayContaining(creating.map(({ id }) => id)));
    expect(CREATES_PERSON.size).toBe(creating.length);
  });
});

describe("a number of JSON keeps its digits", () => {
  test.each([
    ['{"a":1.50}', "a", "1.50"],
    ['{"b":"x","a":9007199254740993}', "a", "9007199254740993"],
    ['{"a":1,"a":1.0}', "a", "1.0"],
    ['{"\\"1.50":"1.50, 2.0","a":[1e3]}', "a", "1e3"],
    ['{"a":-0}', "a", "-0"],
  ])("in %s", (json, name, text) => {
    const value = [(parseExactly(json) as Record<string, unknown>)[name]].flat()[0];
    expect(value).toBeInstanceOf(WrittenNumber);
    expect(String(value)).toBe(text);
  });

  test.each(['{"a":1.5,"b":"9007199254740993 \\\\","c":"1.50"}', '{"a":1.0,"a":2}', '"1.50"'])(
    "and everything else is as JSON.parse reads it: %s",
    (json) => {
      expect(parseExactly(json)).toEqual(JSON.parse(json));
    },
  );

  test("in any text that JSON.parse reads, whose numbers are equal", () => {
    const plain = (value: unknown): unknown =>
      value instanceof WrittenNumber
        ? Number(value.literal)
        : Array.isArray(value)
          ? value.map(plain)
          : typeof value === "object" && value !== null
            ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
            : value;
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), literal, (json, number) => {
        const text = `{"n":${number},"of":${json},"again":[${number}]}`;
        expect(plain(parseExactly(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});
