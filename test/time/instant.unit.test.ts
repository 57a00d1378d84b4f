/** Times and days that clients send: those that every reader of a file understands. */

import { expect, it } from "vitest";
import { Day, Instant } from "../../src/time/instant.ts";

it.each([
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999Z",
  "2026-01-31T09:30:00+15:59",
  "2026-01-31T09:30:00-15:59",
  "2024-02-29T00:00:00.1+00:00",
])("%s is a time, kept as it was sent", (text) => {
  expect(Instant.parse(text)).toBe(text);
});

it.each([
  ["the year 0", "0000-06-01T00:00:00Z"],
  ["the year 0 in UTC", "0001-01-01T00:00:00+00:01"],
  ["the year 0 by its own clock", "0000-12-31T23:59:59-12:00"],
  ["the year 10000 in UTC", "9999-12-31T23:59:59-00:01"],
  ["an offset of 16 hours", "2026-01-31T09:30:00+16:00"],
  ["an offset of minus 16 hours", "2026-01-31T09:30:00-16:00"],
  ["the largest offset of RFC 3339", "2026-01-31T09:30:00+23:59"],
])("a time may not have %s: %s", (_, text) => {
  expect(Instant.safeParse(text).error?.issues).toHaveLength(1);
});

it.each(["2026-02-30T00:00:00Z", "2026-01-31", "2026-01-31T25:00:00Z", "10000-01-01T00:00:00Z", "", "0000"])(
  "%j is no time, and has one fault",
  (text) => {
    expect(Instant.safeParse(text).error?.issues).toHaveLength(1);
  },
);

it.each(["0001-01-01", "9999-12-31", "2024-02-29"])("%s is a day", (text) => {
  expect(Day.parse(text)).toBe(text);
});

it.each(["0000-01-01", "2026-02-29", "2026-1-1", "2026-01-31T00:00:00Z"])("%s is no day", (text) => {
  expect(Day.safeParse(text).error?.issues).toHaveLength(1);
});
