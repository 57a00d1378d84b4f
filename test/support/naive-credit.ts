/**
 * Attribution once more, the slow way: fractions of whole numbers, a list with an entry for each touchpoint, a sort. It
 * shares nothing with src/attribution; tests compare the two.
 */

import { between, pick } from "./random.ts";

export interface Fraction {
  over: bigint;
  under: bigint;
}

export type Way = "even" | "u_shaped";

const DIRECT = 0;
const PAID = 2;

/** What part each of n touchpoints is due. */
export function fractions(way: Way, n: number): Fraction[] {
  const places = Array.from({ length: n }, (_, place) => place);
  if (way === "even" || n <= 2) return places.map(() => ({ over: 1n, under: BigInt(n) }));
  return places.map((place) =>
    place === 0 || place === n - 1 ? { over: 40n, under: 100n } : { over: 20n, under: 100n * BigInt(n - 2) },
  );
}

/** Whole units by largest remainder, the earliest first among equals. */
export function naiveSplit(units: bigint, parts: readonly Fraction[]): bigint[] {
  const sign = units < 0n ? -1n : 1n;
  const size = units * sign;
  // All over one denominator: the first, the last and one between have all there are.
  const under = [0, 1, parts.length - 1].reduce((product, at) => product * (parts[at]?.under ?? 1n), 1n);
  const due = parts.map((part, place) => {
    const exact = (size * part.over * under) / part.under;
    return { place, floor: exact / under, rest: exact % under };
  });
  let left = size - due.reduce((sum, { floor }) => sum + floor, 0n);
  const shares = due.map(({ floor }) => floor);
  const byRest = due.toSorted((a, b) => (a.rest === b.rest ? a.place - b.place : a.rest > b.rest ? -1 : 1));
  for (const { place } of byRest) {
    if (left === 0n) break;
    shares[place] = (shares[place] ?? 0n) + 1n;
    left -= 1n;
  }
  return shares.map((share) => share * sign);
}

/** The places that get credit, from the words of the models. */
export function naiveCredited(model: string, kinds: readonly number[]): number[] {
  const all = kinds.map((kind, place) => ({ kind, place }));
  const paid = all.filter(({ kind }) => kind === PAID);
  const notDirect = all.filter(({ kind }) => kind !== DIRECT);
  const chosen = {
    first_touch: all.slice(0, 1),
    last_touch: all.slice(-1),
    linear: all,
    first_platform_touch: paid.slice(0, 1),
    last_platform_touch: paid.slice(-1),
    linear_paid: paid,
    u_shaped: all,
    last_non_direct_touch: (notDirect.length > 0 ? notDirect : all).slice(-1),
  }[model];
  if (chosen === undefined) throw new Error(`there is no model ${model}`);
  return chosen.map(({ place }) => place);
}

/** The kinds of up to `most` touchpoints, sometimes of one or two kinds only. */
export function journey(roll: () => number, most: number): (0 | 1 | 2)[] {
  const kinds = pick(roll, [[0, 1, 2], [0, 1, 2], [0, 2], [0, 1], [0], [2]] as const);
  return Array.from({ length: between(roll, 0, most) }, () => pick<0 | 1 | 2>(roll, kinds));
}

/** A whole number of up to so many digits. */
export function wholeOf(roll: () => number, digits: number): bigint {
  return BigInt(Array.from({ length: between(roll, 1, digits) }, () => between(roll, 0, 9)).join(""));
}
