/** Pages of profiles: what stood at a number, in order, filtered in slices, cut and counted as it is read. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Constants, hasMember } from "../../src/db/conditions.ts";
import { Database, newMeter } from "../../src/db/database.ts";
import { misfits } from "../../src/db/misfits.ts";
import { countProfiles, cutProfiles, FILTERING, type ProfileRange, readProfiles } from "../../src/db/profile-pages.ts";
import { readSequence } from "../../src/db/sequences.ts";
import { roomyService } from "../support/pipeline.ts";
import type { Space } from "../support/service.ts";

const service = roomyService();
const meter = newMeter();
const db = new Database(env.SPACE_DB, meter);
const IDS = Array.from({ length: 30 }, (_, n) => `p-${String(n).padStart(2, "0")}`);
const THIRDS = IDS.filter((_, n) => n % 3 === 0);
let space: Space;
let before: number;
let seq: number;

const put = (of: Space, profiles: readonly object[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: of.key, body: { profiles } });

/** The first write is of all; the next of p-10 to p-19. */
beforeAll(async () => {
  space = await service.space();
  await put(await service.space(), [{ person_id: "p-05x" }]);
  await put(
    space,
    IDS.map((person_id, n) => ({ person_id, attributes: { third: n % 3 === 0, text: "x".repeat(n * 10), n } })),
  );
  before = await readSequence(db, space.id);
  await put(
    space,
    IDS.slice(10, 20).map((person_id) => ({ person_id, attributes: { again: true } })),
  );
  seq = await readSequence(db, space.id);
});

function filter(slice: number) {
  const constants = new Constants(FILTERING.values);
  const sql = hasMember("p.attributes", constants.scalar("third"), "m.type = 'true'");
  return { condition: constants.condition(sql), slice };
}

const range = (more: Partial<ProfileRange> = {}): ProfileRange => ({
  spaceId: space.id,
  seq,
  sinceSeq: 0,
  from: "",
  below: null,
  filter: null,
  ...more,
});

async function pagesOf(of: ProfileRange, bytes?: number): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of readProfiles(db, of, bytes)) pages.push(page.map((profile) => profile.person_id));
  return pages;
}

const idsOf = async (of: ProfileRange) => (await pagesOf(of)).flat();

describe("reading", () => {
  it("gives each profile of the space once, as it stood", async () => {
    expect(await idsOf(range())).toEqual(IDS);
    const texts: string[] = [];
    for await (const page of readProfiles(db, range({ seq: before, from: "p-10", below: "p-11" })))
      texts.push(...page.map((profile) => profile.attributes));
    expect(texts).toEqual([JSON.stringify({ third: false, text: "x".repeat(100), n: 10 })]);
  });

  it("takes the bounds, the lower one in, the upper one out", async () => {
    expect(await idsOf(range({ from: "p-03", below: "p-06" }))).toEqual(["p-03", "p-04", "p-05"]);
  });

  it("takes those alone that were written to later", async () => {
    expect(await idsOf(range({ sinceSeq: before }))).toEqual(IDS.slice(10, 20));
    expect(await idsOf(range({ sinceSeq: seq }))).toEqual([]);
  });

  it.each([1, 4, 30, 31])("gives those that a condition holds of, in slices of %i", async (slice) => {
    expect(await idsOf(range({ filter: filter(slice) }))).toEqual(THIRDS);
  });

  it("gives pages of so many bytes, or of one profile", async () => {
    expect(await pagesOf(range(), 1)).toEqual(IDS.map((id) => [id]));
    const pages = await pagesOf(range(), 1_000);
    expect(pages.flat()).toEqual(IDS);
    expect([pages.length > 3, pages.length < 30]).toEqual([true, true]);
  });
});

describe("counting and cutting", () => {
  it("count what reading gives", async () => {
    for (const of of [range(), range({ seq: before, from: "p-05" }), range({ filter: filter(4) })])
      expect(await countProfiles(db, of)).toBe((await idsOf(of)).length);
  });

  it.each([1, 4, 20_000])("cut a range into parts that are the whole, in slices of %i", async (slice) => {
    const of = range({ filter: filter(slice) });
    const parts: string[][] = [];
    for (let from = of.from; ;) {
      const { records, next } = await cutProfiles(db, { ...of, from }, 4);
      const part = await idsOf({ ...of, from, below: next });
      expect(part).toHaveLength(records);
      parts.push(part);
      if (next === null) break;
      from = next;
    }
    expect(parts.map((part) => part.length)).toEqual([4, 4, 2]);
    expect(parts.flat()).toEqual(THIRDS);
  });

  it("cut nothing off where there is no more", async () => {
    expect(await cutProfiles(db, range(), 30)).toEqual({ records: 30, next: null });
    expect(await cutProfiles(db, range(), 29)).toEqual({ records: 29, next: "p-29" });
    expect(await cutProfiles(db, range({ from: "q" }), 5)).toEqual({ records: 0, next: null });
  });
});

it.each([1, 2, 50])("values of another type are found, %i profiles at a time", async (rows) => {
  const of = await service.space();
  const good = { n: 1, r: 1.5, b: false, d: "2026-01-02T03:04:05.678+05:30", none: 3 };
  await put(of, [
    { person_id: "a", attributes: good },
    { person_id: "b", attributes: {} },
    { person_id: "c", attributes: { ...good, r: "1.5", d: "2026-01-02" } },
    { person_id: "d", attributes: { ...good, b: 0 } },
  ]);
  const types = new Map([
    ["n", "number"],
    ["r", "number"],
    ["b", "boolean"],
    ["d", "date"],
  ] as const);
  const at = await readSequence(db, of.id);
  expect([...(await misfits(db, of.id, at, types, rows))].toSorted()).toEqual(["b", "d", "r"]);
  expect([...(await misfits(db, of.id, at, new Map([["n", "number"]]), rows))]).toEqual([]);
});
