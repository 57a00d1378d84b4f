/** When a webhook that was not accepted is sent again. Pure; jitter spreads the retries of many webhooks. */

const MINUTE = 60;
const HOUR = 3_600;

/** Before each try, in seconds, from the try before it. */
const DELAYS = [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/**
 * @param tries how many were made, from 1.
 * @param random in [0, 1).
 * @param retryAfterSeconds what the receiver asked for with `Retry-After`.
 * @returns milliseconds until the next try: the schedule's delay plus up to a fifth, or `retryAfterSeconds` where that
 * is longer; null after the last try.
 */
export function nextTryMs(tries: number, random: number, retryAfterSeconds: number | null): number | null {
  const delay = DELAYS[tries];
  if (delay === undefined) return null;
  return Math.round(Math.max(delay * (1 + random / 5), retryAfterSeconds ?? 0) * 1000);
}
