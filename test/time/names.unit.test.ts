/** Times as file names and rows write them: UTC, for any time. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { digits17, iso, isoWithOffset } from "../../src/time/names.ts";

const MOMENT = Date.UTC(2022, 8, 4, 5, 0, 35, 7);

it("writes a file name's time as seventeen digits", () => {
  expect(digits17(MOMENT)).toBe("20220904050035007");
});

it("keeps the milliseconds of a full second in a file name", () => {
  expect(digits17(Date.UTC(2024, 11, 31, 23, 59, 59, 0))).toBe("20241231235959000");
});

it("sorts names as it sorts times", () => {
  const times = [Date.UTC(1999, 11, 31), Date.UTC(2000, 0, 1), Date.UTC(2000, 0, 1, 0, 0, 0, 1), Date.UTC(2100, 0, 1)];
  expect(times.map(digits17).toSorted()).toEqual(times.map(digits17));
});

it("writes a nested row's time with a Z", () => {
  expect(iso(MOMENT)).toBe("2022-09-04T05:00:35.007Z");
});

it("writes a flat row's time with an offset that has no colon", () => {
  expect(isoWithOffset(MOMENT)).toBe("2022-09-04T05:00:35.007+0000");
});

it("writes every time that there is as the language's own dates do", () => {
  const MAX_TIME = 8.64e15;
  const time = fc.oneof(
    fc.integer({ min: -MAX_TIME, max: MAX_TIME }),
    // Close to each other, as the times of a page are: the same hour, and the hours around it.
    fc.integer({ min: MOMENT - 4_000_000, max: MOMENT + 4_000_000 }),
    fc.double({ min: -MAX_TIME, max: MAX_TIME, noNaN: true }),
  );
  fc.assert(
    fc.property(time, (each) => {
      expect(iso(each)).toBe(new Date(each).toISOString());
    }),
  );
});

it("writes no time that there is not", () => {
  for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 3_600_000])
    expect(() => iso(none)).toThrow(RangeError);
});
