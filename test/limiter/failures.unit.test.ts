/** Failed authentications: what is kept of them is bounded. */

import { expect, it } from "vitest";
import { Failures, MAX_FAILURES } from "../../src/limiter/failures.ts";

it("lets a client wait until its oldest failure is a minute old", () => {
  const failures = new Failures();
  for (let n = 0; n < MAX_FAILURES; n += 1) failures.add("192.0.2.1", n);
  expect(failures.waitMs("192.0.2.1", 100)).toBe(59_900);
  expect(failures.waitMs("192.0.2.1", 60_000)).toBe(0);
});

it("knows a thousand clients at most, and forgets first who failed longest ago", () => {
  const failures = new Failures();
  for (let n = 0; n < MAX_FAILURES; n += 1) failures.add("first", 0);
  for (let n = 0; n < MAX_FAILURES; n += 1) failures.add("second", 0);
  failures.add("first", 1);
  for (let n = 0; n < 999; n += 1) failures.add(`client-${n}`, 2);
  expect(failures.size).toBe(1_000);
  expect([failures.waitMs("first", 2) > 0, failures.waitMs("second", 2)]).toEqual([true, 0]);
});
