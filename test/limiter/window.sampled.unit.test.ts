/** The sliding log: the calls that it admits in any sixty seconds, at its edges and over random times. */

import { describe, expect, it } from "vitest";
import { decide, WINDOW_MS } from "../../src/limiter/window.ts";
import { dice } from "../support/random.ts";
import { seeds } from "../support/seeds.ts";

/** What happens to calls at these times, oldest first. */
function replay(times: readonly number[], limit: number) {
  let passed: number[] = [];
  return times.map((time) => {
    const decision = decide(passed, time, limit);
    passed = decision.passed;
    return { time, ...decision };
  });
}

describe("the edge of the window", () => {
  it("refuses a call 59,999 ms after the oldest of a full window", () => {
    expect(decide([0, 10, 20], 59_999, 3).allowed).toBe(false);
  });

  it("lets a call pass exactly 60,000 ms after the oldest of a full window", () => {
    expect(decide([0, 10, 20], 60_000, 3).allowed).toBe(true);
  });

  it("counts calls of the same millisecond one by one", () => {
    expect(replay([5, 5, 5, 5], 3).map((call) => call.allowed)).toEqual([true, true, true, false]);
  });
});

describe("what is left", () => {
  it("counts the places down to none", () => {
    expect(replay([0, 1, 2, 3], 3).map((call) => call.remaining)).toEqual([2, 1, 0, 0]);
  });

  it("says when the oldest call stops counting", () => {
    expect(decide([1_000, 2_000], 11_000, 3).resetMs).toBe(50_000);
  });

  it("keeps a refused call out of the log", () => {
    expect(decide([0, 1], 2, 2).passed).toEqual([0, 1]);
  });

  it("drops calls that no longer count", () => {
    expect(decide([0, 50_000], 60_000, 5).passed).toEqual([50_000, 60_000]);
  });
});

describe("a limit that was lowered", () => {
  it("refuses while more calls count than it allows now", () => {
    expect(decide([0, 10_000, 20_000, 30_000], 60_000, 2)).toMatchObject({ allowed: false, remaining: 0 });
  });

  it("says when the next call really passes", () => {
    const passed = [0, 10_000, 20_000, 30_000];
    const { resetMs } = decide(passed, 40_000, 2);
    expect([decide(passed, 40_000 + resetMs - 1, 2).allowed, decide(passed, 40_000 + resetMs, 2).allowed]).toEqual([
      false,
      true,
    ]);
  });
});

/** Times that come in bursts and lulls, oldest first. */
function randomTimes(roll: () => number): number[] {
  let time = 0;
  return Array.from({ length: 400 }, () => {
    time += roll() < 0.7 ? Math.floor(roll() * 50) : Math.floor(roll() * 40_000);
    return time;
  });
}

describe.each(seeds({ first: 1, few: 8, full: 8, all: 64 }))("over random times (seed %i)", (seed) => {
  const roll = dice(seed);
  const limit = 1 + Math.floor(roll() * 8);
  const calls = replay(randomTimes(roll), limit);
  const passed = calls.filter((call) => call.allowed).map((call) => call.time);

  it("never lets more than the limit pass in a span of 60 seconds", () => {
    const spans = passed.slice(limit).map((time, index) => time - (passed[index] ?? 0));
    expect(spans.length).toBeGreaterThan(0);
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(WINDOW_MS);
  });

  it("refuses only when the limit passed in the 60 seconds before", () => {
    const refused = calls.filter((call) => !call.allowed);
    const before = (time: number) => passed.filter((each) => each <= time && each > time - WINDOW_MS).length;
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map((call) => before(call.time)))).toEqual(new Set([limit]));
  });

  it("gives each refused call the earliest time at which it passes", () => {
    const refused = calls.filter((call) => !call.allowed);
    const outcomes = refused.map((call) => [
      decide(call.passed, call.time + call.resetMs - 1, limit).allowed,
      decide(call.passed, call.time + call.resetMs, limit).allowed,
    ]);
    expect(new Set(outcomes.map(String))).toEqual(new Set(["false,true"]));
  });
});
