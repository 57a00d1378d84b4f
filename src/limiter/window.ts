/**
 * A sliding log: exact, because it keeps the time of every call that passed. In any span of `windowMs` no more than `limit`
 * calls pass. Pure.
 */

export interface Decision {
  allowed: boolean;
  /** Calls that would still pass at this moment. */
  remaining: number;
  /** Milliseconds until one more place is free than now. */
  resetMs: number;
  /** The times of the calls that count from here on, oldest first. */
  passed: number[];
}

export const WINDOW_MS = 60_000;

/**
 * @param passed when calls passed, oldest first; ones that no longer count are dropped.
 * @param now epoch ms, not before the last of `passed`.
 */
export function decide(passed: readonly number[], now: number, limit: number): Decision {
  const counting = passed.filter((time) => time > now - WINDOW_MS);
  const allowed = counting.length < limit;
  if (allowed) counting.push(now);
  // With fewer places than calls (the limit was lowered), the next free one is the oldest of the last `limit`.
  const oldest = counting[Math.max(0, counting.length - limit)] ?? now;
  return {
    allowed,
    remaining: Math.max(0, limit - counting.length),
    resetMs: oldest + WINDOW_MS - now,
    passed: counting,
  };
}
