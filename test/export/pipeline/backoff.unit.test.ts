/** Delays grow, are capped, and are spread a little by jitter. */

import { expect, it } from "vitest";
import { backoffSeconds } from "../../../src/export/pipeline/backoff.ts";

const ATTEMPTS = Array.from({ length: 60 }, (_, n) => n + 1);

it("doubles from two seconds up to five minutes", () => {
  expect(ATTEMPTS.slice(0, 10).map((attempt) => backoffSeconds(attempt, 0))).toEqual([
    2, 4, 8, 16, 32, 64, 128, 256, 300, 300,
  ]);
});

it("stays at five minutes however many attempts failed", () => {
  expect(ATTEMPTS.slice(9).every((attempt) => backoffSeconds(attempt, 0) === 300)).toBe(true);
});

it("adds up to a fifth at random, and never subtracts", () => {
  const spread = ATTEMPTS.map((attempt) => [backoffSeconds(attempt, 0), backoffSeconds(attempt, 0.999)] as const);
  expect(spread.every(([least, most]) => most >= least && most <= Math.ceil(least * 1.2))).toBe(true);
  expect(backoffSeconds(9, 0.5)).toBe(330);
});

it("returns whole seconds, as a queue needs them", () => {
  expect(ATTEMPTS.every((attempt) => Number.isInteger(backoffSeconds(attempt, 0.37)))).toBe(true);
});
