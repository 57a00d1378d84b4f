/** Rules about events: whatever number of events people have, each query scans a bounded number of rows. */

import { beforeAll, describe, expect, it } from "vitest";
import { ScanBudget } from "../../../src/db/core/scan-budget.ts";
import { type MemberRange, MEMBERS } from "../../../src/db/profiles/member-scan.ts";
import { countMembers, cutMembers, memberSlices } from "../../../src/db/profiles/segment-members.ts";
import { compileSegment } from "../../../src/segments/compile.ts";
import { freezeFilter } from "../../../src/segments/filter.ts";
import { maxProfilesPerQuery } from "../../../src/segments/limits.ts";
import type { Rule } from "../../../src/segments/rule.ts";
import { ample } from "../../support/ample-budget.ts";
import { insert, watched } from "../../support/watched.ts";

const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)";
const PEOPLE = 60;
/** Who has very many events: of the last one the snapshot has no profile, of the third one no event but five. */
const MANY = ["p-010", "p-011", "p-020", "p-040"];
const COUNT = 3_000;
/** Rows of events that a query scans: a fifth of what one of these people has. */
const ROWS = 600;
const SNAPSHOT = 10;

const range = (rule: Rule, excludeDeleted = false): MemberRange => ({
  spaceId: "s",
  seq: SNAPSHOT,
  since: 0,
  condition: compileSegment(freezeFilter(rule, COUNT, 1, excludeDeleted), MEMBERS),
  slice: maxProfilesPerQuery(rule),
  lower: "",
  upper: null,
});

beforeAll(async () => {
  await insert("INSERT INTO sequences (space_no, space_id, seq) VALUES (1, 's', 2)");
  await insert(
    `${NUMBERS} INSERT INTO profiles (space_id, person_id, seq_from, seq_to, identifiers, attributes, created_at, updated_at)
     SELECT 's', printf('p-%03d', i), 1, iif(i = 40, 5, NULL), '{}', json_object('even', i % 2), 0, 0 FROM n`,
    PEOPLE,
  );
  await insert(
    `${NUMBERS} INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
     SELECT 1, i, printf('few-%05d', i), 1, iif(i % 3 = 0, 'rare', 'common'), 1, printf('p-%03d', i / 5), 0,
       json_object('n', i % 5) FROM n`,
    5 * PEOPLE,
  );
  for (const person of MANY)
    await insert(
      `${NUMBERS} INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
       SELECT 1, i, ?2 || printf('-%05d', i), iif(?2 = 'p-020', ${SNAPSHOT + 1}, 2),
         iif(i >= ?1 - 3, iif(?2 = 'p-011', 'common', 'rare'), 'common'), 1, ?2, 0, json_object('n', i) FROM n`,
      COUNT,
      person,
    );
  await insert(
    `INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at) VALUES ('s', 'd', 'p-010', 2, 0, 0)`,
  );
});

async function idsOf(of: MemberRange, rows?: number) {
  const { db, most } = watched();
  const ids: string[] = [];
  for await (const { members } of memberSlices(db, of, undefined, rows)) ids.push(...members.map(({ id }) => id));
  return { ids, most: most.read };
}

/** Events of those with few are counted by hand below: p-000 has n 0 to 4 at the times 0 to 4, and so on. */
const RULES: [what: string, rule: Rule, ofMany: string[]][] = [
  [
    "that the last events decide",
    { event: "rare", at_least: 3, properties: [{ property: "n", op: "gt", value: 9 }] },
    ["p-010"],
  ],
  ["that the first events decide", { event: "common", at_least: 100 }, ["p-010", "p-011"]],
  ["that no event passes", { event: "never" }, []],
  [
    "and about what else is in the profile",
    {
      all: [
        { event: "common", at_least: 9 },
        { attribute: "even", op: "eq", value: 1 },
      ],
    },
    ["p-011"],
  ],
  [
    "and others",
    { all: [{ none: [{ event: "rare", at_least: 3 }] }, { event: "common", at_least: 4 }, { event: "common" }] },
    ["p-011"],
  ],
];

/** Where cuts of the weight of eight profiles end, added up: each event is scanned twice, to be counted and tested. */
function places(): [number, string | null][] {
  const cuts: [number, string | null][] = [];
  let [weight, records] = [0, 0];
  for (let n = 0; n < PEOPLE; n += 1) {
    const id = `p-${String(n).padStart(3, "0")}`;
    // A profile that the snapshot does not have weighs nothing; events that it does not have do not count.
    if (id === "p-040") continue;
    if (weight >= 8 * 25) {
      cuts.push([records, id]);
      [weight, records] = [0, 0];
    }
    weight += 25 + 2 * (5 + (id === "p-010" || id === "p-011" ? COUNT : 0));
    records += id === "p-010" ? 1 : 0;
  }
  return [...cuts, [records, null]];
}

describe("Scans are bounded: segments of people with very many events", () => {
  it.each(RULES)("have the same members, however few rows a query scans: a rule %s", async (_what, rule, ofMany) => {
    const whole = await idsOf(range(rule));
    expect(whole.ids.filter((id) => MANY.includes(id) && id !== "p-020")).toEqual(ofMany);
    const small = await idsOf(range(rule), ROWS);
    expect(small.ids).toEqual(whole.ids);
    expect(small.most).toBeLessThan(2 * ROWS);
    expect(whole.most).toBeGreaterThan(COUNT);
  });

  it("leave out events of people who were deleted before", async () => {
    const [, rule] = RULES[1] ?? [];
    if (rule === undefined) throw new Error("no rule");
    const found = await idsOf(range(rule, true), ROWS);
    expect(found.ids).toEqual(["p-011"]);
    expect(found.most).toBeLessThan(2 * ROWS);
  });

  it("are counted until the budget ends, and from there on", async () => {
    const rule: Rule = { event: "common", at_least: 2 };
    const { db, most } = watched();
    const { ids } = await idsOf(range(rule));
    expect(await countMembers(db, range(rule), ample(), ROWS)).toEqual({
      records: ids.length,
      first: ids[0],
      next: null,
    });
    const parts: (number | string | null)[][] = [];
    for (let lower: string | null = ""; lower !== null && parts.length < 99;) {
      const part = await countMembers(db, { ...range(rule), lower }, new ScanBudget(() => true, 500), ROWS);
      parts.push([part.records, part.next]);
      lower = part.next;
    }
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.reduce((sum, [records]) => sum + Number(records), 0)).toBe(ids.length);
    expect(most.read).toBeLessThan(2 * ROWS);
  });

  it("stop at the event that decides, where only the answer is asked for", async () => {
    const rule: Rule = { event: "common", at_least: 10 };
    const only = { ...range(rule), lower: "p-010", upper: "p-011" };
    const { db, most } = watched();
    expect(await countMembers(db, only, ample(), ROWS)).toMatchObject({ records: 1 });
    // The count of the events, one query for the first of them, and one for the rest of the rule.
    expect(most.queries).toBeLessThan(5);
  });

  it.each([ROWS, 4_000, undefined])(
    "are cut at the same places, by the events of the snapshot (%s rows)",
    async (rows) => {
      const rule: Rule = { event: "rare", at_least: 3 };
      const { db, most } = watched();
      const cuts: [number, string | null][] = [];
      for (let lower: string | null = ""; lower !== null && cuts.length < 99;) {
        const of = { ...range(rule), lower, slice: 8 };
        const cut = await cutMembers(db, of, { records: 1_000, bytes: Infinity }, 1, rows);
        cuts.push([cut.records, cut.next]);
        lower = cut.next;
      }
      expect(cuts).toEqual(places());
      if (rows === ROWS) expect(most.read).toBeLessThan(2 * ROWS);
    },
  );
});
