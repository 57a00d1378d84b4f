/**
 * The share of an amount that each credited touchpoint gets. Shares are whole units that add up to the amount exactly:
 * each share is rounded towards zero, and the remaining units go, one each, to the touchpoints that lost most by
 * rounding, the earliest first among equals. A negative amount has the shares of the positive one, with the sign
 * changed.
 *
 * Nothing is stored per touchpoint: all but the first and the last have the same share, so the place determines who
 * gets one more.
 */

import { parseDecimal, formatDecimal } from "./decimals.ts";
import type { Rule } from "./models.ts";

/** Amounts are money: an amount without decimals is split into cents too. */
const MIN_SCALE = 2;

/**
 * @param n the number of credited touchpoints, at least 1.
 * @returns a function from a place among the credited touchpoints, 0 to n − 1, to its units.
 */
export function split(units: bigint, share: Rule["share"], n: number): (place: number) => bigint {
  if (n === 1) return () => units;
  switch (share) {
    case "first":
      return (place) => (place === 0 ? units : 0n);
    case "last":
      return (place) => (place === n - 1 ? units : 0n);
    case "even":
      return evenly(units, n);
    case "u_shaped":
      return n === 2 ? evenly(units, n) : uShaped(units, n);
  }
}

/**
 * The same for texts, with the decimals of the amount, at least two.
 * @param amount a number as JSON writes it; shares have the same format, without an exponent.
 * @throws RangeError see parseDecimal.
 */
export function splitText(amount: string, share: Rule["share"], n: number): (place: number) => string {
  const { units, scale } = parseDecimal(amount, MIN_SCALE);
  const unitsOf = split(units, share, n);
  let written = { units: unitsOf(0), text: formatDecimal({ units: unitsOf(0), scale }) };
  return (place) => {
    const units = unitsOf(place);
    // There are at most four different shares, and mostly the next one is the same.
    if (units !== written.units) written = { units, text: formatDecimal({ units, scale }) };
    return written.text;
  };
}

function evenly(units: bigint, n: number): (place: number) => bigint {
  const { whole, more, lost } = divide(units, BigInt(n));
  return (place) => (place < lost ? more : whole);
}

/** 2/5 to the first, 2/5 to the last, 1/5 among those between. @param n at least 3. */
function uShaped(units: bigint, n: number): (place: number) => bigint {
  const between = n - 2;
  const end = divide(2n * units, 5n);
  const middle = divide(units, 5n * BigInt(between));
  const remaining = (2 * end.lost + middle.lost) / 5;
  // The loss of an end minus the loss of a middle one, in parts of a unit / (5 × between).
  const difference = end.lost * between - middle.lost;
  const firstRank = difference >= 0 ? 0 : between;
  const middleRank = Math.sign(difference) + 1;
  const lastRank = difference > 0 ? 1 : between + 1;
  return (place) => {
    if (place === 0) return firstRank < remaining ? end.more : end.whole;
    if (place === n - 1) return lastRank < remaining ? end.more : end.whole;
    return middleRank + place - 1 < remaining ? middle.more : middle.whole;
  };
}

/** The quotient rounded towards zero; the same with one unit more; and the absolute remainder. */
function divide(units: bigint, by: bigint): { whole: bigint; more: bigint; lost: number } {
  const whole = units / by;
  return { whole, more: units < 0n ? whole - 1n : whole + 1n, lost: Math.abs(Number(units % by)) };
}
