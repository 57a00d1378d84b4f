/**
 * Members of a range, found slice by slice: cuts that follow each other hold each of them once, and come to the end.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { countMembers, cutMembers, listMembers, readMembers } from "../../../src/db/profiles/segment-members.ts";
import { type MemberRange, MEMBERS } from "../../../src/db/profiles/member-scan.ts";
import { compileSegment } from "../../../src/segments/compile.ts";
import { ScanBudget } from "../../../src/db/core/scan-budget.ts";
import { freezeFilter } from "../../../src/segments/filter.ts";
import { Service, START } from "../../support/service.ts";
import { ample } from "../../support/ample-budget.ts";

const db = new Database(new D1Driver(env.SPACE_DB), new Budget());
const PEOPLE = 100;
let everybody: MemberRange;

beforeAll(async () => {
  const service = new Service();
  const space = await service.space();
  const profiles = Array.from({ length: PEOPLE }, (_, n) => ({
    person_id: `p-${String(n).padStart(3, "0")}`,
    tags: n % 30 === 29 ? ["rare"] : [],
  }));
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  // Every profile has an older version too.
  const again = profiles.map(({ person_id }) => ({ person_id, attributes: { tier: "gold" } }));
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: again } });
  everybody = { spaceId: space.id, seq: 2, since: 0, condition: null, slice: 2, lower: "", upper: null };
});

const rare = (): MemberRange => ({
  ...everybody,
  condition: compileSegment(freezeFilter({ tag: "rare" }, START, 180), MEMBERS),
});

async function idsOf(range: MemberRange): Promise<string[]> {
  const ids: string[] = [];
  for await (const members of listMembers(db, range)) ids.push(...members.map(({ id }) => id));
  return ids;
}

/** One cut after the other. */
async function cutsOf(range: MemberRange, most: number, maxBytes = Number.MAX_SAFE_INTEGER) {
  const cuts: { records: number; ids: string[] }[] = [];
  for (let lower: string | null = range.lower; lower !== null;) {
    const limits = { records: most, bytes: maxBytes };
    const { records, next }: { records: number; next: string | null } = await cutMembers(
      db,
      { ...range, lower },
      limits,
    );
    cuts.push({ records, ids: await idsOf({ ...range, lower, upper: next }) });
    lower = next;
  }
  return cuts;
}

describe("cuts", () => {
  it("have the requested number of members each, and the last the rest", async () => {
    const cuts = await cutsOf(everybody, 30);
    expect(cuts.map(({ records }) => records)).toEqual([30, 30, 30, 10]);
    expect(cuts.flatMap(({ ids }) => ids)).toEqual(await idsOf(everybody));
  });

  it("end early where members are rare, and lose none", async () => {
    const cuts = await cutsOf(rare(), 30);
    // 40 profiles each.
    expect(cuts.length).toBeGreaterThan(1);
    expect(cuts[0]?.records).toBe(1);
    for (const { records, ids } of cuts) expect(ids).toHaveLength(records);
    expect(cuts.flatMap(({ ids }) => ids)).toEqual(["p-029", "p-059", "p-089"]);
  });

  it("are empty where no profile matches: a plan notes each of them, and goes on in another invocation", async () => {
    const empty = { ...everybody, condition: compileSegment(freezeFilter({ any: [] }, START, 180), MEMBERS) };
    expect(await cutsOf(empty, 30)).toEqual(Array.from({ length: 3 }, () => ({ records: 0, ids: [] })));
  });
});

describe("members", () => {
  it("are counted as they are listed", async () => {
    expect(await countMembers(db, everybody, ample())).toEqual({ records: PEOPLE, first: "p-000", next: null });
    expect(await countMembers(db, rare(), ample())).toEqual({ records: 3, first: "p-029", next: null });
    expect(await countMembers(db, { ...everybody, lower: "p-010", upper: "p-020" }, ample())).toEqual({
      records: 10,
      first: "p-010",
      next: null,
    });
    expect(await idsOf({ ...everybody, lower: "p-010", upper: "p-012" })).toEqual(["p-010", "p-011"]);
  });

  it("are counted in smaller slices where their profiles cost more, until the budget ends", async () => {
    const slices = async (rowsPerQuery: number, budget = ample()) => {
      const invocation = new Budget();
      const range = { ...everybody, slice: 400 };
      const counted = await countMembers(
        new Database(new D1Driver(env.SPACE_DB), invocation),
        range,
        budget,
        rowsPerQuery,
      );
      return { ...counted, slices: invocation.used.statements };
    };
    expect(await slices(50_000)).toEqual({ records: PEOPLE, first: "p-000", next: null, slices: 3 });
    const small = await slices(4);
    expect(small).toMatchObject({ records: PEOPLE, next: null });
    expect(small.slices).toBeGreaterThan(30);
    const part = await slices(50_000, new ScanBudget(() => true, 1));
    expect(part).toMatchObject({ records: 40, slices: 1 });
    const rest = await countMembers(db, { ...everybody, lower: part.next ?? "" }, ample());
    expect(rest).toEqual({ records: PEOPLE - 40, first: part.next, next: null });
  });

  it("are those of later versions alone when the request asks for them", async () => {
    expect(await countMembers(db, { ...everybody, since: 1 }, ample())).toEqual({
      records: PEOPLE,
      first: "p-000",
      next: null,
    });
    expect(await countMembers(db, { ...everybody, since: 2 }, ample())).toEqual({
      records: 0,
      first: null,
      next: null,
    });
    expect(await countMembers(db, { ...everybody, seq: 0 }, ample())).toEqual({ records: 0, first: null, next: null });
  });

  it("are read in the order of their ids, and one that is not there is an error", async () => {
    const ids = ["p-007", "p-003"];
    const read = await readMembers(db, everybody.spaceId, 2, ids);
    expect(read.map(({ person_id, attributes }) => [person_id, attributes])).toEqual(
      ids.map((id) => [id, '{"tier":"gold"}']),
    );
    await expect(readMembers(db, everybody.spaceId, 2, [...ids, "nobody"])).rejects.toThrow("A profile was deleted");
  });
});
