/**
 * A sliding window log. It is exact, because it keeps the time of every admitted call: in any span of `WINDOW_MS` at
 * most `limit` calls are admitted. Pure.
 */

export interface Decision {
  allowed: boolean;
  /** Calls that would still be admitted now. */
  remaining: number;
  /** Milliseconds until one more call than now would be admitted. */
  resetMs: number;
  /** Epoch ms of the calls that still count, oldest first. */
  passed: number[];
}

export const WINDOW_MS = 60_000;

/**
 * @param passed epoch ms of the admitted calls, oldest first; calls outside the window are dropped.
 * @param now epoch ms, not before the last of `passed`.
 */
export function decide(passed: readonly number[], now: number, limit: number): Decision {
  const counting = passed.filter((time) => time > now - WINDOW_MS);
  const allowed = counting.length < limit;
  if (allowed) counting.push(now);
  // If the limit was lowered below the calls that count, the oldest of the last `limit` calls must expire first.
  const oldest = counting[Math.max(0, counting.length - limit)] ?? now;
  return {
    allowed,
    remaining: Math.max(0, limit - counting.length),
    resetMs: oldest + WINDOW_MS - now,
    passed: counting,
  };
}
