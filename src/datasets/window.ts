/** Windows between two instants, and how far back a space keeps events. Times in epoch ms. */

import type { SpaceRow } from "../db/tenants/spaces.ts";
import { DAY_MS } from "../time/durations.ts";
import type { Fault } from "../errors.ts";
import { boundMs } from "../time/bounds.ts";
import { iso } from "../time/names.ts";
import type { TimeWindow } from "./dataset.ts";

/** A run's request is checked a moment after its window was computed: the oldest start has this margin. */
export const CHECK_MARGIN_MS = 60_000;

/** The oldest time of which the space keeps events. */
export const oldestKept = (space: SpaceRow, now: number): number => now - space.retention_days * DAY_MS;

/** The fault of a window that starts before `oldestKept`. @param name the parameter's. */
export const beforeRetention = (name: string, space: SpaceRow, oldest: number): string =>
  `${name} is before the space's retention of ${space.retention_days} days, which begins at ${iso(oldest)}.`;

/** The window between two instants as they were sent, or what is wrong with them. */
export function instantWindow(
  sent: { start: string; end: string },
  { space, now }: { space: SpaceRow; now: number },
): TimeWindow | Fault {
  const window = { start: boundMs(sent.start), end: boundMs(sent.end) };
  if (window.start >= window.end) return { pointer: "/end", detail: "end must be later than start." };
  if (Date.parse(sent.end) > now) return { pointer: "/end", detail: "end must not be in the future." };
  const oldest = oldestKept(space, now);
  return window.start < oldest ? { pointer: "/start", detail: beforeRetention("start", space, oldest) } : window;
}
