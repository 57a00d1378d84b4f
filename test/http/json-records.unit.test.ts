/** A body read record by record finds what a scan of the whole text finds, wherever its windows end. */

import { describe, expect, it } from "vitest";
import { BodyText, MAX_RECORD_UNITS } from "../../src/http/body-text.ts";
import { readLines } from "../../src/http/json-lines.ts";
import { readRecords } from "../../src/http/json-records.ts";
import { parseJson } from "../../src/http/json-parse.ts";
import { scanJson } from "../../src/http/json-scan.ts";
import type { Scanned } from "../../src/http/json-scanned.ts";
import { between, dice, pick } from "../support/random.ts";

const LISTS = new Map([["events", { maxItems: 100 }]]);

function pieces(body: string | Uint8Array, bytes = 64): Uint8Array[] {
  const whole = Buffer.from(body);
  const count = Math.ceil(whole.byteLength / bytes);
  return Array.from({ length: count }, (_, n) => Uint8Array.from(whole.subarray(n * bytes, (n + 1) * bytes)));
}

/** @param windowBytes so few that windows end inside every kind of token. */
function read(body: string, windowBytes = 16, maxValues = 1_000) {
  const values: unknown[] = [];
  const take = (_list: string, _index: number, value: unknown) => void values.push(value);
  const { isEmpty, broken, faults, value, counts } = readRecords(
    new BodyText(pieces(body, 4 * windowBytes), windowBytes),
    LISTS,
    maxValues,
    take,
  );
  return { isEmpty, broken, faults, value, count: counts.get("events"), values };
}

describe("a body of JSON, read record by record", () => {
  it("has the records, the faults and the broken place that a scan of the whole has", () => {
    const roll = dice(7);
    const one = <Item>(...items: readonly Item[]) => pick(roll, items);
    const some = <Item>(make: () => Item) => Array.from({ length: between(roll, 0, 4) }, make);
    const scalar = () => one("1", "-1.5e3", "true", "null", '"é€😀\\n\\u00e9\\ud83d\\ude00"', `"${"x".repeat(40)}"`);
    const value = (depth: number): string =>
      depth > 3
        ? scalar()
        : one(
            scalar,
            () => `[${some(() => value(depth + 1)).join(" , ")}]`,
            () => `{${some(() => `"k${between(roll, 0, 99)}" : ${value(depth + 1)}`).join(",\n")}}`,
          )();
    const wrong = ["", "{", "]", ",", '"', "\\", "9", "12345678901234567890", "\\u12"];
    const outcomes = new Set<string>();
    for (let n = 0; n < 1_500; n += 1) {
      let text = `{"events":[${some(() => value(0)).join(",\n ")}]${one("", ` ,"other":${value(1)}`)}}`;
      const at = between(roll, 0, text.length - 1);
      if (roll() < 0.7) text = text.slice(0, at) + one(...wrong) + text.slice(at + one(0, 1, 2));
      if (!text.isWellFormed()) continue;
      const parsed = parseJson(text, { recordDepth: 2 });
      const whole: Scanned = "value" in parsed ? { faults: [], broken: null } : parsed;
      const found = read(text, one(1, 5, 16, 100));
      const isClean = whole.broken === null && whole.faults.length === 0;
      outcomes.add(isClean ? "read" : whole.broken === null ? "faults" : "broken");
      // Names are scanned for control characters at once, records only where nothing else is wrong with them.
      const strict = scanJson(text, { recordDepth: 2, strict: true });
      const told = ({ faults, broken }: Scanned) => ({ text, faults, place: broken?.place, detail: broken?.detail });
      expect([told(whole), told(strict)]).toContainEqual(told(found));
      const { events } = (isClean ? JSON.parse(text) : {}) as { events?: unknown };
      if (isClean) expect(found.values).toEqual(Array.isArray(events) ? events : []);
    }
    expect(outcomes).toEqual(new Set(["read", "faults", "broken"]));
  });

  it("ends at the first record that is too many", () => {
    const { count, values } = read(`{"events":[${Array(250).fill("{}").join()}]}`);
    expect([count, values.length]).toEqual([101, 101]);
  });

  it("keeps only the type of what is no record", () => {
    expect(read('{"a":{"b":[1]},"c":[{}],"d":"e","events":[1]}').value).toEqual({ a: {}, c: [], d: "e", events: [] });
    expect(read("[{}]").value).toEqual([]);
    expect(read(" 5 ").value).toBe(5);
    expect(read(" \n").isEmpty).toBe(true);
  });

  it("refuses a second list of the same name, names that cannot be kept, and too many members or values", () => {
    const faults = (body: string) => read(body, 16, 5).faults.map(({ pointer, detail }) => [pointer, detail]);
    expect(faults('{"events":[1],"events":[2]}')).toEqual([
      ["/events", "Duplicate member: this object has events again, line 1, column 15. Remove one."],
    ]);
    expect(faults('{"__proto__":1}')).toEqual([["", "A property __proto__ is not allowed here. Remove it."]]);
    expect(faults(`{"${"n".repeat(1_001)}":1}`)[0]?.[1]).toContain("has a name of more than 1000 characters");
    expect(faults(`{${Array.from({ length: 9 }, (_, n) => `"${n}":1`).join()}}`)[0]?.[1]).toContain(
      "more than 5 values",
    );
    expect(faults('{"events":[[1],[1,2,3,4,5,6]]}')[0]?.[0]).toBe("/events/1");
  });

  it("holds no record of more than 8,000,000 characters", () => {
    const long = `{"events":[{"a":1},{"a":"${"x".repeat(MAX_RECORD_UNITS + 300_000)}"}]}`;
    const { faults, values } = read(long, 131_072);
    expect([faults.map(({ pointer }) => pointer), values]).toEqual([["/events/1"], [{ a: 1 }]]);
  });

  it("finds bytes that are not UTF-8, also after a place that is no JSON", () => {
    const body = Buffer.concat([Buffer.from('{"events":[}'), Buffer.alloc(1_000, 32), Buffer.from([0xff])]);
    const all = () => readRecords(new BodyText(pieces(body), 16), LISTS, 9, () => {});
    expect(all).toThrow("The body is not valid UTF-8.");
  });
});

describe("a body of lines", () => {
  const lines = (body: string, maxItems = 3) => {
    const texts: string[] = [];
    const take = (_list: string, _index: number, _value: unknown, text: string) => void texts.push(text);
    const found = readLines(new BodyText(pieces(body), 5), { property: "events", maxItems }, 9, take);
    return { ...found, texts };
  };

  it("is read line by line, without the empty ones", () => {
    expect(lines('{"a":"é"}\r\n\n  \n[1]\n')).toEqual({ count: 2, faults: [], texts: ['{"a":"é"}\r', "[1]"] });
  });

  it("is read no further than one record more than are allowed", () => {
    expect(lines("1\n2\n3\n4\n{\n")).toEqual({ count: 4, faults: [], texts: ["1", "2", "3"] });
  });

  it("names the line and column of a fault", () => {
    expect(lines("1\n\n{]\n").faults).toEqual([
      {
        pointer: "/events/1",
        detail: "Line 3 is not valid JSON: a name in double quotes is expected at line 3, column 2.",
      },
    ]);
  });
});
