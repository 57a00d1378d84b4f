/**
 * A histogram of durations with fixed buckets, so that counts of several days add up. Each bucket reaches a fifth
 * further than the one before it: a percentile is at most that much larger than the true one, and never smaller.
 */

/** The upper bound of bucket 0, in ms. */
const FIRST_MS = 100;
const RATIO = 1.2;
/** Beyond three weeks all durations are in the last bucket. */
export const MAX_BUCKET = 92;

/** The bucket of a duration in ms. */
export function bucketOf(durationMs: number): number {
  if (durationMs <= FIRST_MS) return 0;
  const bucket = Math.ceil(Math.log(durationMs / FIRST_MS) / Math.log(RATIO) - 1e-9);
  return Math.min(bucket, MAX_BUCKET);
}

/**
 * The duration in seconds that this share of all durations did not pass.
 * @param counts how many durations each bucket has, by its number. @param share above 0, at most 1.
 * @returns null without durations.
 */
export function percentileSeconds(counts: ReadonlyMap<number, number>, share: number): number | null {
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  let left = Math.ceil(total * share);
  for (const [bucket, n] of [...counts].toSorted(([a], [b]) => a - b)) {
    left -= n;
    if (left <= 0) return Number(((FIRST_MS * RATIO ** bucket) / 1000).toPrecision(3));
  }
  return null;
}
