/** Old versions, and people who were deleted long ago, make no query on profiles longer. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/db/core/database.ts";
import type { MemberRange } from "../../../src/db/profiles/member-scan.ts";
import { MEMBERS } from "../../../src/db/profiles/member-scan.ts";
import { countMembers, cutMembers, listMembers, readMembers } from "../../../src/db/profiles/segment-members.ts";
import { countTombstones, cutTombstones, readTombstones } from "../../../src/db/profiles/tombstones.ts";
import { compileSegment } from "../../../src/segments/compile.ts";
import { freezeFilter } from "../../../src/segments/filter.ts";
import { ample } from "../../support/ample-budget.ts";
import { insert as run, watched } from "../../support/watched.ts";

const PEOPLE = 100;
const VERSIONS = 60;
/** Of the people, every tenth still has a profile. */
const LIVING = Array.from({ length: PEOPLE / 10 }, (_, n) => `p-${String(n * 10).padStart(3, "0")}`);
const SEQ = VERSIONS;
const SLICE = 20;
/** What one person may cost: two seeks, and the work tables of the query. */
const ROWS_PER_PERSON = 9;

beforeAll(async () => {
  await run(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 * ?2 - 1)
     INSERT INTO profiles (space_id, person_id, seq_from, seq_to, identifiers, attributes, created_at, updated_at)
     SELECT 's', printf('p-%03d', i / ?2), i % ?2 + 1,
       iif(i % ?2 = ?2 - 1, iif(i / ?2 % 10 = 0, NULL, ?2), i % ?2 + 2), '{}', json_object('n', CAST(i % ?2 AS INTEGER)), 0, 0 FROM n`,
    PEOPLE,
    VERSIONS,
  );
  await run(
    `INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at, completed_at)
     SELECT 's', person_id, person_id, ?1, 0, 0, 0 FROM profiles WHERE seq_from = 1`,
    VERSIONS,
  );
});

const range = (more: Partial<MemberRange> = {}): MemberRange => ({
  spaceId: "s",
  seq: SEQ,
  since: 0,
  condition: null,
  slice: SLICE,
  lower: "",
  upper: null,
  ...more,
});

async function idsOf(db: Database, of: MemberRange): Promise<string[]> {
  const ids: string[] = [];
  for await (const members of listMembers(db, of)) ids.push(...members.map(({ id }) => id));
  return ids;
}

describe("profiles with many old versions, among people who were deleted long ago", () => {
  it("are listed, counted, cut and read by queries that each read a bounded number of rows", async () => {
    const { db, most } = watched();
    expect(await idsOf(db, range())).toEqual(LIVING);
    expect(await countMembers(db, range(), ample())).toEqual({ records: LIVING.length, first: LIVING[0], next: null });
    const cut = await cutMembers(db, range(), { records: 4, bytes: Infinity });
    expect(cut).toMatchObject({ records: 4, next: LIVING[4] });
    const read = await readMembers(db, "s", SEQ, LIVING);
    expect(read.map(({ attributes }) => attributes)).toEqual(LIVING.map(() => `{"n":${VERSIONS - 1}}`));
    expect(most.read).toBeLessThanOrEqual(ROWS_PER_PERSON * SLICE + 10);
  });

  it("are those of an old snapshot too", async () => {
    const { db } = watched();
    expect(await idsOf(db, range({ seq: 7 }))).toHaveLength(PEOPLE);
    expect((await readMembers(db, "s", 7, ["p-031"]))[0]?.attributes).toBe('{"n":6}');
  });

  it("are cut where a number of profiles was looked at, however many people a query scans", async () => {
    const rule = { attribute: "n", op: "eq", value: -1 } as const;
    const none = compileSegment(freezeFilter({ any: [rule, { attribute: "n", op: "exists" }] }, 0, 180), MEMBERS);
    const ends = async (slice: number, maxSlices: number) => {
      const { db } = watched();
      const places: (string | null)[] = [];
      for (let lower: string | null = ""; lower !== null;) {
        const limits = { records: 1_000, bytes: Infinity };
        const cut = await cutMembers(db, range({ seq: 7, condition: none, lower, slice }), limits, maxSlices);
        places.push((lower = cut.next));
      }
      return places;
    };
    expect(await ends(30, 1)).toEqual(["p-030", "p-060", "p-090", null]);
    expect(await ends(3, 10)).toEqual(["p-030", "p-060", "p-090", null]);
  });
});

describe("deletions of people who came back", () => {
  it("are read, counted and cut by queries that each read a bounded number of rows", async () => {
    const { db, most } = watched();
    const of = { spaceId: "s", seq: SEQ, sinceSeq: 0, lower: { seq: 0, id: "" }, upper: null };
    const ids: string[] = [];
    for await (const page of readTombstones(db, of, SLICE)) ids.push(...page.map(({ id }) => id));
    expect(ids).toHaveLength(PEOPLE - LIVING.length);
    expect(await countTombstones(db, of, ample(), SLICE)).toEqual({ records: ids.length, next: null });
    for (const n of [1, 30, 89, 90, 91])
      expect(await cutTombstones(db, of, n, SLICE)).toEqual({
        records: Math.min(n, ids.length),
        next: n < ids.length ? { seq: SEQ, id: ids[n] } : null,
      });
    expect(most.read).toBeLessThanOrEqual(ROWS_PER_PERSON * SLICE + 10);
  });
});
