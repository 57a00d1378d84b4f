/** Texts of a Parquet column that are encoded together have the bytes that each has by itself. */

import { describe, expect, it } from "vitest";
import { encodeTexts, isMostlyDistinct } from "../../../src/export/output/encode/parquet-texts.ts";

const one = (text: string) => [...new TextEncoder().encode(text)];

describe("texts that are encoded together", () => {
  it.each([
    ["none", []],
    ["plain ones, some of them empty", ["a", "", "bc", ""]],
    ["of one, two, three and four bytes a character", ["a", "é", "東京", "🛍️", "", "z"]],
    ["halves of a surrogate pair at the ends of two texts", ["a\ud83d", "\ude00b", "é"]],
    ["halves alone", ["\ude00", "\ud83d"]],
  ])("%s", (_, texts) => {
    expect(encodeTexts(texts).map((bytes) => [...bytes])).toEqual(texts.map(one));
  });
});

describe("a column is mostly distinct", () => {
  const ids = Array.from({ length: 3_000 }, (_, n) => `id-${n}`);

  it.each([
    ["with ids", ids, true],
    ["with one value", ["a"], true],
    ["with a third of them twice", ids.map((id, n) => (n % 3 === 0 ? "id-0" : id)), false],
    ["with a few names", ids.map((_, n) => `name-${n % 5}`), false],
    ["without any value", [], false],
  ])("%s", (_, texts, expected) => {
    expect(isMostlyDistinct(texts)).toBe(expected);
  });
});
