/** Days in a time zone, by workerd's own zone data: the irregular days, one by one. */

import { describe, expect, it } from "vitest";
import { addDays, dayOf, daysBetween, dayWindow, isTimeZone } from "../../src/time/days.ts";

const HOUR = 3_600_000;

const shown = (date: string, zone: string) => {
  const { start, end } = dayWindow(date, zone);
  return [new Date(start).toISOString(), new Date(end).toISOString(), (end - start) / HOUR];
};

const DAYS: [what: string, date: string, zone: string, start: string, end: string, hours: number][] = [
  ["a day like others", "2026-01-15", "Europe/London", "2026-01-15T00:00", "2026-01-16T00:00", 24],
  ["a day in UTC", "2024-02-29", "UTC", "2024-02-29T00:00", "2024-03-01T00:00", 24],
  ["a day whose clocks go forward", "2026-03-29", "Europe/London", "2026-03-29T00:00", "2026-03-29T23:00", 23],
  ["a day whose clocks go back", "2026-10-25", "Europe/London", "2026-10-24T23:00", "2026-10-26T00:00", 25],
  [
    "a day whose clocks go forward by half an hour",
    "2026-10-04",
    "Australia/Lord_Howe",
    "2026-10-03T13:30",
    "2026-10-04T13:00",
    23.5,
  ],
  [
    "a day whose clocks go back by half an hour",
    "2026-04-05",
    "Australia/Lord_Howe",
    "2026-04-04T13:00",
    "2026-04-05T13:30",
    24.5,
  ],
  ["a day that begins at 01:00", "2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00", "2018-11-05T02:00", 23],
  ["a day that ends twice at 24:00", "2018-02-17", "America/Sao_Paulo", "2018-02-17T02:00", "2018-02-18T03:00", 25],
  [
    "the day before clocks go back over midnight",
    "2006-10-28",
    "America/St_Johns",
    "2006-10-28T02:30",
    "2006-10-29T02:30",
    24,
  ],
  [
    "a day that clocks going back over midnight begin twice",
    "2006-10-29",
    "America/St_Johns",
    "2006-10-29T02:30",
    "2006-10-30T03:30",
    25,
  ],
  ["the day before one that was left out", "2011-12-29", "Pacific/Apia", "2011-12-29T10:00", "2011-12-30T10:00", 24],
  ["a day that was left out", "2011-12-30", "Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00", 0],
  ["the day after one that was left out", "2011-12-31", "Pacific/Apia", "2011-12-30T10:00", "2011-12-31T10:00", 24],
  [
    "a day of an offset with seconds",
    "1971-06-01",
    "Africa/Monrovia",
    "1971-06-01T00:44:30",
    "1971-06-02T00:44:30",
    24,
  ],
  [
    "a day that is longer by a new offset of the zone",
    "2015-08-14",
    "Asia/Pyongyang",
    "2015-08-13T15:00",
    "2015-08-14T15:30",
    24.5,
  ],
];

it.each(DAYS)("%s: %s in %s", (_, date, zone, start, end, hours) => {
  const full = (time: string) => `${time.padEnd(19, ":00")}.000Z`;
  expect(shown(date, zone)).toEqual([full(start), full(end), hours]);
});

describe.each(["America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe"])("in %s", (zone) => {
  const dates = Array.from({ length: 3 * 366 }, (_, n) => addDays("2010-01-01", n));

  it("each day ends where the next one begins", () => {
    for (const date of dates) expect(dayWindow(date, zone).end).toBe(dayWindow(addDays(date, 1), zone).start);
  });

  it("an instant is of the day whose window holds it, its first and its last one too", () => {
    for (const date of dates) {
      const { start, end } = dayWindow(date, zone);
      if (start < end) expect([dayOf(start, zone), dayOf(end - 1, zone)]).toEqual([date, date]);
    }
  });
});

it("the hour that clocks show again over midnight is of the day that had begun", () => {
  const oneMinutePastMidnight = Date.parse("2006-10-29T02:31:00Z");
  const local = new Date(oneMinutePastMidnight).toLocaleString("sv", { timeZone: "America/St_Johns" });
  expect([local, dayOf(oneMinutePastMidnight, "America/St_Johns")]).toEqual(["2006-10-28 23:01:00", "2006-10-29"]);
});

it("counts days over months, leap days and years, forward and back", () => {
  expect([addDays("2024-02-28", 2), addDays("2023-02-28", 2), addDays("2024-01-01", -1)]).toEqual([
    "2024-03-01",
    "2023-03-02",
    "2023-12-31",
  ]);
  expect([daysBetween("2024-02-28", "2024-03-01"), daysBetween("2024-03-01", "2024-02-28")]).toEqual([2, -2]);
  expect(daysBetween("2011-12-29", "2011-12-31")).toBe(2);
});

it("has no window for a date that does not exist, or an unknown zone", () => {
  for (const date of ["2023-02-29", "2024-13-01", "2024-1-1", "20240101", "2024-01-01T00:00", ""])
    expect(() => dayWindow(date, "UTC")).toThrow(RangeError);
  expect(() => dayWindow("2024-01-01", "Mars/Olympus")).toThrow(RangeError);
});

it.each(["UTC", "Europe/London", "US/Pacific", "us/pacific", "Etc/GMT+5", "EST5EDT", "America/Argentina/Buenos_Aires"])(
  "takes %s for a time zone, and has its days",
  (zone) => {
    expect(isTimeZone(zone)).toBe(true);
    expect(dayWindow("2026-01-01", zone).end).toBe(dayWindow("2026-01-02", zone).start);
  },
);

it.each([
  "",
  "JST",
  "IST",
  "PST",
  "+05:30",
  "UTC+1",
  "Z",
  "T10:00Z",
  "2024-01-01T00:00[Europe/London]",
  "Mars/Olympus",
])("does not take %j for a time zone", (name) => {
  expect(isTimeZone(name)).toBe(false);
});

it("has days in every zone that the runtime lists", () => {
  expect(Intl.supportedValuesOf("timeZone").filter((zone) => !isTimeZone(zone))).toEqual([]);
});

it("leaves the runtime's own objects as they are", () => {
  const own = (object: object) => Object.getOwnPropertyNames(object);
  expect(own(globalThis)).not.toContain("Temporal");
  expect(own(Date.prototype)).not.toContain("toTemporalInstant");
});
