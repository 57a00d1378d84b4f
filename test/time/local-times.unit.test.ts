/** Times of a zone's clocks: those that are shown once, twice, or never. */

import { describe, expect, it } from "vitest";
import { localWindow, readLocalTime } from "../../src/time/local-times.ts";

function windowOf(first: string, last: string, zone: string): string[] {
  const [from, to] = [readLocalTime(first), readLocalTime(last)];
  if (from === null || to === null) throw new Error("not a time");
  const { start, end } = localWindow(from, to, zone);
  return [new Date(start).toISOString(), new Date(end).toISOString()];
}

describe("a window of local times", () => {
  it.each<[what: string, first: string, last: string, zone: string, start: string, end: string]>([
    ["of a day", "2026-01-15 00:00:00", "2026-01-15 23:59:59", "Europe/London", "2026-01-15T00:00", "2026-01-16T00:00"],
    [
      "of a second",
      "2026-07-01 12:00:00",
      "2026-07-01 12:00:00",
      "Europe/London",
      "2026-07-01T11:00",
      "2026-07-01T11:00:01",
    ],
    [
      "of a day of 25 hours",
      "2026-10-25 00:00:00",
      "2026-10-25 23:59:59",
      "Europe/London",
      "2026-10-24T23:00",
      "2026-10-26T00:00",
    ],
    [
      "of a day of 23 hours",
      "2026-03-29 00:00:00",
      "2026-03-29 23:59:59",
      "Europe/London",
      "2026-03-29T00:00",
      "2026-03-29T23:00",
    ],
    // 01:00 to 02:00 is shown twice, from 00:00Z and from 01:00Z on.
    [
      "that begins and ends at a time shown twice",
      "2026-10-25 01:30:00",
      "2026-10-25 01:30:00",
      "Europe/London",
      "2026-10-25T00:30",
      "2026-10-25T01:30:01",
    ],
    // 01:00 to 02:00 is never shown: at 01:00Z clocks show 02:00.
    [
      "that begins at a skipped time",
      "2026-03-29 01:30:00",
      "2026-03-29 02:59:59",
      "Europe/London",
      "2026-03-29T01:00",
      "2026-03-29T02:00",
    ],
    [
      "that ends at a skipped time",
      "2026-03-29 00:00:00",
      "2026-03-29 01:30:00",
      "Europe/London",
      "2026-03-29T00:00",
      "2026-03-29T01:00",
    ],
    [
      "of skipped times alone",
      "2026-03-29 01:10:00",
      "2026-03-29 01:30:00",
      "Europe/London",
      "2026-03-29T01:00",
      "2026-03-29T01:00",
    ],
    [
      "of a zone that skips half an hour",
      "2026-10-04 02:10:00",
      "2026-10-04 02:59:59",
      "Australia/Lord_Howe",
      "2026-10-03T15:30",
      "2026-10-03T16:00",
    ],
    ["in UTC", "2024-02-29 00:00:00", "2024-03-01 00:00:00", "UTC", "2024-02-29T00:00", "2024-03-01T00:00:01"],
  ])("%s", (_, first, last, zone, start, end) => {
    const full = (text: string) => `${text.length === 16 ? `${text}:00` : text}.000Z`;
    expect(windowOf(first, last, zone)).toEqual([full(start), full(end)]);
  });
});

describe("a text", () => {
  it.each([
    "2026-02-29 00:00:00",
    "2026-13-01 00:00:00",
    "2026-01-01 24:00:00",
    "2026-01-01 00:60:00",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "0000-01-01 00:00:00",
    "yesterday",
  ])("%s is no local time", (text) => {
    expect(readLocalTime(text)).toBeNull();
  });
});
