/** Expressions of segments: how operators bind, and what is refused. */

import { describe, expect, it } from "vitest";
import { readFilter } from "../../../../src/http/dialects/apsis/filter.ts";
import type { Combination } from "../../../../src/segments/combination.ts";

const NAMES = new Map(["a", "b", "c", "with-dash.1", "åland"].map((name) => [name, `id-${name}`]));
const read = (text: string) => readFilter(text, (name) => NAMES.get(name));
const a: Combination = { segment: "id-a" };
const b: Combination = { segment: "id-b" };
const c: Combination = { segment: "id-c" };
const not = (part: Combination): Combination => ({ none: [part] });

describe("an expression", () => {
  it.each<[string, Combination]>([
    ["a", a],
    ["  ( ( a ) ) ", a],
    ["!a", not(a)],
    ["!!a", not(not(a))],
    ["!(a) & b", { all: [not(a), b] }],
    ["a&b&c", { all: [a, b, c] }],
    ["a | b & c", { any: [a, { all: [b, c] }] }],
    ["(a | b) & c", { all: [{ any: [a, b] }, c] }],
    ["!(a | b)", not({ any: [a, b] })],
    ["! a | b", { any: [not(a), b] }],
    ["a & a", { all: [a, a] }],
    ["with-dash.1 & åland", { all: [{ segment: "id-with-dash.1" }, { segment: "id-åland" }] }],
  ])("reads %s", (text, combination) => {
    expect(read(text)).toEqual({ combination });
  });

  it.each([
    ["", /ends where a name/],
    ["   ", /ends where a name/],
    ["a &", /ends where a name/],
    ["!", /ends where a name/],
    ["& a", /has & where a name/],
    ["a | | b", /has \| where a name/],
    ["()", /has \) where a name/],
    ["a b", /has b where &, \| or the end/],
    ["a)", /has \) where &, \| or the end/],
    ["(a", /not closed/],
    ["a && b", /has & where a name/],
    ["d", /the name d, which segment_discriminators does not have/],
    ["AND", /the name AND/],
    ["x".repeat(1_000), /^filter has the name x{40}…, which/],
    [`a ${"x".repeat(1_000)}`, /^filter has x{40}… where/],
    [`${"(".repeat(11)}a${")".repeat(11)}`, /deeper than 10 levels/],
    ["!".repeat(90_000), /deeper than 10 levels/],
  ])("refuses %s", (text, wrong) => {
    expect(read(text)).toEqual({ wrong: expect.stringMatching(wrong) as string });
  });

  it("takes ten levels", () => {
    expect(read(`${"(".repeat(10)}a${")".repeat(10)}`)).toEqual({ combination: a });
  });
});
