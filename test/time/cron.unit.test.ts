/** When a schedule runs: an expression, a zone, and the time it is to be after. */

import { describe, expect, it, vi } from "vitest";
import { cronFault, lastAt, nextAt, timesAfter } from "../../src/time/cron.ts";

const LEAST = 15 * 60_000;
const BERLIN = "Europe/Berlin";

function times(cron: string, zone: string, after: string, count: number): string[] {
  const found = [];
  for (const at of timesAfter(cron, zone, Date.parse(after))) {
    if (found.length === count) break;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

describe("the next time", () => {
  it("is after the one it is asked for, never that one itself", () => {
    const at = Date.parse("2026-03-02T02:30:00.000Z");
    expect(nextAt("30 2 * * *", "UTC", at - 1)).toBe(at);
    expect(nextAt("30 2 * * *", "UTC", at)).toBe(at + 86_400_000);
    expect(nextAt("30 2 * * *", "UTC", at + 1)).toBe(at + 86_400_000);
  });

  it("does not depend on the present", () => {
    const at = Date.parse("2019-07-01T00:00:00.000Z");
    const answers = ["2001-01-01", "2026-06-01", "2090-01-01"].map((present) => {
      vi.setSystemTime(Date.parse(present));
      return [nextAt("0 9 * * MON", BERLIN, at), lastAt("0 9 * * MON", BERLIN, at)];
    });
    vi.useRealTimers();
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]).toEqual([Date.parse("2019-07-01T07:00:00Z"), Date.parse("2019-06-24T07:00:00Z")]);
  });

  it("is one of the zone's clock, in winter and in summer", () => {
    expect(times("0 6 1 * *", "America/New_York", "2026-02-15T00:00:00Z", 2)).toEqual([
      "2026-03-01T11:00",
      "2026-04-01T10:00",
    ]);
  });

  it("of a time that the day does not have is the first moment after the gap", () => {
    expect(times("30 2 * * *", BERLIN, "2026-03-28T00:00:00Z", 3)).toEqual([
      "2026-03-28T01:30",
      "2026-03-29T01:00",
      "2026-03-30T00:30",
    ]);
  });

  it("of a time that the day has twice is the first of the two alone", () => {
    expect(times("30 2 * * *", BERLIN, "2026-10-24T00:00:00Z", 3)).toEqual([
      "2026-10-24T00:30",
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  it("of a list of times of day keeps to that on both days", () => {
    expect(times("30 2,14 * * *", BERLIN, "2026-03-29T00:00:00Z", 2)).toEqual(["2026-03-29T01:00", "2026-03-29T12:30"]);
    expect(times("30 2,14 * * *", BERLIN, "2026-10-25T00:00:00Z", 2)).toEqual(["2026-10-25T00:30", "2026-10-25T13:30"]);
  });

  it("of every half hour continues through the hour that comes twice", () => {
    expect(times("*/30 * * * *", BERLIN, "2026-10-25T00:00:00Z", 4)).toEqual([
      "2026-10-25T00:30",
      "2026-10-25T01:00",
      "2026-10-25T01:30",
      "2026-10-25T02:00",
    ]);
  });
});

it.each([
  ["30 2 * * *", BERLIN],
  ["*/30 * * * *", BERLIN],
  ["0 0 L * *", "Pacific/Apia"],
])("the last time not after another is the one from which that follows: %s", (cron, zone) => {
  const all = [];
  for (const at of timesAfter(cron, zone, Date.parse("2026-03-28T12:00:00Z"))) {
    if (all.length === 20) break;
    all.push(at);
  }
  for (const [n, at] of all.entries()) {
    if (n > 0) expect(lastAt(cron, zone, at - 1)).toBe(all[n - 1]);
    expect(lastAt(cron, zone, at)).toBe(at);
  }
});

describe("an expression", () => {
  it.each([
    "0 3 * * *",
    "*/15 * * * *",
    "0,15,30,45 8-18 * * MON-FRI",
    "0 0 29 2 *",
    "0 0 L * *",
    "0 0 * * 5#2",
    "0 0 1 JAN,JUL *",
    "5 0,23 * * *",
  ])("%s is one", (cron) => {
    expect(cronFault(cron, LEAST)).toBeNull();
  });

  it.each([
    ["", /five fields.*empty/],
    ["0 3 * *", /five fields.*It has 4/],
    ["0 0 3 * * *", /five fields.*It has 6/],
    ["@daily", /five fields/],
    ["60 3 * * *", /no valid minute: it has 0-59.*not 60/],
    ["0 24 * * *", /no valid hour/],
    ["0 3 32 * *", /no valid day of the month/],
    ["0 3 * 13 *", /no valid month/],
    ["0 3 * * FUNDAY", /no valid day of the week/],
    ["5/10 3 * * *", /no valid minute/],
    ["0 3 ? * *", /no valid day of the month/],
    ["0 0 31 2 *", /never runs/],
    ["* * * * *", /15 minutes/],
    ["*/14 * * * *", /15 minutes/],
    ["0,5 3 * * *", /15 minutes/],
    ["55,5 0,23 * * *", /15 minutes/],
  ])("%s is none, and says why", (cron, why) => {
    expect(cronFault(cron, LEAST)).toMatch(why);
  });
});
