/** Which touchpoints of a journey the eight models give credit to. */

import { describe, expect, it } from "vitest";
import { credited, type Model, MODELS, RULES } from "../../src/attribution/models.ts";
import type { Kind } from "../../src/attribution/sources.ts";
import { split } from "../../src/attribution/shares.ts";
import { journey, naiveCredited } from "../support/naive-credit.ts";
import { dice } from "../support/random.ts";

const DIRECT: Kind = 0;
const OTHER: Kind = 1;
const PAID: Kind = 2;

const JOURNEY: Kind[] = [DIRECT, PAID, OTHER, PAID, OTHER, DIRECT];

/** Of 100: what each touchpoint of the journey gets. */
function percents(model: Model, kinds: readonly Kind[]): number[] {
  const percents = kinds.map(() => 0);
  const places = credited(model, kinds);
  if (places.length === 0) return percents;
  const share = split(10_000n, RULES[model].share, places.length);
  for (const [at, place] of places.entries()) percents[place] = Number(share(at)) / 100;
  return percents;
}

it("fact 2.a.8: there are eight models", () => {
  expect(MODELS).toEqual([
    "first_touch",
    "last_touch",
    "linear",
    "first_platform_touch",
    "last_platform_touch",
    "linear_paid",
    "u_shaped",
    "last_non_direct_touch",
  ]);
});

it.each<[Model, number[]]>([
  ["first_touch", [100, 0, 0, 0, 0, 0]],
  ["last_touch", [0, 0, 0, 0, 0, 100]],
  ["linear", [16.67, 16.67, 16.67, 16.67, 16.66, 16.66]],
  ["first_platform_touch", [0, 100, 0, 0, 0, 0]],
  ["last_platform_touch", [0, 0, 0, 100, 0, 0]],
  ["linear_paid", [0, 50, 0, 50, 0, 0]],
  ["u_shaped", [40, 5, 5, 5, 5, 40]],
  ["last_non_direct_touch", [0, 0, 0, 0, 100, 0]],
])("fact 2.a.8: %s credits direct, paid, other, paid, other, direct with %j", (model, expected) => {
  expect(percents(model, JOURNEY)).toEqual(expected);
});

it.each<[Model]>([
  ["first_touch"],
  ["last_touch"],
  ["first_platform_touch"],
  ["last_platform_touch"],
  ["last_non_direct_touch"],
])("fact 2.a.21: %s credits one touchpoint of many", (model) => {
  expect(credited(model, JOURNEY)).toHaveLength(1);
});

it.each<[Model, number[]]>([
  ["linear", [0, 1, 2, 3, 4, 5]],
  ["u_shaped", [0, 1, 2, 3, 4, 5]],
  ["linear_paid", [1, 3]],
])("fact 2.a.21: %s credits the touchpoints %j of six", (model, places) => {
  expect(credited(model, JOURNEY)).toEqual(places);
});

it.each(MODELS)("%s gives no credit for an empty journey", (model) => {
  expect(credited(model, [])).toEqual([]);
});

it.each(MODELS)("%s gives all of it to the only touchpoint, when that is paid", (model) => {
  expect(percents(model, [PAID])).toEqual([100]);
});

describe("without a paid touchpoint", () => {
  it.each<[Model]>([["first_platform_touch"], ["last_platform_touch"], ["linear_paid"]])(
    "%s gives no credit",
    (model) => {
      expect(credited(model, [DIRECT, OTHER, OTHER, DIRECT])).toEqual([]);
    },
  );
});

describe("last_non_direct_touch", () => {
  it("takes the last direct touchpoint where there are only direct ones", () => {
    expect(credited("last_non_direct_touch", [DIRECT, DIRECT, DIRECT])).toEqual([2]);
  });

  it("takes one that is neither direct nor paid before a later direct one", () => {
    expect(credited("last_non_direct_touch", [OTHER, DIRECT])).toEqual([0]);
  });

  it("takes whichever is later of paid ones and others", () => {
    expect(credited("last_non_direct_touch", [PAID, OTHER, DIRECT])).toEqual([1]);
    expect(credited("last_non_direct_touch", [OTHER, PAID, DIRECT])).toEqual([1]);
  });
});

describe("for any journey", () => {
  const roll = dice(20_260_301);
  const journeys = Array.from({ length: 400 }, () => journey(roll, 12));
  const last = (kinds: readonly Kind[], places: readonly number[]) => places.map((place) => kinds.length - 1 - place);

  it.each(MODELS)("%s credits the touchpoints of its description", (model) => {
    for (const kinds of journeys) expect(credited(model, kinds), String(kinds)).toEqual(naiveCredited(model, kinds));
  });

  it.each(MODELS)("%s gives away the whole or nothing", (model) => {
    for (const kinds of journeys) {
      const places = credited(model, kinds);
      const total = percents(model, kinds).reduce((sum, percent) => sum + Math.round(percent * 100), 0);
      expect(total, String(kinds)).toBe(places.length === 0 ? 0 : 10_000);
    }
  });

  it("linear_paid is linear on what is paid", () => {
    for (const kinds of journeys) {
      const paid = kinds.flatMap((kind, place) => (kind === PAID ? [place] : []));
      const among = credited(
        "linear",
        paid.map(() => PAID),
      );
      expect(credited("linear_paid", kinds)).toEqual(among.map((at) => paid[at]));
    }
  });

  it.each<[Model, Model]>([
    ["first_touch", "last_touch"],
    ["first_platform_touch", "last_platform_touch"],
  ])("%s of a journey is %s of the same one backwards", (first, lastModel) => {
    for (const kinds of journeys)
      expect(credited(lastModel, kinds.toReversed())).toEqual(last(kinds, credited(first, kinds)));
  });

  it("direct touchpoints at the end change nothing for last_non_direct_touch once there is another one", () => {
    for (const kinds of journeys.filter((kinds) => kinds.some((kind) => kind !== DIRECT)))
      expect(credited("last_non_direct_touch", [...kinds, DIRECT, DIRECT])).toEqual(
        credited("last_non_direct_touch", kinds),
      );
  });
});
