/** The step function of what a schedule's runs had. */

import { array, assert, constant, integer, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import type { HadStep } from "../../src/db/events/event-range.ts";
import { cover, type Covered } from "../../src/schedules/coverage.ts";

const BEGIN: HadStep[] = [{ until: 100, seq: 5 }];
const upTo = (steps: readonly HadStep[], time: number) => steps.find(({ until }) => time < until)?.seq ?? 0;

describe("coverage", () => {
  it("is one step of the runs that also have late events", () => {
    const late = Number.NEGATIVE_INFINITY;
    const first = cover(BEGIN, { start: late, end: 200, seq: 7 });
    expect(first).toEqual([{ until: 200, seq: 7 }]);
    expect(cover(first, { start: late, end: 300, seq: 7 })).toEqual([{ until: 300, seq: 7 }]);
  });

  it("has a step for each run that has its window alone", () => {
    const first = cover(BEGIN, { start: 100, end: 200, seq: 7 });
    expect(cover(first, { start: 200, end: 300, seq: 9 })).toEqual([
      { until: 100, seq: 5 },
      { until: 200, seq: 7 },
      { until: 300, seq: 9 },
    ]);
  });

  it("does not change when a run is counted again, or in another order, and never falls", () => {
    const time = integer({ min: 0, max: 40 });
    const run = record({ start: oneof(time, constant(Number.NEGATIVE_INFINITY)), end: time, seq: time });
    assert(
      property(array(run, { maxLength: 12 }), (runs: Covered[]) => {
        const of = (list: readonly Covered[]) => list.reduce<HadStep[]>(cover, BEGIN);
        const steps = of(runs);
        expect(of(runs.toReversed())).toEqual(steps);
        expect(of([...runs, ...runs])).toEqual(steps);
        for (let at = -1; at <= 101; at += 1) {
          const had = runs.filter(({ start, end }) => start <= at && at < end).map(({ seq }) => seq);
          expect(upTo(steps, at)).toBe(Math.max(0, at < 100 ? 5 : 0, ...had));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("keeps a thousand steps: past them the two oldest are one, so that nothing comes twice", () => {
    let steps = BEGIN;
    for (let n = 1; n <= 1_000; n += 1) steps = cover(steps, { start: n * 100, end: (n + 1) * 100, seq: 5 + n });
    expect(steps).toHaveLength(1_000);
    expect(steps.slice(0, 2)).toEqual([
      { until: 200, seq: 6 },
      { until: 300, seq: 7 },
    ]);
    expect(steps.at(-1)).toEqual({ until: 100_100, seq: 1_005 });
  });
});
