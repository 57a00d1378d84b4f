/** The times that an event may have: not too far in the future, not past the space's retention. */

import { DAY_MS } from "../time/durations.ts";

/** How fast a sender's clock may be. */
export const MAX_AHEAD_MS = 5 * 60_000;

/**
 * @param field the name of the time's field, for the text.
 * @param time epoch ms. @param now epoch ms.
 * @returns what is wrong with a time, as a sentence; null: nothing.
 */
export function eventTimeFault(field: string, time: number, now: number, retentionDays: number): string | null {
  if (time > now + MAX_AHEAD_MS) return `${field} is more than five minutes in the future.`;
  if (time < now - retentionDays * DAY_MS)
    return `${field} is older than this space keeps events: ${retentionDays} days.`;
  return null;
}
