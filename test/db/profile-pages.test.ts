/** The profiles of a range, found slice by slice: cuts that follow each other hold each of them once, and come to the end. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Database, newMeter } from "../../src/db/database.ts";
import { countProfiles, cutProfiles, FILTERING, type ProfileRange, readProfiles } from "../../src/db/profile-pages.ts";
import { compileSegment } from "../../src/segments/compile.ts";
import { filterAt } from "../../src/segments/filter.ts";
import { Service, START } from "../support/service.ts";

const db = new Database(env.SPACE_DB, newMeter());
const PEOPLE = 100;
let everybody: ProfileRange;

beforeAll(async () => {
  const service = new Service();
  const space = await service.space();
  const profiles = Array.from({ length: PEOPLE }, (_, n) => ({
    person_id: `p-${String(n).padStart(3, "0")}`,
    tags: n % 30 === 29 ? ["rare"] : [],
  }));
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  // Everybody has an older version too.
  const again = profiles.map(({ person_id }) => ({ person_id, attributes: { tier: "gold" } }));
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: again } });
  everybody = { spaceId: space.id, seq: 2, sinceSeq: 0, from: "", below: null, filter: null };
});

const rare = (): ProfileRange => ({
  ...everybody,
  filter: { condition: compileSegment(filterAt({ tag: "rare" }, START, 180), FILTERING), slice: 4 },
});

async function idsOf(range: ProfileRange): Promise<string[]> {
  const ids: string[] = [];
  for await (const profiles of readProfiles(db, range)) ids.push(...profiles.map((profile) => profile.person_id));
  return ids;
}

/** One cut after the other. */
async function cutsOf(range: ProfileRange, most: number, mostLooks?: number) {
  const cuts: { records: number; ids: string[] }[] = [];
  for (let from: string | null = range.from; from !== null;) {
    const { records, next }: { records: number; next: string | null } = await cutProfiles(
      db,
      { ...range, from },
      most,
      mostLooks,
    );
    cuts.push({ records, ids: await idsOf({ ...range, from, below: next }) });
    from = next;
  }
  return cuts;
}

describe("cuts", () => {
  it("have as many profiles each as were asked for, and the last the rest", async () => {
    const cuts = await cutsOf(everybody, 30);
    expect(cuts.map(({ records }) => records)).toEqual([30, 30, 30, 10]);
    expect(cuts.flatMap(({ ids }) => ids)).toEqual(await idsOf(everybody));
  });

  it("end early where profiles are rare and that is asked for, not before the first of them, and lose none", async () => {
    const cuts = await cutsOf(rare(), 30, 3);
    expect(cuts.length).toBeGreaterThan(1);
    expect(cuts[0]?.records).toBe(1);
    for (const { records, ids } of cuts) expect(ids).toHaveLength(records);
    expect(cuts.flatMap(({ ids }) => ids)).toEqual(["p-029", "p-059", "p-089"]);
  });

  it("are one of none where nobody matches", async () => {
    const nobody = {
      ...everybody,
      filter: { condition: compileSegment(filterAt({ any: [] }, START, 180), FILTERING), slice: 4 },
    };
    expect(await cutsOf(nobody, 30, 3)).toEqual([{ records: 0, ids: [] }]);
  });
});

describe("profiles", () => {
  it("are counted as they are listed", async () => {
    expect(await countProfiles(db, everybody)).toBe(PEOPLE);
    expect(await countProfiles(db, rare())).toBe(3);
    expect(await countProfiles(db, { ...everybody, from: "p-010", below: "p-020" })).toBe(10);
    expect(await idsOf({ ...everybody, from: "p-010", below: "p-012" })).toEqual(["p-010", "p-011"]);
  });

  it("are those of later versions alone where that is asked for", async () => {
    expect(await countProfiles(db, { ...everybody, sinceSeq: 1 })).toBe(PEOPLE);
    expect(await countProfiles(db, { ...everybody, sinceSeq: 2 })).toBe(0);
    expect(await countProfiles(db, { ...everybody, seq: 0 })).toBe(0);
  });
});
