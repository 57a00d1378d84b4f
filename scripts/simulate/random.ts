/** Seeded randomness: the same seed gives the same simulation, event by event. */

/** @returns numbers in [0, 1), by the generator mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A time with a minimum and a long tail, as answers over a network have.
 * @returns `least`, and on average `more` on top.
 */
export const tailed = (random: () => number, least: number, more: number): number =>
  least - more * Math.log(1 - random());
