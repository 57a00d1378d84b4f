/**
 * How much of a random suite a run plays. `SEEDS` sets it: `few` (`npm test`), `full` (`npm run test:full`), `all`
 * (`npm run test:soak`), or the seeds themselves, as a failed test's title names them: `SEEDS=5003,5010`.
 */

import { inject } from "vitest";

/** How many seeds each kind of run plays, counted from `first` on. */
export interface Suite {
  first: number;
  few: number;
  full: number;
  all: number;
}

declare module "vitest" {
  interface ProvidedContext {
    seeds: string;
  }
}

/** Is this the quick run, which plays a sample of what the full run plays? */
export const IS_SAMPLE = inject("seeds") === "few";

/** Is this the soak run, which plays everything? */
export const IS_SOAK = inject("seeds") === "all";

/** @returns the seeds of this run, ascending. @throws when `SEEDS` is neither a kind of run nor a list of numbers. */
export function seeds(suite: Suite): number[] {
  const asked = inject("seeds");
  if (asked === "few" || asked === "full" || asked === "all")
    return Array.from({ length: suite[asked] }, (_, n) => suite.first + n);
  const listed = asked.split(",").map(Number);
  if (!listed.every(Number.isSafeInteger)) throw new Error(`SEEDS must be few, full, all or seeds, not "${asked}".`);
  return listed;
}

/** The seeds of this run in groups, for tests that play several seeds each. */
export function seedGroups(suite: Suite, size: number): number[][] {
  const all = seeds(suite);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

/**
 * Every nth of a suite that is walked and not rolled, from `offset` on.
 * @param n in a run of `few`. @param nInFull in a run of `full`; each other run plays all of the suite.
 */
export function everyNth<Item>(items: readonly Item[], n: number, offset: number, nInFull = 1): Item[] {
  const asked = inject("seeds");
  const step = asked === "few" ? n : asked === "full" ? nInFull : 1;
  return items.filter((_, at) => at % step === offset % step);
}
