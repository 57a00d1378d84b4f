/**
 * When the page asks about an export again. A space has a number of polls a minute, which the page shares with the
 * space's own programs: the page asks often only while most of them are left.
 */

/** Without the service's word for it. */
const UNKNOWN_MS = 5_000;
const QUICK_MS = 2_000;
const SLOW_MS = 6_000;
const FEW_MS = 15_000;

/**
 * The pause after a poll.
 * @param headers of its answer: `RateLimit: "poll";r=12;t=37` has the polls that are left and the seconds until another
 * is allowed, `RateLimit-Policy: "poll";q=30;w=60` the polls a minute.
 * @returns milliseconds
 */
export function pauseAfterPoll(headers: Headers): number {
  const left = numberOf(headers.get("ratelimit"), "r");
  const seconds = numberOf(headers.get("ratelimit"), "t");
  const all = numberOf(headers.get("ratelimit-policy"), "q");
  if (left === null || all === null || all === 0) return UNKNOWN_MS;
  const share = left / all;
  if (share > 1 / 2) return QUICK_MS;
  if (share > 1 / 4) return SLOW_MS;
  return Math.max(FEW_MS, (seconds ?? 0) * 1000);
}

function numberOf(field: string | null, parameter: string): number | null {
  const found = new RegExp(`;\\s*${parameter}=(\\d+)`).exec(field ?? "")?.[1];
  return found === undefined ? null : Number(found);
}
