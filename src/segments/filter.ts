/** A segment as an export freezes it: its rule, and the times that its event rules count from. */

import { eachRule, type Rule } from "./rule.ts";

const DAY_MS = 86_400_000;

/** Plain JSON; times in epoch ms. */
export interface SegmentFilter {
  rule: Rule;
  /** `within_days` counts back from here. */
  snapshotAt: number;
  /** The space keeps no older events: none counts, whether it has been deleted already or not. */
  oldest: number;
  /** Events of people who were deleted do not count, of whom some may still be there; left out: there are none such. */
  excludeDeleted?: true;
}

/**
 * @param retentionDays the space's.
 * @param deletions were people deleted whose rows may still be there? See `pendingDeletions`.
 */
export function freezeFilter(rule: Rule, snapshotAt: number, retentionDays: number, deletions = false): SegmentFilter {
  const oldest = snapshotAt - retentionDays * DAY_MS;
  return { rule, snapshotAt, oldest, ...(deletions ? { excludeDeleted: true } : {}) };
}

/** The oldest time that an event rule of so many days reads of. */
export function countsFrom({ snapshotAt, oldest }: SegmentFilter, withinDays: number | null | undefined): number {
  return typeof withinDays === "number" ? Math.max(oldest, snapshotAt - withinDays * DAY_MS) : oldest;
}

/** The oldest time of which the segment reads events, epoch ms; 0 when it reads none. */
export function segmentReadsFrom(filter: SegmentFilter): number {
  const events = [...eachRule(filter.rule)].filter((rule) => "event" in rule);
  return events.length === 0 ? 0 : Math.min(...events.map((rule) => countsFrom(filter, rule.within_days)));
}
