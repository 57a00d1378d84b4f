/** Windows as options name them. */

import { describe, expect, it } from "vitest";
import { eventWindow, spanMs } from "../../../client/src/cli/times.ts";
import { NOW } from "./spillway.ts";

const inZone = (timezone: string) => () => Promise.resolve({ timezone, retention_days: 30 });
const noZone = () => Promise.reject(new Error("the zone is not needed"));
const window = (options: Parameters<typeof eventWindow>[0], zone = "Europe/London", now = NOW) =>
  eventWindow(options, now, inZone(zone));

describe("--last", () => {
  it.each([
    ["30m", "2026-11-03T11:30:00.000Z"],
    ["24h", "2026-11-02T12:00:00.000Z"],
    ["7d", "2026-10-27T12:00:00.000Z"],
    ["4w", "2026-10-06T12:00:00.000Z"],
  ])("%s ends now and needs no time zone", async (last, start) => {
    expect(await eventWindow({ last }, NOW, noZone)).toEqual({ start, end: "2026-11-03T12:00:00.000Z" });
  });

  it("all: what the space keeps, but for what is deleted while the call is made", async () => {
    expect(await window({ last: "all" })).toEqual({
      start: "2026-10-04T12:01:00.000Z",
      end: "2026-11-03T12:00:00.000Z",
    });
  });

  it.each(["", "7", "d", "7 d", "-7d", "0d", "1.5h", "7D", "9999999d", "７d"])("%j is refused", (last) => {
    expect(() => spanMs(last, "--last")).toThrow("--last must be a span such as 30m, 24h, 7d or 4w");
  });
});

describe("--date", () => {
  it("is a whole day of the space's time zone", async () => {
    expect(await window({ date: "2026-11-02" }, "America/New_York")).toEqual({
      start: "2026-11-02T05:00:00.000Z",
      end: "2026-11-03T05:00:00.000Z",
    });
  });

  it("has 25 hours where clocks are put back", async () => {
    expect(await window({ date: "2026-10-25" })).toEqual({
      start: "2026-10-24T23:00:00.000Z",
      end: "2026-10-26T00:00:00.000Z",
    });
  });

  it("begins with the first moment of a day that has no midnight", async () => {
    const { start } = await window({ date: "2018-11-04" }, "America/Sao_Paulo");
    expect(start).toBe("2018-11-04T03:00:00.000Z");
  });

  it("has the days of a range, the last one too", async () => {
    expect(await window({ date: "2026-10-01..2026-10-02" }, "UTC")).toEqual({
      start: "2026-10-01T00:00:00.000Z",
      end: "2026-10-03T00:00:00.000Z",
    });
  });

  it("knows yesterday and today by the calendar of the space's time zone", async () => {
    // At 12:00Z it is the 4th already in Kiritimati.
    const kiritimati = "Pacific/Kiritimati";
    expect(await window({ date: "yesterday" }, kiritimati)).toEqual(await window({ date: "2026-11-03" }, kiritimati));
    expect(await window({ date: "yesterday" })).toEqual(await window({ date: "2026-11-02" }));
    expect(await window({ date: "2026-10-30..today" })).toEqual(await window({ date: "2026-10-30..2026-11-03" }));
  });

  it("has the 23 hours of a yesterday when clocks were put forward", async () => {
    const morning = Date.parse("2026-03-30T02:17:00.000Z");
    expect(await window({ date: "yesterday" }, "Europe/London", morning)).toEqual({
      start: "2026-03-29T00:00:00.000Z",
      end: "2026-03-29T23:00:00.000Z",
    });
  });

  it("ends now where the day goes on", async () => {
    expect(await window({ date: "2026-11-03" }, "UTC")).toEqual({
      start: "2026-11-03T00:00:00.000Z",
      end: "2026-11-03T12:00:00.000Z",
    });
  });

  it.each([
    ["2026-11-04", "--date 2026-11-04 has not begun in UTC."],
    ["2026-02-30", "--date must be a day such as 2026-11-03"],
    ["Yesterday", "--date must be a day such as 2026-11-03 or yesterday"],
    ["toString", "--date must be a day such as 2026-11-03 or yesterday"],
    ["yesterday..2026-10-01", "--date must be a day, or the first and the last"],
    ["2026-10-02..2026-10-01", "--date must be a day, or the first and the last"],
    ["2026-10-01..2026-10-02..2026-10-03", "--date must be a day, or the first and the last"],
  ])("%s is refused", async (date, message) => {
    await expect(window({ date }, "UTC")).rejects.toThrow(message);
  });
});

describe("--start and --end", () => {
  it("pass times on as they are, with every digit, and ask for no time zone", async () => {
    const asked = { start: "2026-11-01T10:00:00.123456Z", end: "2026-11-01T12:00:00+02:00" };
    expect(await eventWindow(asked, NOW, noZone)).toEqual(asked);
  });

  it("take a day as its first moment in the space's time zone", async () => {
    expect(await window({ start: "2026-07-01" })).toEqual({ start: "2026-06-30T23:00:00.000Z" });
  });

  it.each(["2026-11-03T10:00", "2026-11-03 10:00:00Z", "2026-13-01T00:00:00Z", "1762164000", "tomorrow"])(
    "refuse %s and say what is taken",
    async (start) => {
      await expect(window({ start })).rejects.toThrow("--start must be a day (2026-11-03) or a time with its zone");
    },
  );

  it("exclude --last and --date", async () => {
    await expect(window({ last: "7d", end: "2026-11-03" })).rejects.toThrow("three ways: use one of them");
    await expect(window({ last: "7d", date: "2026-11-01" })).rejects.toThrow("three ways: use one of them");
  });
});
