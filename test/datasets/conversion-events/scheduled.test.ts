/** A schedule of conversions: whole days in the space's time zone, each once. */

import { expect, it } from "vitest";
import { market } from "../../support/conversions.ts";
import { runAt, runsOf, schedule } from "../../support/schedules.ts";

it("exports the days that are over, also missed ones, and leaves the present day to the next run", async () => {
  const { service, space } = await market([null], { timezone: "America/New_York" });
  service.now = Date.parse("2026-03-06T20:00:00Z");
  const request = { dataset: "conversion_events", fields: ["amount"] };
  const { id } = await schedule(service, space, { cron: "0 3 * * *", timezone: "America/New_York", request });
  // The clocks go forward on the 8th; nothing ran on the 9th.
  for (const time of ["07T08:00", "08T07:00", "10T07:00"]) await runAt(service, Date.parse(`2026-03-${time}:00Z`));
  const created = (await runsOf(service, space, id)).filter((run) => run.outcome === "made");
  const asked = await Promise.all(
    created.map(async (run) => (await service.poll(space, run.export?.id ?? "")).request),
  );
  expect(asked.map(({ date, start_date, end_date }) => [date, start_date, end_date])).toEqual([
    ["2026-03-06", undefined, undefined],
    ["2026-03-07", undefined, undefined],
    [undefined, "2026-03-08", "2026-03-09"],
  ]);
  expect(created.map((run) => run.window?.end)).toEqual([
    "2026-03-07T05:00:00.000Z",
    "2026-03-08T05:00:00.000Z",
    "2026-03-10T04:00:00.000Z",
  ]);
});

it("takes at most 31 days at once, and catches up", async () => {
  const { service, space } = await market([null], { timezone: "UTC" });
  service.now = Date.parse("2026-03-01T12:00:00Z");
  const request = { dataset: "conversion_events" };
  const backfill = { backfill_from: "2025-12-15T00:00:00Z", cron: "0 3 1 * *" };
  const { id } = await schedule(service, space, { ...backfill, request });
  for (const time of ["01T12:01", "01T12:02", "01T12:03", "01T12:04"])
    await runAt(service, Date.parse(`2026-03-${time}:00Z`));
  const windows = (await runsOf(service, space, id)).flatMap((run) => (run.window === null ? [] : [run.window]));
  expect(windows.map(({ start, end }) => [start.slice(0, 10), end.slice(0, 10)])).toEqual([
    ["2025-12-15", "2026-01-01"],
    ["2026-01-01", "2026-02-01"],
    ["2026-02-01", "2026-03-01"],
  ]);
});
