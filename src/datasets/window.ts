/** How far back a space keeps events. Times in epoch ms. */

import type { SpaceRow } from "../db/tenants/spaces.ts";
import { DAY_MS } from "../time/durations.ts";
import { iso } from "../time/names.ts";

/** A run's request is checked a moment after its window was computed: the oldest start has this margin. */
export const CHECK_MARGIN_MS = 60_000;

/** The oldest time of which the space keeps events. */
export const oldestKept = ({ retention_days: days }: Pick<SpaceRow, "retention_days">, now: number): number =>
  now - days * DAY_MS;

/** The fault of a window that starts before `oldestKept`. @param name the parameter's. */
export const beforeRetention = (
  name: string,
  { retention_days: days }: Pick<SpaceRow, "retention_days">,
  oldest: number,
): string => `${name} is before the space's retention of ${days} days, which begins at ${iso(oldest)}.`;
