/** How far back a space keeps events. Times in epoch ms. */

import type { SpaceRow } from "../db/tenants/spaces.ts";
import { DAY_MS } from "../time/durations.ts";
import { iso } from "../time/names.ts";

/** A run's request is checked a moment after its window was computed: the oldest start has this margin. */
export const CHECK_MARGIN_MS = 60_000;

/** The oldest time of which the space keeps events. */
export const oldestKept = (space: SpaceRow, now: number): number => now - space.retention_days * DAY_MS;

/** The fault of a window that starts before `oldestKept`. @param name the parameter's. */
export const beforeRetention = (name: string, space: SpaceRow, oldest: number): string =>
  `${name} is before the space's retention of ${space.retention_days} days, which begins at ${iso(oldest)}.`;
