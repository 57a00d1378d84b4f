/** Values that a run fills in: its window, and the export that it continues. */

import { describe, expect, it } from "vitest";
import type { AnyDataset, Schedulable } from "../../src/datasets/dataset.ts";
import { DATASETS } from "../../src/datasets/index.ts";
import type { SpaceRow } from "../../src/db/tenants/spaces.ts";
import { planRun } from "../../src/schedules/run-due.ts";
import { fillRequest } from "../../src/schedules/request.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-03-10T03:00:20.000Z");
const AT = Date.parse("2026-03-10T03:00:00.000Z");
const SPACE: SpaceRow = {
  id: "s",
  name: "Shop",
  timezone: "UTC",
  retention_days: 30,
  status: "active",
  external_id: "",
  dialects: "{}",
  branding: "{}",
  portal_origins: "[]",
  home: "",
  created_at: 0,
};

const [events] = DATASETS;
if (events === undefined) throw new Error("no dataset is listed");

const schedulable: Schedulable = {
  parameters: ["from", "to"],
  oldest: () => NOW - 30 * DAY,
  toParameters: (window) => ({ parameters: { from: window.start, to: window.end }, window }),
};

/** A dataset that has these members beyond what any has. */
function dataset(more: Partial<AnyDataset>): AnyDataset {
  const { schedulable: _, ...plain } = events as AnyDataset;
  return { ...plain, name: "made_up", shape: {}, ...more };
}

const request = { dataset: "made_up" };
const previous = { at: AT, coveredUntil: AT - DAY, incremental: true, since: "export-1" };
const filled = (of: AnyDataset, more: Partial<typeof previous> | { since: null } = {}) =>
  fillRequest(of, request, { ...previous, ...more }, SPACE, NOW);

describe("a run of a dataset with a window", () => {
  it("begins where the completed ones end, where there is no since", () => {
    expect(filled(dataset({ schedulable }), { since: null })).toEqual({
      request: { ...request, from: AT - DAY, to: AT },
      windowStart: AT - DAY,
      windowEnd: AT,
      lateFrom: null,
    });
  });

  it("keeps to that where since leaves out what occurred later but was there before", () => {
    expect(filled(dataset({ schedulable }))?.request).toEqual({ ...request, from: AT - DAY, to: AT });
  });

  it("keeps to that too where the dataset reads late events, from the oldest that is kept", () => {
    const late = dataset({ schedulable: { ...schedulable, readsLate: true } });
    const window = { windowStart: AT - DAY, windowEnd: AT };
    const request_ = { ...request, from: AT - DAY, to: AT };
    expect(filled(late)).toEqual({ request: { ...request_, since: "export-1" }, ...window, lateFrom: NOW - 30 * DAY });
    expect(filled(late, { since: null })).toEqual({ request: request_, ...window, lateFrom: NOW - 30 * DAY });
    expect(filled(late, { incremental: false })).toEqual({ request: request_, ...window, lateFrom: null });
  });

  it("goes no further back than the retention", () => {
    const long = { coveredUntil: AT - 60 * DAY };
    expect(filled(dataset({ schedulable }), long)).toMatchObject({ windowStart: NOW - 30 * DAY });
    expect(filled(dataset({ schedulable: { ...schedulable, oldest: () => AT } }), long)).toBeNull();
  });

  it("ends where the dataset's longest request ends, and leaves the rest to the next run", () => {
    const days = {
      ...schedulable,
      toParameters: () => ({
        parameters: { date: "2026-03-09" },
        window: { start: AT - 27 * 3_600_000, end: AT - 3 * 3_600_000 },
      }),
    };
    expect(filled(dataset({ schedulable: days }))).toMatchObject({
      request: { date: "2026-03-09" },
      windowStart: AT - 27 * 3_600_000,
      windowEnd: AT - 3 * 3_600_000,
    });
    expect(filled(dataset({ schedulable: { ...schedulable, toParameters: () => null } }))).toBeNull();
  });
});

describe("a run of a dataset without a window", () => {
  it("has the same request each time without since", () => {
    expect(filled(dataset({}), { since: null })).toEqual({
      request,
      windowStart: null,
      windowEnd: AT,
      lateFrom: null,
    });
  });

  it("requests changes since the last completed export", () => {
    expect(filled(dataset({}))?.request).toEqual({ ...request, since: "export-1" });
  });
});

describe("the turn", () => {
  const hourly = { cron: "0 * * * *", timezone: "UTC", created_at: AT - 10 * DAY };
  const HOUR = 3_600_000;

  it("is that of the run that is due, and then the next", () => {
    expect(planRun({ ...hourly, next_run_at: AT }, NOW)).toEqual({ at: AT, skipped: [], nextRunAt: AT + HOUR });
  });

  it("is of the past one by one", () => {
    const row = { ...hourly, created_at: NOW, next_run_at: AT - 4 * HOUR };
    expect(planRun(row, NOW)).toEqual({ at: AT - 4 * HOUR, skipped: [], nextRunAt: AT - 3 * HOUR });
  });

  it("names a hundred of those that it merges, and no more, after any number of missed runs", () => {
    const turn = planRun({ ...hourly, next_run_at: AT - 9 * DAY }, NOW);
    expect(turn).toMatchObject({ at: AT, nextRunAt: AT + HOUR });
    expect(turn.skipped).toHaveLength(100);
    expect(turn.skipped[0]).toBe(AT - 9 * DAY);
  });
});
