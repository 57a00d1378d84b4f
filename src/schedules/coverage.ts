/**
 * What the completed runs of a schedule exported, as a step function from an event's time of occurrence to a sequence
 * number: an event was exported if its sequence number is not larger than the function's value at its time. A schedule
 * begins with what was accepted before it was made, and each completed run raises the function within its window. So an
 * event is in one run, however late it arrives and whatever is changed about the schedule in between.
 */

import type { HadStep } from "../db/events/event-range.ts";

/**
 * The most steps that are kept. The runs of an incremental schedule make one step together. Of a schedule without
 * increments each run makes one; past the limit the two oldest become one, with the higher number: if the schedule
 * becomes incremental later, no event comes twice, and events that arrived late for one of the oldest windows before
 * the next run may be left out.
 */
const MAX_STEPS = 1_000;

/** What a run had: the events that occurred at `start` ≤ time < `end` (epoch ms), up to the snapshot `seq`. */
export interface Covered {
  /** -Infinity where the run also had late events. */
  start: number;
  end: number;
  seq: number;
}

/** @param steps in ascending order. @returns the steps with the run's, in ascending order. */
export function cover(steps: readonly HadStep[], { start, end, seq }: Covered): HadStep[] {
  const bounds = [...steps.map(({ until }) => until), start, end].filter(Number.isFinite);
  const raised: HadStep[] = [];
  let at = 0;
  for (const until of [...new Set(bounds)].toSorted((a, b) => a - b)) {
    while ((steps[at]?.until ?? Number.POSITIVE_INFINITY) < until) at += 1;
    const had = steps[at]?.seq ?? 0;
    const value = until > start && until <= end ? Math.max(had, seq) : had;
    if (raised.at(-1)?.seq === value) raised.pop();
    raised.push({ until, seq: value });
  }
  if (raised.at(-1)?.seq === 0) raised.pop();
  const [first, second, ...others] = raised;
  if (raised.length <= MAX_STEPS || first === undefined || second === undefined) return raised;
  return [{ until: second.until, seq: Math.max(first.seq, second.seq) }, ...others];
}
