/** What passes the limits runs: the largest segments of each shape, on the real database. */

import { beforeAll, expect, it } from "vitest";
import { MEMBERS } from "../../src/db/profiles/member-scan.ts";
import { countMembers } from "../../src/db/profiles/segment-members.ts";
import { readSequence } from "../../src/db/core/sequences.ts";
import { compileSegment } from "../../src/segments/compile.ts";
import { freezeFilter, segmentReadsFrom } from "../../src/segments/filter.ts";
import { MAX_SQL_BYTES, maxProfilesPerQuery, rejectTooComplex, rejectTooLarge } from "../../src/segments/limits.ts";
import type { Rule } from "../../src/segments/rule.ts";
import { orders, Service, type Space } from "../support/service.ts";
import { ample } from "../support/ample-budget.ts";

const service = new Service();
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  const profiles = Array.from({ length: 9 }, (_, n) => ({ person_id: `q-${n}`, attributes: { n, name: "x" } }));
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  await service.send(space, orders(3));
});

const times = <Item>(count: number, item: (n: number) => Item) => Array.from({ length: count }, (_, n) => item(n));

async function count(rule: Rule, slice = maxProfilesPerQuery(rule)): Promise<number> {
  const db = service.context.databases.space(space.id);
  const condition = compileSegment(freezeFilter(rule, service.now, 180), MEMBERS);
  const seq = await readSequence(db, space.id);
  return (
    await countMembers(db, { spaceId: space.id, seq, since: 0, condition, slice, lower: "", upper: null }, ample())
  ).records;
}

const ANY_VALUE: Rule = { attribute: "n", op: "in", value: [0, "x", true, false] };
const ORDERED: Rule = {
  event: "order_placed",
  within_days: 30,
  at_least: 3,
  properties: times(7, () => ({ property: "order_id", op: "starts_with", value: "A-" })),
};
/** Groups in each other, with another rule on each level but the last. */
const nested = (levels: number, rule: Rule): Rule =>
  levels === 1 ? rule : { all: [{ attribute: "absent", op: "neq", value: 1 }, nested(levels - 1, rule)] };

it.each<[what: string, rule: Rule, count: number]>([
  ["200 comparisons of numbers", { all: times(199, (n) => ({ attribute: "n", op: "gte", value: n / 100 })) }, 7],
  [
    "200 comparisons of which the last holds",
    { any: times(199, (n) => ({ attribute: "n", op: "eq", value: n - 198 })) },
    1,
  ],
  ["20 rules about events with 7 properties each", { all: times(20, () => ORDERED) }, 1],
  ["10 levels", nested(10, ORDERED), 1],
  ["10 levels of not", times(9, () => 0).reduce<Rule>((inner) => ({ none: [inner] }), ANY_VALUE), 9],
  ["a group of each level at once", { any: times(7, () => nested(9, ORDERED)) }, 1],
  ["lists of values as long as the SQL may be", { any: times(193, () => ANY_VALUE) }, 1],
  [
    "65,536 bytes",
    { attribute: "name", op: "in", value: ["x", ...times(60, (n) => String(n).padStart(1_080, "-"))] },
    9,
  ],
  ["an empty group", { all: [] }, 10],
])("%s", async (_what, rule, expected) => {
  rejectTooLarge(rule);
  rejectTooComplex(rule);
  expect(await count(rule)).toBe(expected);
});

it("are as large as they are said to be", () => {
  const bytes = (rule: Rule) => compileSegment(freezeFilter(rule, service.now, 180), MEMBERS).sql.length;
  expect(bytes({ any: times(193, () => ANY_VALUE) })).toBeGreaterThan(MAX_SQL_BYTES * 0.98);
});

it.each([1, 2, 3, 5, 9, 10, 11])("are counted in slices of %i profiles as at once", async (slice) => {
  expect(await count({ attribute: "n", op: "gte", value: 3 }, slice)).toBe(6);
});

it("are counted with fewer profiles a query, the more there is to look at", () => {
  expect(maxProfilesPerQuery({ all: [] })).toBe(20_000);
  expect(maxProfilesPerQuery({ all: times(199, () => ANY_VALUE) })).toBe(2_000);
  expect(maxProfilesPerQuery({ event: "order_placed" })).toBe(2_000);
  expect(maxProfilesPerQuery({ all: times(20, () => ORDERED) })).toBeLessThan(1_000);
});

it("say since when they need events", () => {
  const day = 86_400_000;
  const from = (rule: Rule) => segmentReadsFrom(freezeFilter(rule, 1_000 * day, 180));
  expect(from({ tag: "vip" })).toBe(0);
  expect(
    from({
      none: [
        { event: "e", within_days: 3 },
        { event: "e", within_days: 7 },
      ],
    }),
  ).toBe(993 * day);
  expect(from({ any: [{ event: "e", within_days: 7 }, { event: "e" }] })).toBe(820 * day);
  expect(from({ event: "e", within_days: 500 })).toBe(820 * day);
});
