/**
 * Random rules over random profiles, on the real database, against a plain reading of what a rule means that shares
 * nothing with the compiler: now, and at an earlier snapshot.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";
import { insertRows, type NewEvent } from "../../src/db/events/event-rows.ts";
import { JsonLists } from "../../src/db/core/json-lists.ts";
import { mergeProfiles, type ProfileMerge } from "../../src/db/profiles/profiles.ts";
import { MEMBERS } from "../../src/db/profiles/member-scan.ts";
import { memberSlices } from "../../src/db/profiles/segment-members.ts";
import { readSequence, asOf, nextSequence } from "../../src/db/core/sequences.ts";
import { compileSegment } from "../../src/segments/compile.ts";
import { freezeFilter } from "../../src/segments/filter.ts";
import type { Comparison, EventRule, Rule, Scalar } from "../../src/segments/rule.ts";
import { between, dice, pick } from "../support/random.ts";
import { seeds } from "../support/seeds.ts";

const DAY_MS = 86_400_000;
const RETENTION_DAYS = 40;
const RULES = 300;
const PERSONS = 60;

const NAMES = [
  "a",
  "$a",
  "a.b",
  'a"b',
  "a\\b",
  "a'b",
  "",
  "é",
  "e\u0301",
  "日本",
  "😀",
  "0",
  "$[0]",
  "[0]",
  "n\u0000l",
  "n\n",
];
const TEXTS = [
  "",
  "a",
  "A",
  "ab",
  "ba",
  "é",
  "e\u0301",
  "\uffff",
  "😀",
  "日本",
  "n\u0000l",
  "n\u0000m",
  "\u0000l",
  '"',
  "\\",
  "1",
  "true",
  "null",
  "%",
  "_",
];
const NUMBERS = [0, -0, 1, -1, 0.3, 0.1 + 0.2, 1.5, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, Math.PI];
const VALUES: readonly Scalar[] = [...TEXTS, ...NUMBERS, true, false];
const TAGS = ["vip", "VIP", 'v"p', "1", "é", "😀"];
const DEFINITIONS = ["bought", "seen", "left"];

interface Person {
  id: string;
  attributes: Record<string, Scalar>;
  tags: string[];
  events: { definition_id: string; occurred_at: number; properties: Record<string, unknown> }[];
}

interface Stand {
  at: number;
  seq: number;
  persons: readonly Person[];
}

// All rules are counted by one invocation: each of its queries is bounded, their sum is not.
const db = new Database(
  new D1Driver(env.SPACE_DB),
  new Budget(() => 0, { statements: Infinity, rowsRead: Infinity, subrequests: Infinity }),
);
// Of the seed that is played.
let spaceId: string;
let roll: () => number;
let snapshots: Stand[];

const some = <Item>(items: readonly Item[], most: number) =>
  Array.from({ length: between(roll, 0, most) }, () => pick(roll, items));

function randomPerson(id: string, at: number, earlier: Person["events"]): Person {
  const attributes = Object.fromEntries(some(NAMES, 8).map((name) => [name, pick(roll, VALUES)]));
  const events = Array.from({ length: between(roll, 0, 6) }, () => ({
    definition_id: pick(roll, DEFINITIONS),
    // On the edges of whole days, between them, and a little ahead.
    occurred_at: at - between(roll, 0, 60) * DAY_MS + pick(roll, [0, 0, -1, 1, 300_000]),
    properties: Object.fromEntries(
      some(NAMES, 5).map((name) => [name, pick<unknown>(roll, roll() < 0.2 ? [null, [{ a: 1 }]] : VALUES)]),
    ),
  }));
  return { id, attributes, tags: [...new Set(some(TAGS, 4))].toSorted(), events: [...earlier, ...events] };
}

/** Writes them, and each person's events from one on. */
async function write(persons: readonly Person[], at: number, newFrom: (person: Person) => number): Promise<void> {
  // Null removes what a merge would keep.
  const cleared = Object.fromEntries(NAMES.map((name) => [name, null]));
  const merges = persons.map(({ id, attributes, tags }) => ({
    person_id: id,
    attributes: { ...cleared, ...attributes },
    tags,
  }));
  const lists = new JsonLists<ProfileMerge>();
  for (const merge of merges) lists.add(merge);
  expect(await mergeProfiles(db, spaceId, lists, at)).toBe("merged");
  const events = persons.flatMap((person) =>
    person.events.slice(newFrom(person)).map((event): NewEvent => ({
      id: crypto.randomUUID(),
      definition_id: event.definition_id,
      definition_version: 1,
      person_id: person.id,
      company_id: null,
      session_id: null,
      occurred_at: event.occurred_at,
      properties: JSON.stringify(event.properties),
    })),
  );
  await db.batch([nextSequence(spaceId), ...insertRows(spaceId, events, at)]);
}

async function populate(seed: number): Promise<void> {
  spaceId = crypto.randomUUID();
  roll = dice(seed);
  snapshots = [];
  const at = Date.parse("2026-03-01T12:00:00.000Z");
  const ids = Array.from({ length: PERSONS }, (_, n) => `p-${n}`);
  const first = ids.slice(0, -5).map((id) => randomPerson(id, at, []));
  await write(first, at, () => 0);
  snapshots.push({ at, seq: await readSequence(db, spaceId), persons: first });
  const later = at + 3 * DAY_MS;
  const known = new Map(first.map((person) => [person.id, person]));
  const changed = ids.slice(PERSONS / 2).map((id) => randomPerson(id, later, known.get(id)?.events ?? []));
  await write(changed, later, ({ id }) => known.get(id)?.events.length ?? 0);
  const persons = [...first.slice(0, PERSONS / 2), ...changed];
  snapshots.push({ at: later, seq: await readSequence(db, spaceId), persons });
}

function randomComparison(): Comparison {
  const op = pick(roll, ["eq", "neq", "gt", "gte", "lt", "lte", "in", "contains", "starts_with", "exists"] as const);
  switch (op) {
    case "eq":
    case "neq":
      return { op, value: pick(roll, VALUES) };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return { op, value: pick(roll, [...TEXTS, ...NUMBERS]) };
    case "in":
      return { op, value: [pick(roll, VALUES), ...some(VALUES, 6)] };
    case "contains":
    case "starts_with":
      return { op, value: pick(roll, TEXTS) };
    case "exists":
      return pick(roll, [{ op }, { op, value: null }, { op, value: true }, { op, value: false }]);
  }
}

function randomRule(depth: number): Rule {
  const kind = depth === 0 ? between(roll, 3, 6) : between(roll, 0, 6);
  const inner = () => Array.from({ length: between(roll, 0, 4) }, () => randomRule(depth - 1));
  if (kind === 0) return { all: inner() };
  if (kind === 1) return { any: inner() };
  if (kind === 2) return { none: inner() };
  if (kind === 3) return { tag: pick(roll, TAGS) };
  if (kind === 4) return { attribute: pick(roll, NAMES), ...randomComparison() };
  const rule: EventRule = { event: pick(roll, DEFINITIONS) };
  if (roll() < 0.6) rule.within_days = between(roll, 1, 60);
  if (roll() < 0.5) rule.at_least = between(roll, 1, 3);
  if (roll() < 0.6) rule.properties = some(NAMES, 2).map((property) => ({ property, ...randomComparison() }));
  return rule;
}

const textOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function passes(values: Readonly<Record<string, unknown>>, name: string, comparison: Comparison): boolean {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  const same = (wanted: Scalar) => value === wanted;
  if (comparison.op === "eq") return same(comparison.value);
  if (comparison.op === "neq") return !same(comparison.value);
  if (comparison.op === "in") return comparison.value.some(same);
  if (comparison.op === "exists") return (value !== undefined && value !== null) !== (comparison.value === false);
  if (comparison.op === "contains") return typeof value === "string" && value.includes(comparison.value);
  if (comparison.op === "starts_with") return typeof value === "string" && value.startsWith(comparison.value);
  if (typeof value !== typeof comparison.value) return false;
  const order =
    typeof value === "string" ? textOrder(value, String(comparison.value)) : Number(value) - Number(comparison.value);
  return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[comparison.op];
}

function isIn(person: Person, rule: Rule, at: number): boolean {
  if ("all" in rule) return rule.all.every((each) => isIn(person, each, at));
  if ("any" in rule) return rule.any.some((each) => isIn(person, each, at));
  if ("none" in rule) return !rule.none.some((each) => isIn(person, each, at));
  if ("tag" in rule) return person.tags.includes(rule.tag);
  if ("attribute" in rule) return passes(person.attributes, rule.attribute, rule);
  const from = at - Math.min(rule.within_days ?? RETENTION_DAYS, RETENTION_DAYS) * DAY_MS;
  const counted = person.events.filter(
    (event) =>
      event.definition_id === rule.event &&
      event.occurred_at >= from &&
      (rule.properties ?? []).every((each) => passes(event.properties, each.property, each)),
  );
  return counted.length >= (rule.at_least ?? 1);
}

async function found(rule: Rule, { at, seq }: Stand): Promise<string[]> {
  const condition = compileSegment(freezeFilter(rule, at, RETENTION_DAYS), { seq: "?2", values: "?3" });
  const rows = await db.all<{ person_id: string }>(
    `SELECT p.person_id FROM profiles p WHERE p.space_id = ?1 AND ${asOf("p", "?2")} AND (${condition.sql})`,
    [spaceId, seq, condition.values],
  );
  return rows.map((row) => row.person_id).toSorted();
}

/** The same by queries that may look at a few events each: most profiles are tested alone, slice by slice. */
async function foundInSlices(rule: Rule, { at, seq }: Stand): Promise<string[]> {
  const condition = compileSegment(freezeFilter(rule, at, RETENTION_DAYS), MEMBERS);
  const range = { spaceId, seq, since: 0, condition, slice: 50, lower: "", upper: null };
  const ids: string[] = [];
  for await (const { members } of memberSlices(db, range, undefined, 8)) ids.push(...members.map(({ id }) => id));
  return ids.toSorted();
}

/** Every so many-th rule is looked for in slices too. */
const IN_SLICES = 100;

describe.each(seeds({ first: 20_260_301, few: 1, full: 2, all: 10 }))("seed %i", (seed) => {
  beforeAll(() => populate(seed));

  it(`finds for each of ${RULES} random rules who matches it now, and who did at an earlier snapshot`, async () => {
    let telling = 0;
    for (let n = 0; n < RULES; n += 1) {
      const rule = randomRule(between(roll, 0, 3));
      for (const snapshot of snapshots) {
        const expected = snapshot.persons
          .filter((person) => isIn(person, rule, snapshot.at))
          .map((person) => person.id);
        if (expected.length > 0 && expected.length < snapshot.persons.length) telling += 1;
        expect([rule, await found(rule, snapshot)]).toEqual([rule, expected.toSorted()]);
        if (n % IN_SLICES === 0)
          expect([rule, await foundInSlices(rule, snapshot)]).toEqual([rule, expected.toSorted()]);
      }
    }
    // Rules that everyone or no one matches tell little.
    expect(telling).toBeGreaterThan(RULES);
  });
});
