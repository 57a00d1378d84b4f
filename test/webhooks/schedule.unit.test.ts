/** When a webhook that was not accepted is sent again. */

import { describe, expect, it } from "vitest";
import { nextTryMs } from "../../src/webhooks/retry-schedule.ts";

const HOUR = 3_600_000;
const STEPS = [5_000, 300_000, 1_800_000, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR].map(
  (delay, index) => [index + 1, delay] as const,
);

describe.each(STEPS)("after %i tries", (tries, delay) => {
  it(`the next comes ${delay} ms later`, () => {
    expect(nextTryMs(tries, 0, null)).toBe(delay);
  });

  it("jitter adds up to a fifth", () => {
    expect(nextTryMs(tries, 0.5, null)).toBe((delay * 11) / 10);
    expect(nextTryMs(tries, 0.999_999, null)).toBeLessThanOrEqual(delay * 1.2);
  });

  it("the receiver's wish counts where it is longer", () => {
    expect(nextTryMs(tries, 0, delay / 1000 + 7)).toBe(delay + 7_000);
    expect(nextTryMs(tries, 0.5, 1)).toBe((delay * 11) / 10);
  });
});

it("there is no try after the tenth, also when the receiver sends Retry-After", () => {
  expect(nextTryMs(10, 0, null)).toBeNull();
  expect(nextTryMs(10, 0, 60)).toBeNull();
});
