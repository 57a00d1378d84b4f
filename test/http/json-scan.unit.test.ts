/** The scan of JSON agrees with JSON.parse about what is JSON, and finds what JSON.parse lets pass. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FAULTS, MAX_POINTER } from "../../src/errors.ts";
import { MAX_DEPTH, MAX_NAME, scanJson } from "../../src/http/json-scan.ts";

const RUNS = { numRuns: 500 };
/** Texts that the service can store. */
const text = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((each) => !each.includes("\u0000") && each.isWellFormed() && each !== "__proto__");
const value = fc.jsonValue({ maxDepth: 5, stringUnit: "grapheme" });
const storable = value.filter((each) => {
  const json = JSON.stringify(each);
  return !/\\u0000|\\ud/.test(json) && !json.includes('"__proto__"');
});

/** The same JSON as other programs print it: with white space, and with every character escaped. */
const printed = fc
  .tuple(storable, fc.constantFrom("", " ", "\n", "\t\r\n "), fc.boolean())
  .map(([each, space, escapes]) => {
    const json = JSON.stringify(each, null, 1).replaceAll("\n", space);
    if (!escapes) return `${space}${json}${space}`;
    return json.replaceAll(/[^ -~\s]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  });

const isJson = (json: string) => {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
};

const pointers = (json: string) => scanJson(json).faults.map(({ pointer }) => pointer);

describe("the scan", () => {
  it("finds nothing in JSON", () => {
    fc.assert(
      fc.property(printed, (json) => {
        expect(scanJson(json, { strict: true })).toMatchObject({ faults: [], broken: null });
      }),
      RUNS,
    );
  });

  it("agrees with JSON.parse about a text that one change may have broken", () => {
    const pieces = [
      "",
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "\\",
      "\\u",
      "0",
      "1",
      "-",
      ".",
      "e",
      "+",
      "t",
      " ",
      "\u0001",
    ];
    const changed = fc
      .tuple(printed, fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...pieces))
      .map(([json, at, removed, piece]) => {
        const start = at % (json.length + 1);
        return json.slice(0, start) + piece + json.slice(start + removed);
      });
    fc.assert(
      fc.property(changed, (json) => {
        expect([json, scanJson(json, { strict: true }).broken === null]).toEqual([json, isJson(json)]);
      }),
      { numRuns: 3_000 },
    );
  });

  it("leaves control characters inside texts to JSON.parse, unless it is strict", () => {
    expect(scanJson('{"a":"b\nc"}').broken).toBeNull();
    expect(scanJson('{"a\nb\\u0063":1}').broken).toMatchObject({
      detail: "a control character in a text must be escaped",
    });
    expect(scanJson('{"a":"b\nc"}', { strict: true }).broken).toMatchObject({
      pointer: "/a",
      place: "line 1, column 8",
    });
  });

  it.each([
    ["", "", "line 1, column 1", "it ends too early"],
    ["{", "", "line 1, column 2", "it ends too early"],
    ['{"a":1,}', "", "line 1, column 8", "a name in double quotes is expected"],
    ['{"a" 1}', "/a", "line 1, column 6", "a colon is expected"],
    ['{"a":[1,2,,3]}', "/a/2", "line 1, column 11", "a value is expected"],
    ['{\n "a": tru\n}', "/a", "line 2, column 7", "a value is expected"],
    ["[1,\r\n\r\n 2 3]", "/1", "line 3, column 4", "a comma or ] is expected"],
    ["{} {}", "", "line 1, column 4", "nothing more is expected"],
    ["[01]", "/0", "line 1, column 3", "a comma or ] is expected"],
    ["[1.]", "/0", "line 1, column 4", "a digit is expected"],
    [String.raw`["\x"]`, "/0", "line 1, column 3", "JSON has no such escape"],
    [String.raw`["\u12g4"]`, "/0", "line 1, column 3", "JSON has no such escape"],
    ["'a'", "", "line 1, column 1", "a value is expected"],
  ])("%j is broken at %j, %s: %s", (json, pointer, place, detail) => {
    expect(scanJson(json, { strict: true }).broken).toEqual({ pointer, place, detail });
  });
});

describe("a duplicate member", () => {
  it.each([
    ['{"a":1,"a":1}', ["/a"]],
    ['{"a":1,"b":{"a":2},"a":3}', ["/a"]],
    ['{"b":{"a":1},"c":{"a":1},"a":{"a":1}}', []],
    ['[{"a":1},{"a":1}]', []],
    ['{"a":1,"a":2,"a":3}', ["/a", "/a"]],
    [String.raw`{"a":1,"\u0061":2}`, ["/a"]],
    ['{"A":1,"a":2}', []],
    ['{"":1,"":2}', ["/"]],
    ['[0,{"x/y":[],"z":[{"k":1,"k":{}}],"x/y":1}]', ["/1/z/0/k", "/1/x~1y"]],
  ])("in %s is found: %j", (json, found) => {
    expect(pointers(json)).toEqual(found);
  });

  it("is found wherever it is put", () => {
    const objects = fc.uniqueArray(text, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(objects, fc.nat(), fc.nat(), (names, from, to) => {
        const twice = names[from % names.length] ?? "";
        const all = names.toSpliced(to % (names.length + 1), 0, twice);
        const json = `[[{"x":{${all.map((name) => `${JSON.stringify(name)}:[{}]`).join()}}}]]`;
        expect(scanJson(json).faults).toHaveLength(1);
      }),
      RUNS,
    );
  });

  it("says where it is", () => {
    expect(scanJson('{"a":1,\n "a":2}').faults).toEqual([
      { pointer: "/a", detail: "Duplicate member: this object has a again, line 2, column 2. Remove one." },
    ]);
  });
});

describe("what cannot be stored", () => {
  it.each([
    [String.raw`{"a":"x\u0000"}`, ["/a"]],
    [String.raw`{"a":["\u0000"]}`, ["/a/0"]],
    [String.raw`{"a":{"\u0000":1}}`, ["/a"]],
    [String.raw`"\ud800"`, [""]],
    [String.raw`"\udc00\ud800"`, [""]],
    [String.raw`{"\ud83d":1}`, [""]],
    [String.raw`["\ud83d\ude00","\uD83D\uDE00","\\ud800","\\u0000","\u0001"]`, []],
    [String.raw`["\ud83d\u0041"]`, ["/0"]],
  ])("in %s is found: %j", (json, found) => {
    expect(pointers(json)).toEqual(found);
  });
});

describe("the limits", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  it("allow so many levels", () => {
    expect(scanJson(nested(MAX_DEPTH))).toMatchObject({ faults: [], broken: null });
    expect(pointers(nested(MAX_DEPTH + 1))).toEqual(["/0".repeat(MAX_DEPTH)]);
    expect(pointers(nested(1_000_000))).toEqual(["/0".repeat(MAX_DEPTH)]);
  });

  it("allow so many characters in a name", () => {
    const named = (length: number) => `{"a":{"${"é".repeat(length)}":1}}`;
    expect(pointers(named(MAX_NAME))).toEqual([]);
    expect(pointers(named(MAX_NAME + 1))).toEqual(["/a"]);
    expect(pointers(named(1_000_000))).toEqual(["/a"]);
    expect(pointers(`{"a":{"${String.raw`\u00e9`.repeat(MAX_NAME)}":1}}`)).toEqual([]);
    expect(pointers(`{"a":{"${String.raw`\u00e9`.repeat(MAX_NAME + 1)}":1}}`)).toEqual(["/a"]);
  });

  it("allow so many values in a record", () => {
    const options = { maxValues: 10, recordDepth: 2 };
    const json = (items: number) => JSON.stringify({ list: [[1, 2], Array(items).fill(0), {}] });
    expect(scanJson(json(9), options).faults).toEqual([]);
    expect(scanJson(json(10), options).faults.map(({ pointer }) => pointer)).toEqual(["/list/1"]);
    expect(scanJson("[1,2,3]", { maxValues: 3 }).faults.map(({ pointer }) => pointer)).toEqual([""]);
  });

  it("end the scan after so many faults, whose pointers have so many characters", () => {
    const name = "n".repeat(MAX_NAME);
    const json = `${`{"${name}":`.repeat(20)}[${Array(500).fill("12345678901234567890").join()}]${"}".repeat(20)}`;
    const { faults } = scanJson(json);
    expect(faults).toHaveLength(MAX_FAULTS);
    for (const { pointer } of faults) expect(pointer.length).toBeLessThanOrEqual(MAX_POINTER);
  });
});
