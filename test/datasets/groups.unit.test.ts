/** Groups of bounded size: nothing is lost, nothing is made before it is needed. */

import { expect, it } from "vitest";
import { boundedGroups } from "../../src/datasets/groups.ts";

const MEGA = 1_000_000;
const groupsOf = (lengths: readonly number[]) =>
  [
    ...boundedGroups(
      lengths,
      (length, n) => ({ n, length }),
      ({ length }) => length,
    ),
  ].map((group) => group.map(({ n }) => n));

it.each([
  ["no items", [], []],
  ["texts that fill a group exactly", [MEGA, MEGA], [[0, 1]]],
  ["one character more", [MEGA, MEGA, 1], [[0, 1], [2]]],
  ["a text that is longer than a group", [1, 3 * MEGA, 1], [[0], [1], [2]]],
  ["only long texts", [3 * MEGA, 3 * MEGA], [[0], [1]]],
])("%s", (_what, lengths, groups) => {
  expect(groupsOf(lengths)).toEqual(groups);
});

it("holds one group's texts, and the first of the next", () => {
  let made = 0;
  const groups = boundedGroups(
    [1, 2, 3, 4, 5, 6],
    () => (made += 1),
    () => MEGA,
  );
  expect(groups.next().value).toEqual([1, 2]);
  expect(made).toBe(3);
});
