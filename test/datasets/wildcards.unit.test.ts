/** `*` matches any number of characters, also none; every other character matches itself. */

import { describe, expect, it } from "vitest";
import { expandNames, matches, MAX_NAMES } from "../../src/datasets/wildcards.ts";
import { SpillwayError } from "../../src/errors.ts";
import { between, dice, pick } from "../support/random.ts";

describe("a pattern", () => {
  it.each([
    ["order_placed", "order_placed", true],
    ["order_placed", "order_placed2", false],
    ["order_placed", "Order_placed", false],
    ["*", "order_placed", true],
    ["order_*", "order_placed", true],
    ["order_*", "order_", true],
    ["order_*", "my_order_placed", false],
    ["*_placed", "order_placed", true],
    ["*_placed", "order_placed_late", false],
    ["o*d", "order_placed", true],
    ["o*d", "od", true],
    ["o*d", "o", false],
    ["aba*aba", "aba", false],
    ["aba*aba", "ababa", false],
    ["aba*aba", "abaaba", true],
    ["*e*e*", "there", true],
    ["*e*e*", "once", false],
    ["a*b*c", "a1c2b3", false],
    ["a*b*c", "abbc", true],
    ["a**b", "ab", true],
    ["****", "a", true],
    ["a*bc*bc", "abc", false],
    ["a*bc*bc", "abcbc", true],
  ])("%s against %s: %s", (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it("means what the same regular expression means, on random names", () => {
    const roll = dice(1);
    const word = (letters: readonly string[], most: number) =>
      Array.from({ length: between(roll, 0, most) }, () => pick(roll, letters)).join("");
    const samples = Array.from({ length: 3_000 }, () => ({
      pattern: word(["a", "b", "*"], 7),
      name: word(["a", "b"], 9),
    }));
    const ours = samples.map(({ pattern, name }) => matches(pattern, name));
    const theirs = samples.map(({ pattern, name }) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name));
    expect(ours).toEqual(theirs);
  });

  // A backtracking matcher takes longer than the universe for this one.
  it("that almost fits in very many ways is decided without trying them all", () => {
    expect(matches(`${"*a".repeat(63)}*b`, "a".repeat(64))).toBe(false);
  });
});

const faultsOf = (expand: () => unknown) => {
  try {
    expand();
  } catch (thrown) {
    if (thrown instanceof SpillwayError) return { code: thrown.code, faults: thrown.faults };
    throw thrown;
  }
  throw new Error("nothing was refused");
};

describe("a list of names", () => {
  const known = ["cart_filled", "order_placed", "order_shipped", "visit"];

  it("means each definition once, in the order of ids, for any order of names", () => {
    expect(expandNames(["visit", "order_*", "*placed", "visit"], known)).toEqual([
      "order_placed",
      "order_shipped",
      "visit",
    ]);
  });

  it("may have a pattern that means nothing", () => {
    expect(expandNames(["refund_*"], known)).toEqual([]);
  });

  it("is refused for every exact name that the space lacks, each at its place", () => {
    const { code, faults } = faultsOf(() => expandNames(["visit", "Visit", "order_*", "refund"], known));
    expect(code).toBe("invalid_request");
    expect(faults.map((fault) => fault.pointer)).toEqual(["/event_names/1", "/event_names/3"]);
  });

  it("may mean two hundred definitions", () => {
    const many = Array.from({ length: MAX_NAMES }, (_, n) => `e${n}`);
    expect(expandNames(["*"], many)).toHaveLength(200);
  });

  it("is refused as a whole when it means more than two hundred", () => {
    const many = Array.from({ length: MAX_NAMES + 1 }, (_, n) => `e${n}`);
    expect(faultsOf(() => expandNames(["e1*", "*"], many))).toMatchObject({
      code: "invalid_request",
      faults: [{ pointer: "/event_names" }],
    });
  });
});
