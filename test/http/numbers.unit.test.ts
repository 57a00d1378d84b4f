/** Numbers that reading JSON would change are rejected with a pointer; all others are kept unchanged. */

import { describe, expect, it } from "vitest";
import { MAX_POINTER } from "../../src/errors.ts";
import { findChangedNumbers, isKept } from "../../src/http/numbers.ts";
import { between, dice } from "../support/random.ts";

describe("a number", () => {
  it.each([
    "0",
    "-0",
    "0.000",
    "1",
    "-1.50",
    "0.1",
    "1e30",
    "1E+2",
    "5e-324",
    "1.7976931348623157e308",
    "9007199254740991",
    "9007199254740992",
    "0.30000000000000004",
    "0.10000000000000001",
    "0.1000000000000000055511151231257827021181583404541015625",
    "1.00000000000000000000000000000",
    "100000000000000000000000",
  ])("%s is kept", (literal) => {
    expect(isKept(literal)).toBe(true);
  });

  it.each([
    "9007199254740993",
    "-9007199254740993",
    "12345678901234567890",
    "9007199254740990.6",
    "0.1234567890123456789",
    "3.14159265358979323846264338327950288419",
    "1e400",
    "-1e400",
    "1e-400",
    `0.${"1".repeat(101)}`,
  ])("%s is not kept", (literal) => {
    expect(isKept(literal)).toBe(false);
  });

  it.each(["0", "9"])("of a million digits, with a million of %s in it, is decided in one pass", (digit) => {
    const many = digit.repeat(1_000_000);
    const start = performance.now();
    expect([isKept(`1${many}1`), isKept(`0.${many}1`), isKept(`0.1${many}1`)]).toEqual([false, false, false]);
    // A pass for each digit would take hours.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("that a program printed is always kept", () => {
    const random = dice(7);
    for (let n = 0; n < 20_000; n += 1) {
      const value = (random() - 0.5) * 10 ** between(random, -300, 300);
      for (const literal of [String(value), value.toPrecision(17), value.toPrecision(15)])
        expect([literal, isKept(literal)]).toEqual([literal, true]);
    }
  });
});

describe("in a text of JSON", () => {
  const LONG = "12345678901234567891";
  const pointers = (text: string) => findChangedNumbers(text).map((fault) => fault.pointer);

  it.each([
    [`{"a":${LONG}}`, ["/a"]],
    [`[1,2,${LONG}]`, ["/2"]],
    [`{"a":[{"b":[0,{"c":1}]},{"d":${LONG},"e":${LONG}}]}`, ["/a/1/d", "/a/1/e"]],
    [`{ "a" : { } , "b" : [ ] , "c" : ${LONG} }`, ["/c"]],
    [`{"a/b~":${LONG}}`, ["/a~1b~0"]],
    [`{"\\u0061\\"":${LONG}}`, ['/a"']],
    [`{"a":"x,${LONG}","b":"\\"${LONG}","c\\\\":"${LONG}\\\\"}`, []],
    [`{"a":"{[","b":${LONG}}`, ["/b"]],
    [`[[[]],[[],${LONG}]]`, ["/1/1"]],
    [`{"a":true,"b":null,"c":false,"d":-${LONG}}`, ["/d"]],
    [`{"a":1.5,"b":"2026-01-01T10:23:45.123456789123456Z"}`, []],
  ])("%s they are found", (text, found) => {
    expect(pointers(text)).toEqual(found);
  });

  it("one says what it would become", () => {
    expect(findChangedNumbers('{"a":9007199254740993}')[0]?.detail).toBe(
      "9007199254740993 is not kept exactly as a JSON number: it would be read as 9007199254740992. Send it as a text.",
    );
  });

  it("a hundred are enough", () => {
    expect(pointers(`[${Array.from({ length: 500 }, () => LONG).join()}]`)).toHaveLength(100);
  });

  it("however deep, they are found", () => {
    expect(pointers(`${"[".repeat(50_000)}${LONG}${"]".repeat(50_000)}`)).toEqual(["/0".repeat(MAX_POINTER / 2)]);
  });
});
