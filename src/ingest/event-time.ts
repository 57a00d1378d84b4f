/** When something may have happened that is sent now. */

import { DAY_MS } from "../time/durations.ts";

/** A sender's clock may be fast by that much. */
export const MAX_AHEAD_MS = 5 * 60_000;

/**
 * What is wrong with a time that was sent, in words, or null: not more than five minutes ahead, not older than the space keeps.
 * @param field the name under which it was sent.
 * @param time epoch ms.
 * @param now epoch ms.
 */
export function eventTimeFault(field: string, time: number, now: number, retentionDays: number): string | null {
  if (time > now + MAX_AHEAD_MS) return `${field} is more than five minutes in the future.`;
  if (time < now - retentionDays * DAY_MS)
    return `${field} is older than this space keeps events: ${retentionDays} days.`;
  return null;
}
