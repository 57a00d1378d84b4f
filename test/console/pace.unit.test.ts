/** When the page polls again: it leaves most polls of a minute to the space's programs. */

import { expect, it } from "vitest";
import { pauseAfterPoll } from "../../console/src/exports/pace.ts";

const answer = (left: number, seconds: number, all = 30) =>
  new Headers({ ratelimit: `"poll";r=${left};t=${seconds}`, "ratelimit-policy": `"poll";q=${all};w=60` });

it("polls quickly while more than half of the polls are left", () => {
  expect(pauseAfterPoll(answer(29, 60))).toBe(2_000);
});

it("slows down when half of them are used", () => {
  expect(pauseAfterPoll(answer(15, 30))).toBe(6_000);
});

it("waits until another poll is allowed where few are left", () => {
  expect(pauseAfterPoll(answer(7, 40))).toBe(40_000);
  expect(pauseAfterPoll(answer(0, 1))).toBe(15_000);
});

it("measures what is left by the space's own limit", () => {
  expect(pauseAfterPoll(answer(29, 60, 1_000))).toBe(60_000);
});

it.each([{}, { ratelimit: '"poll";r=3;t=1' }, { ratelimit: "nonsense", "ratelimit-policy": "nonsense" }])(
  "waits five seconds where an answer does not say what is left: %o",
  (headers) => {
    expect(pauseAfterPoll(new Headers(headers))).toBe(5_000);
  },
);

it("by itself leaves at least a third of thirty polls, in every minute", () => {
  const polls: number[] = [];
  for (let now = 0; now < 300_000;) {
    polls.push(now);
    const used = polls.filter((at) => at > now - 60_000).length;
    expect(used).toBeLessThanOrEqual(20);
    now += pauseAfterPoll(answer(30 - used, 60));
  }
});
