/** A segment as an export freezes it: its rule, and the times from which its event rules count. */

import { eachRule, type Rule } from "./rule.ts";
import { DAY_MS } from "../time/durations.ts";

/** Plain JSON; times in epoch ms. */
export interface SegmentFilter {
  rule: Rule;
  /** `within_days` counts back from here. */
  snapshotAt: number;
  /** The start of the space's retention: older events do not count, whether they are deleted already or not. */
  oldest: number;
  /** Were people deleted whose events may still be stored? These events do not count. */
  excludeDeleted: boolean;
  /** May people be merged? A person has the events of the people who are merged into this one. Absent: none are. */
  merged?: boolean | undefined;
}

/** @param snapshotAt epoch ms. @param excludeDeleted see `pendingDeletions`. @param merged see `peopleChanges`. */
export function freezeFilter(
  rule: Rule,
  snapshotAt: number,
  retentionDays: number,
  excludeDeleted = false,
  merged = false,
): SegmentFilter {
  const oldest = snapshotAt - retentionDays * DAY_MS;
  return { rule, snapshotAt, oldest, excludeDeleted, merged };
}

/** The oldest time at which events count for a rule with this `within_days`. */
export function countsFrom({ snapshotAt, oldest }: SegmentFilter, withinDays: number | null | undefined): number {
  return typeof withinDays === "number" ? Math.max(oldest, snapshotAt - withinDays * DAY_MS) : oldest;
}

/** The oldest time of which the segment reads events, epoch ms; 0: it reads none. */
export function segmentReadsFrom(filter: SegmentFilter): number {
  const events = [...eachRule(filter.rule)].filter((rule) => "event" in rule);
  return events.length === 0 ? 0 : Math.min(...events.map((rule) => countsFrom(filter, rule.within_days)));
}
