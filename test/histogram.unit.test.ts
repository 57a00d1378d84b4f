/** The histogram of durations: percentiles are never too small, and at most a fifth too large. */

import { describe, expect, it } from "vitest";
import { bucketOf, MAX_BUCKET, percentileSeconds } from "../src/histogram.ts";

const DURATIONS_MS = [0, 1, 99, 100, 101, 120, 121, 144, 145, 1_000, 59_999, 60_000, 3_600_000, 86_400_000];
const counted = (durations: readonly number[]) => {
  const counts = new Map<number, number>();
  for (const each of durations) counts.set(bucketOf(each), (counts.get(bucketOf(each)) ?? 0) + 1);
  return counts;
};

describe("a percentile", () => {
  it.each(DURATIONS_MS)("of %i ms alone is at least as long, and at most a fifth longer", (ms) => {
    const seconds = percentileSeconds(counted([ms]), 0.5) ?? 0;
    expect(seconds * 1_000).toBeGreaterThanOrEqual(ms * 0.995);
    expect(seconds * 1_000).toBeLessThanOrEqual(Math.max(100, ms * 1.21));
  });

  it("is that of the share of all durations, in whatever order they came", () => {
    const durations = [...Array.from({ length: 95 }, () => 1_000), ...Array.from({ length: 5 }, () => 60_000)];
    expect(percentileSeconds(counted(durations.toReversed()), 0.95)).toBeLessThan(1.2);
    expect(percentileSeconds(counted([...durations, 60_000]), 0.95)).toBeGreaterThanOrEqual(60);
  });

  it("of nothing is none", () => {
    expect(percentileSeconds(new Map(), 0.5)).toBeNull();
  });
});

it("durations beyond three weeks are in the last bucket", () => {
  expect(bucketOf(21 * 86_400_000)).toBeLessThanOrEqual(MAX_BUCKET);
  expect(bucketOf(Number.MAX_SAFE_INTEGER)).toBe(MAX_BUCKET);
});

it("a longer duration is in no lower bucket", () => {
  const buckets = DURATIONS_MS.map(bucketOf);
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
});
