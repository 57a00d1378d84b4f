/** Times in rows as epoch microseconds: as `Date.parse` reads them, and down to the microsecond. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { microseconds } from "../../../src/export/output/encode/timestamps.ts";
import { iso, isoWithOffset } from "../../../src/time/names.ts";

const YEAR_1 = Date.parse("0001-01-01T00:00:00.000Z");
const YEAR_9999 = Date.parse("9999-12-31T23:59:59.999Z");

it("reads the times of rows with either zone", () => {
  fc.assert(
    fc.property(fc.integer({ min: YEAR_1, max: YEAR_9999 }), (time) => {
      expect(microseconds(iso(time))).toBe(BigInt(time) * 1000n);
      expect(microseconds(isoWithOffset(time))).toBe(BigInt(time) * 1000n);
    }),
  );
});

it("reads any digits in the form of a row's time as Date.parse does", () => {
  const digits = (max: number, length: number) =>
    fc.integer({ min: 0, max }).map((value) => String(value).padStart(length, "0"));
  const parts = fc.tuple(digits(9999, 4), digits(19, 2), digits(39, 2), digits(29, 2), digits(69, 2), digits(69, 2));
  fc.assert(
    fc.property(parts, ([year, month, day, hour, minute, second]) => {
      const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.007Z`;
      const ms = Date.parse(text);
      expect(microseconds(text)).toBe(Number.isNaN(ms) ? null : BigInt(ms) * 1000n);
    }),
  );
});

it("reads days, offsets and microseconds, and cuts what is below", () => {
  const noon = Date.UTC(2026, 2, 1, 12);
  expect(microseconds("2026-03-01")).toBe(BigInt(Date.UTC(2026, 2, 1)) * 1000n);
  expect(microseconds("2026-03-01T14:00:00+02:00")).toBe(BigInt(noon) * 1000n);
  expect(microseconds("2026-03-01T12:00:00.1234567Z")).toBe(BigInt(noon) * 1000n + 123_456n);
});

it("reads nothing from another text", () => {
  for (const text of ["", "yesterday", "2026-03-01T12:00:00.000X", "2026-13-01T12:00:00.000Z"])
    expect(microseconds(text)).toBeNull();
});
