/** The overview: which days its address means, what it plots, and how many labels fit at an axis. */

import { describe, expect, it } from "vitest";
import type { DayStats } from "spillway-client";
import { hasValues, labelShown, PLOTS, shortDay } from "../../console/src/pages/overview/plots.ts";
import { compactSpan } from "../../console/src/ui/format.ts";
import { queryOf, spanOf } from "../../console/src/pages/overview/span.ts";

const TODAY = "2026-12-01";
const spanIn = (query: string) => spanOf(new URLSearchParams(query), TODAY);

const NOTHING = { created: 0, completed: 0, failed: { customer: 0, service: 0 }, canceled: 0, rows: 0, bytes: 0 };
const DAY: DayStats = {
  day: TODAY,
  exports: { ...NOTHING, seconds: { p50: null, p95: null }, datasets: [] },
  webhooks: { attempts: 0, delivered: 0, failed: 0, lag_seconds: { p50: null, p95: null } },
  rate_limits: [],
};

describe("the days of the overview", () => {
  it("are the last 30 with today, where the address names none", () => {
    expect(spanIn("")).toEqual({ from: "2026-11-02", to: TODAY, days: 30 });
  });

  it("are as many as the address asks for, where that is one of the choices", () => {
    expect(spanIn("days=7")).toEqual({ from: "2026-11-25", to: TODAY, days: 7 });
    expect(spanIn("days=8").days).toBe(30);
  });

  it("are those between two days of the address", () => {
    expect(spanIn("from=2026-01-01&to=2026-01-31")).toEqual({ from: "2026-01-01", to: "2026-01-31", days: null });
    expect(spanIn("from=yesterday&to=2026-01-31").days).toBe(30);
  });

  it.each(["days=90", "from=2026-01-01&to=2026-01-31"])("are in the address again: %s", (query) => {
    expect(new URLSearchParams(queryOf(spanIn(query))).toString()).toBe(query);
  });
});

describe("a plot", () => {
  const failures = PLOTS.filter(({ series }) => series.some(({ of }) => of(withFailure) === 1));
  it("of failures counts those of either side", () => {
    expect(failures.map(({ series }) => series.map(({ of }) => of(withFailure)))).toEqual([[0, 1]]);
  });

  it("is empty where no day has a value, or where all are zero", () => {
    expect(PLOTS.filter((plot) => hasValues(plot, [DAY, DAY]))).toEqual([]);
    expect(PLOTS.filter((plot) => hasValues(plot, [DAY, withFailure]))).toEqual(failures);
  });
});

it("refused calls are those of all rate limits together", () => {
  const limited: DayStats = {
    ...DAY,
    rate_limits: [
      { policy: "list", refused: 2, highest: 7 },
      { policy: "poll", refused: 3, highest: 30 },
    ],
  };
  const values = PLOTS.flatMap(({ series }) => series.map(({ of }) => of(limited)));
  expect(values.filter((value) => value !== null && value > 0)).toEqual([5]);
});

const withFailure: DayStats = { ...DAY, exports: { ...DAY.exports, failed: { customer: 0, service: 1 } } };

it.each([
  [0, "0 s"],
  [2.5, "2.5 s"],
  [150, "2.5 min"],
  [10_800, "3 h"],
  [129_600, "1.5 d"],
])("%d seconds are short at an axis: %s", (seconds, written) => {
  expect(compactSpan(seconds)).toBe(written);
});

describe("the labels of an axis", () => {
  const shown = (labels: number, width: number) =>
    Array.from({ length: labels }, (_, index) => index).filter(labelShown(labels, width, 50));

  it("are all shown where there is room", () => {
    expect(shown(7, 400)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it.each([
    [30, 250],
    [90, 250],
    [366, 250],
    [30, 1_000],
  ])("of %i days on %i pixels do not run into each other", (labels, width) => {
    const [first = 0, second = 0] = shown(labels, width);
    expect(((second - first) * width) / labels).toBeGreaterThanOrEqual(50);
  });

  it("are days and months", () => {
    expect(shortDay("2026-11-03")).toBe("3 Nov");
  });
});
