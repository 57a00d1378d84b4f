/** The delay before a retry: pure and capped. Jitter spreads exports that failed at the same time. */

/**
 * The queue's `max_retries` (wrangler.toml) and the first attempt; also the takeovers that fail a chunk or file. Their
 * delays take 13 minutes and more: a bucket may be down for ten (`npm run simulate -- bucket-down`).
 */
export const MAX_ATTEMPTS = 10;

const FIRST_DELAY_SECONDS = 2;
const MAX_SECONDS = 300;

/**
 * @param attempt attempts that failed so far, from 1.
 * @param random in [0, 1).
 * @returns whole seconds: 2, 4, 8 … 300, plus up to a fifth.
 */
export function backoffSeconds(attempt: number, random: number): number {
  const delay = Math.min(MAX_SECONDS, FIRST_DELAY_SECONDS * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(delay * (1 + random / 5));
}
