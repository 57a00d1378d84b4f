/** Decimal numbers without rounding: read, added up and written. */

import { expect, it } from "vitest";
import { addDecimals, parseDecimal, formatDecimal } from "../../src/attribution/decimals.ts";
import { wholeOf } from "../support/naive-credit.ts";
import { between, dice } from "../support/random.ts";

it.each([
  ["19.9", 199n, 1],
  ["-3", -3n, 0],
  ["0", 0n, 0],
  ["-0", 0n, 0],
  ["-0.05", -5n, 2],
  ["19.90", 1990n, 2],
  ["1e-7", 1n, 7],
  ["-1.25e-7", -125n, 9],
  ["1.5e3", 1500n, 0],
  ["1.2345E2", 12_345n, 2],
  ["1e+21", 10n ** 21n, 0],
  ["0.1234567890123456789", 1_234_567_890_123_456_789n, 19],
  ["9007199254740993", 9_007_199_254_740_993n, 0],
])("reads %s as it is written", (text, units, scale) => {
  expect(parseDecimal(text)).toEqual({ units, scale });
});

it.each([
  ["19.9", 1990n, 2],
  ["-3", -300n, 2],
  ["1e+21", 10n ** 23n, 2],
  ["1.005", 1005n, 3],
  ["0", 0n, 2],
])("reads %s with two decimals, or its own where it has more", (text, units, scale) => {
  expect(parseDecimal(text, 2)).toEqual({ units, scale });
});

it.each([
  ["25.00", "25"],
  ["33.34", "33.34"],
  ["-0.50", "-0.5"],
  ["-0.00", "0"],
  ["100", "100"],
  ["1000.10", "1000.1"],
  ["5e-7", "0.0000005"],
  ["-1e+21", "-1000000000000000000000"],
])("writes %s as %s", (text, written) => {
  expect(formatDecimal(parseDecimal(text))).toBe(written);
});

it.each([
  [""],
  ["-"],
  [" 1"],
  ["1 "],
  ["+1"],
  ["01"],
  [".5"],
  ["5."],
  ["1e"],
  ["0x10"],
  ["1_000"],
  ["NaN"],
  ["null"],
  ["1e1000"],
])("does not take %j for a number", (text) => {
  expect(() => parseDecimal(text)).toThrow(RangeError);
});

it("reads the smallest and the largest floating point number, and keeps them", () => {
  for (const value of [Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, 2 ** -1022, Number.EPSILON]) {
    const text = formatDecimal(parseDecimal(String(value), 2));
    expect(text).toMatch(/^-?\d+(\.\d+)?$/);
    expect(Number(text)).toBe(value);
  }
});

it("writes every floating point number so that it is read as the same one", () => {
  const roll = dice(7);
  const bits = new DataView(new ArrayBuffer(8));
  for (let round = 0; round < 5_000; round += 1) {
    bits.setUint32(0, roll() * 2 ** 32);
    bits.setUint32(4, roll() * 2 ** 32);
    const value = bits.getFloat64(0);
    if (!Number.isFinite(value)) continue;
    const text = formatDecimal(parseDecimal(JSON.stringify(value)));
    expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
    expect(Number(text)).toBe(value);
  }
});

it.each([
  ["0.1", "0.2", "0.3"],
  ["100", "-0.01", "99.99"],
  ["1e-7", "1e+21", "1000000000000000000000.0000001"],
  ["-0.5", "0.50", "0"],
  ["9007199254740993", "0.1", "9007199254740993.1"],
])("adds %s and %s to %s", (a, b, sum) => {
  expect(formatDecimal(addDecimals(parseDecimal(a), parseDecimal(b)))).toBe(sum);
  expect(formatDecimal(addDecimals(parseDecimal(b), parseDecimal(a)))).toBe(sum);
});

it("has the same sum in any order", () => {
  const roll = dice(11);
  const decimals = Array.from({ length: 300 }, () => ({
    units: wholeOf(roll, 25) * (roll() < 0.5 ? -1n : 1n),
    scale: between(roll, 0, 20),
  }));
  const total = decimals.reduce(addDecimals);
  expect(decimals.toReversed().reduce(addDecimals)).toEqual(total);
  // All in the smallest unit that there is.
  const exact = decimals.reduce((sum, { units, scale }) => sum + units * 10n ** BigInt(20 - scale), 0n);
  expect(total.units * 10n ** BigInt(20 - total.scale)).toBe(exact);
});
