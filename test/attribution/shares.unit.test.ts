/** The share of an amount for each credited touchpoint: whole units that add up, by largest remainder. */

import { describe, expect, it } from "vitest";
import { addDecimals, parseDecimal, formatDecimal } from "../../src/attribution/decimals.ts";
import { split, splitText } from "../../src/attribution/shares.ts";
import { type Fraction, fractions, naiveSplit, type Way, wholeOf } from "../support/naive-credit.ts";
import { between, dice, pick } from "../support/random.ts";

const WAYS = ["even", "u_shaped"] as const;

function each<Share>(n: number, share: (place: number) => Share): Share[] {
  return Array.from({ length: n }, (_, place) => share(place));
}

const sharesOf = (units: bigint, way: Way, n: number) => each(n, split(units, way, n));
const textsOf = (amount: string, way: Way, n: number) => each(n, splitText(amount, way, n));
const sumOf = (units: readonly bigint[]) => units.reduce((sum, share) => sum + share, 0n);

it("fact 2.a.21: 100 among 4 touchpoints is 4 times 25 under linear", () => {
  expect(textsOf("100", "even", 4)).toEqual(["25", "25", "25", "25"]);
});

it.each([
  [1, ["100"]],
  [2, ["50", "50"]],
  [3, ["40", "20", "40"]],
  [4, ["40", "10", "10", "40"]],
  [5, ["40", "6.67", "6.67", "6.66", "40"]],
  [6, ["40", "5", "5", "5", "5", "40"]],
])("fact 2.a.8: u_shaped splits 100 among %i touchpoints into %j", (n, texts) => {
  expect(textsOf("100", "u_shaped", n)).toEqual(texts);
});

it.each([
  ["100", 3, ["33.34", "33.33", "33.33"]],
  ["0.01", 7, ["0.01", "0", "0", "0", "0", "0", "0"]],
  ["-0.01", 7, ["-0.01", "0", "0", "0", "0", "0", "0"]],
  ["-100", 3, ["-33.34", "-33.33", "-33.33"]],
  ["0", 3, ["0", "0", "0"]],
  ["-0", 2, ["0", "0"]],
  ["0.05", 2, ["0.03", "0.02"]],
  ["10", 4, ["2.5", "2.5", "2.5", "2.5"]],
])("linear splits %s among %i, the earliest first where they lose the same", (amount, n, texts) => {
  expect(textsOf(amount, "even", n)).toEqual(texts);
});

it.each([
  // 0.4, 0.2, 0.4 units: the first of the two ends, which lost most.
  ["0.01", 3, ["0.01", "0", "0"]],
  ["0.02", 3, ["0.01", "0", "0.01"]],
  // 1.2, 0.6, 1.2: the middle one lost most.
  ["0.03", 3, ["0.01", "0.01", "0.01"]],
  // 1.6, 0.8, 1.6: the middle one lost most, then the first.
  ["0.04", 3, ["0.02", "0.01", "0.01"]],
  ["-0.04", 3, ["-0.02", "-0.01", "-0.01"]],
  // 1.2, 0.3, 0.3, 1.2: the earlier of the two between.
  ["0.03", 4, ["0.01", "0.01", "0", "0.01"]],
  // 2.8, 0.7, 0.7, 2.8: the ends, then the earlier of the two between.
  ["0.07", 4, ["0.03", "0.01", "0", "0.03"]],
  ["0.03", 2, ["0.02", "0.01"]],
])("u_shaped splits %s among %i, those first that lose most", (amount, n, texts) => {
  expect(textsOf(amount, "u_shaped", n)).toEqual(texts);
});

// 3 is 1.2, 0.2, 0.2, 0.2, 1.2: all of them lost 0.2.
it.each([
  [3n, [2n, 0n, 0n, 0n, 1n]],
  [6n, [3n, 1n, 0n, 0n, 2n]],
  [9n, [4n, 1n, 1n, 0n, 3n]],
  [12n, [5n, 1n, 1n, 1n, 4n]],
])("u_shaped splits %s units among 5, the earliest first where all lose the same", (units, shares) => {
  expect(sharesOf(units, "u_shaped", 5)).toEqual(shares);
});

it.each([
  ["1.005", ["0.503", "0.502"]],
  ["0.1", ["0.05", "0.05"]],
  ["1e-7", ["0.0000001", "0"]],
  ["3e-7", ["0.0000002", "0.0000001"]],
  ["1e+21", ["500000000000000000000", "500000000000000000000"]],
  ["9007199254740993", ["4503599627370496.5", "4503599627370496.5"]],
  ["0.12345678901234567", ["0.06172839450617284", "0.06172839450617283"]],
])("splits %s in its own precision, in cents where that has fewer decimals", (amount, texts) => {
  expect(textsOf(amount, "even", 2)).toEqual(texts);
});

it("gives all of it to the first or the last, by the ways first and last", () => {
  expect(each(3, split(-7n, "first", 3))).toEqual([-7n, 0n, 0n]);
  expect(each(3, split(-7n, "last", 3))).toEqual([0n, 0n, -7n]);
  expect(each(1, splitText("12.30", "first", 1))).toEqual(["12.3"]);
  expect(each(1, splitText("12.30", "last", 1))).toEqual(["12.3"]);
});

it("gives the same share of a place on every call", () => {
  const share = splitText("0.98", "u_shaped", 7);
  const forwards = each(7, share);
  const backwards = each(7, (place) => share(6 - place));
  expect(backwards.toReversed()).toEqual(forwards);
});

describe.each(WAYS)("%s, of every small amount among few", (way) => {
  it("is what fractions and a sort give", () => {
    for (let n = 1; n <= 40; n += 1)
      for (let units = -45n; units <= 45n; units += 1n)
        expect(sharesOf(units, way, n), `${units} among ${n}`).toEqual(naiveSplit(units, fractions(way, n)));
  });
});

describe.each(WAYS)("%s, of random amounts", (way) => {
  const roll = dice(41);
  const scenes = Array.from({ length: 500 }, () => {
    const n = between(roll, 1, pick(roll, [3, 12, 300]));
    const units = wholeOf(roll, pick(roll, [1, 4, 9, 40])) * pick(roll, [1n, 1n, -1n]);
    return { n, units, title: `${units} among ${n}` };
  });
  /** The amount that adds whole units to all. */
  const round = (parts: readonly Fraction[]) => parts.reduce((most, { under }) => (under > most ? under : most), 1n);

  it("adds up", () => {
    for (const { n, units, title } of scenes) expect(sumOf(sharesOf(units, way, n)), title).toBe(units);
  });

  it("is what fractions and a sort give", () => {
    for (const { n, units, title } of scenes)
      expect(sharesOf(units, way, n), title).toEqual(naiveSplit(units, fractions(way, n)));
  });

  it("is less than a unit away from what is due", () => {
    for (const { n, units, title } of scenes) {
      const parts = fractions(way, n);
      for (const [place, share] of sharesOf(units, way, n).entries()) {
        const { over, under } = parts[place] ?? { over: 0n, under: 1n };
        const away = share * under - units * over;
        expect((away < 0n ? -away : away) < under, title).toBe(true);
      }
    }
  });

  it("is the same with the other sign for an amount with the other sign", () => {
    for (const { n, units, title } of scenes)
      expect(sharesOf(-units, way, n), title).toEqual(sharesOf(units, way, n).map((share) => -share));
  });

  it("grows by what is due when the amount grows by what divides without a rest", () => {
    for (const { n, units, title } of scenes.filter(({ units }) => units >= 0n)) {
      const parts = fractions(way, n);
      const step = round(parts);
      const grown = sharesOf(units, way, n).map((share, place) => {
        const { over, under } = parts[place] ?? { over: 0n, under: 1n };
        return share + (step * over) / under;
      });
      expect(sharesOf(units + step, way, n), title).toEqual(grown);
    }
  });
});

describe.each(WAYS)("%s, in the amount's own words", (way) => {
  const roll = dice(43);
  const amounts = Array.from({ length: 200 }, () => {
    const whole = wholeOf(roll, pick(roll, [2, 12, 30]));
    const fraction = between(roll, 0, 9);
    const sign = pick(roll, ["", "-"]);
    return `${sign}${whole}${fraction === 0 ? "" : `.${wholeOf(roll, fraction)}`}${pick(roll, ["", "", "e-7", "e+3", "e-30"])}`;
  }).map((text) => text.replace(/^(-?)0+(?=\d)/, "$1"));

  it("adds up to the amount", () => {
    for (const amount of amounts) {
      const texts = textsOf(amount, way, between(roll, 1, 30));
      const total = texts.map((text) => parseDecimal(text)).reduce(addDecimals);
      expect(formatDecimal(total), amount).toBe(formatDecimal(parseDecimal(amount)));
    }
  });

  it("writes no exponent, no sign of zero and no zeros that say nothing", () => {
    for (const amount of amounts)
      for (const text of textsOf(amount, way, between(roll, 1, 30))) {
        expect(text, amount).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(text).not.toBe("-0");
      }
  });

  it("has no more decimals than the amount, or two", () => {
    for (const amount of amounts) {
      const most = Math.max(2, parseDecimal(amount).scale);
      for (const text of textsOf(amount, way, between(roll, 1, 30)))
        expect(parseDecimal(text).scale, amount).toBeLessThanOrEqual(most);
    }
  });
});

describe.each(WAYS)("%s, among very many", (way) => {
  it.each([
    [10n ** 9n, 99_991],
    [1n, 100_000],
    [-99_999n, 100_000],
    [10n ** 30n + 7n, 100_000],
  ])("splits %s among %i as fractions and a sort do", (units, n) => {
    const shares = sharesOf(units, way, n);
    const naive = naiveSplit(units, fractions(way, n));
    expect(shares.findIndex((share, place) => share !== naive[place])).toBe(-1);
    expect(sumOf(shares)).toBe(units);
  });

  it("adds up among millions", () => {
    const n = 3_000_017;
    const share = split(-(10n ** 9n), way, n);
    let sum = 0n;
    for (let place = 0; place < n; place += 1) sum += share(place);
    expect(sum).toBe(-(10n ** 9n));
  });
});
