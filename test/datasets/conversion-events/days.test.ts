/** A day is a calendar date in the space's time zone, also on days with a change of the clocks. */

import { describe, expect, it } from "vitest";
import { at, conversion, exported, market, HOUR_MS, linesOf } from "../../support/conversions.ts";
import { START } from "../../support/service.ts";

/** Longer ago than any of these days. */
const KEPT = { retention_days: 36_500 };

/** @param hours how long the day is. */
async function idsAround(timezone: string, date: string, first: string, hours: number): Promise<unknown[]> {
  const { service, space } = await market([null], { timezone, ...KEPT });
  service.now = Math.max(START, Date.parse(first) + 48 * HOUR_MS);
  const begin = Date.parse(first);
  const end = begin + hours * HOUR_MS;
  const times = { before: begin - 1, first: begin, last: end - 1, after: end };
  await service.send(
    space,
    Object.entries(times).map(([id, time]) => conversion(id, { occurred_at: at(time) })),
  );
  return (await linesOf(service, space, { date })).map((line) => line["id"]);
}

describe("fact 2.a.3: a day in the space's time zone", () => {
  it.each([
    ["of 24 hours", "Europe/London", "2026-01-15", "2026-01-15T00:00:00.000Z", 24],
    ["of 24 hours east of Greenwich", "Asia/Tokyo", "2026-01-15", "2026-01-14T15:00:00.000Z", 24],
    ["of 23 hours, when clocks go forward", "Europe/London", "2026-03-29", "2026-03-29T00:00:00.000Z", 23],
    ["of 25 hours, when clocks go back", "Europe/London", "2025-10-26", "2025-10-25T23:00:00.000Z", 25],
    [
      "of 24½ hours, when clocks go back by half an hour",
      "Australia/Lord_Howe",
      "2025-04-06",
      "2025-04-05T13:00:00.000Z",
      24.5,
    ],
    [
      "of 23½ hours, when clocks go forward by half an hour",
      "Australia/Lord_Howe",
      "2025-10-05",
      "2025-10-04T13:30:00.000Z",
      23.5,
    ],
    [
      "that begins at one, where midnight is left out",
      "America/Sao_Paulo",
      "2018-11-04",
      "2018-11-04T03:00:00.000Z",
      23,
    ],
    ["that follows a day that was left out", "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z", 24],
  ])("%s has what occurred from its first to its last millisecond", async (_, timezone, date, first, hours) => {
    expect(await idsAround(timezone, date, first, hours)).toEqual(["first", "last"]);
  });
});

describe("a day that never was", () => {
  it.each([["single"], ["files"]])("is completed with no rows, as %s", async (layout) => {
    const { service, space } = await market([null], { timezone: "Pacific/Apia", ...KEPT });
    const begin = Date.parse("2011-12-30T10:00:00.000Z");
    await service.send(space, [
      conversion("last", { occurred_at: at(begin - 1) }),
      conversion("first", { occurred_at: at(begin) }),
    ]);
    const view = await exported(service, space, { date: "2011-12-30", layout });
    expect(view.message).toBe("0 events found for the time period queried.");
    expect(view.progress.rows_total).toBe(0);
    expect(view.files.map(({ rows }) => rows)).toEqual(layout === "single" ? [0] : []);
  });

  it("loses no event of a range that contains it", async () => {
    const { service, space } = await market([null], { timezone: "Pacific/Apia", ...KEPT });
    const begin = Date.parse("2011-12-30T10:00:00.000Z");
    await service.send(space, [
      conversion("last", { occurred_at: at(begin - 1) }),
      conversion("first", { occurred_at: at(begin) }),
    ]);
    const lines = await linesOf(service, space, { start_date: "2011-12-29", end_date: "2011-12-31" });
    expect(lines.map((line) => line["id"])).toEqual(["last", "first"]);
  });
});
