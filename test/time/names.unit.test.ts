/** Times as file names and rows write them: UTC, for any time. */

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
