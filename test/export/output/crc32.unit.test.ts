/** The CRCs of parts combine to the CRC of the whole. */

import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { combineCrc32 } from "../../../src/export/output/crc32.ts";
import { between, dice } from "../../support/random.ts";

function randomBytes(roll: () => number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => Math.floor(roll() * 256));
}

describe("the CRC-32 of two parts", () => {
  const roll = dice(3);
  const whole = randomBytes(roll, 10_000);

  it("is that of the whole, wherever it is split", () => {
    const splits = [0, 1, 2, 9_999, 10_000, ...Array.from({ length: 500 }, () => between(roll, 0, 10_000))];
    const combined = splits.map((at) =>
      combineCrc32(crc32(whole.subarray(0, at)), crc32(whole.subarray(at)), whole.length - at),
    );
    expect(new Set(combined)).toEqual(new Set([crc32(whole)]));
  });

  it("is that of the other when one is empty", () => {
    const sum = crc32(whole);
    expect([combineCrc32(sum, 0, 0), combineCrc32(0, sum, whole.length)]).toEqual([sum, sum]);
  });

  it("can be taken part by part, empty ones among them", () => {
    for (let round = 0; round < 100; round += 1) {
      const cuts = Array.from({ length: between(roll, 0, 12) }, () => between(roll, 0, 10_000));
      const edges = [0, ...cuts, 10_000].toSorted((a, b) => a - b);
      const parts = edges.slice(1).map((to, n) => whole.subarray(edges[n], to));
      expect(parts.reduce((sum, part) => combineCrc32(sum, crc32(part), part.length), 0)).toBe(crc32(whole));
    }
  });

  // 5 GiB of zeros, doubled from one, beside the same length taken in one step: 8 × length is past 2^32.
  it("holds for parts longer than 4 GiB", () => {
    let [sum, length] = [crc32(new Uint8Array(1)), 1];
    for (let doubling = 0; doubling < 30; doubling += 1) {
      sum = combineCrc32(sum, sum, length);
      length *= 2;
    }
    const gib = sum;
    const oneByOne = Array.from({ length: 5 }, () => gib).reduce(
      (all, part) => combineCrc32(all, part, length),
      0x1234,
    );
    const four = [gib, gib, gib].reduce((all, part) => combineCrc32(all, part, length), gib);
    const five = combineCrc32(four, gib, length);
    expect(combineCrc32(0x1234, five, 5 * length)).toBe(oneByOne);
  });
});
