/**
 * What each credited touchpoint gets of an amount. Shares are whole units that add up to the amount exactly: each touchpoint gets
 * its share rounded towards zero, and the units that are left go, one each, to those that lost most, the earliest first among
 * equals. A negative amount is split as a positive one is, and so are its signs.
 *
 * Nothing is kept per touchpoint: all but the first and the last have the same share, so its place tells who gets a unit more.
 */

import { parseDecimal, formatDecimal } from "./decimals.ts";
import type { Rule } from "./models.ts";

/** Amounts are money: one without decimals is split into cents, too. */
const MIN_SCALE = 2;

/**
 * @param n how many touchpoints are credited, at least 1.
 * @returns from a touchpoint's place among the credited, 0 to n − 1, to its units.
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
 * The same from text to text, in the amount's own precision: its decimals, at least two.
 * @param amount a number as JSON writes it; shares are written likewise, without an exponent.
 * @throws RangeError see decimalOf.
 */
export function splitText(amount: string, share: Rule["share"], n: number): (place: number) => string {
  const { units, scale } = parseDecimal(amount, MIN_SCALE);
  const unitsOf = split(units, share, n);
  let written = { units: unitsOf(0), text: formatDecimal({ units: unitsOf(0), scale }) };
  return (place) => {
    const units = unitsOf(place);
    // There are four different shares at most, and mostly the next is the same again.
    if (units !== written.units) written = { units, text: formatDecimal({ units, scale }) };
    return written.text;
  };
}

function evenly(units: bigint, n: number): (place: number) => bigint {
  const { whole, more, lost } = divided(units, BigInt(n));
  return (place) => (place < lost ? more : whole);
}

/** 2/5 to the first, 2/5 to the last, 1/5 among those between. @param n at least 3. */
function uShaped(units: bigint, n: number): (place: number) => bigint {
  const between = n - 2;
  const end = divided(2n * units, 5n);
  const middle = divided(units, 5n * BigInt(between));
  const left = (2 * end.lost + middle.lost) / 5;
  // What an end lost and what a middle one lost, both in parts of 5 × between.
  const difference = end.lost * between - middle.lost;
  const firstRank = difference >= 0 ? 0 : between;
  const middleRank = Math.sign(difference) + 1;
  const lastRank = difference > 0 ? 1 : between + 1;
  return (place) => {
    if (place === 0) return firstRank < left ? end.more : end.whole;
    if (place === n - 1) return lastRank < left ? end.more : end.whole;
    return middleRank + place - 1 < left ? middle.more : middle.whole;
  };
}

/** Rounded towards zero; with one unit more; and how many parts of a unit the rounding took, without a sign. */
function divided(units: bigint, by: bigint): { whole: bigint; more: bigint; lost: number } {
  const whole = units / by;
  return { whole, more: units < 0n ? whole - 1n : whole + 1n, lost: Math.abs(Number(units % by)) };
}
