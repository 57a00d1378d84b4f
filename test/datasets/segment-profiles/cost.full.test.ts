/** What a document's chunks cost: profiles with very many events, small and large, in any mixture. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { SIZES } from "../../../src/context.ts";
import { type ChunkSize, QUERY_LIMITS } from "../../../src/datasets/chunk-cost.ts";
import type { Page, Snapshot } from "../../../src/datasets/dataset.ts";
import { memberRange } from "../../../src/datasets/members.ts";
import { cutDocument, type DocumentLimits } from "../../../src/datasets/segment-profiles/cut.ts";
import type { Query } from "../../../src/datasets/segment-profiles/freeze.ts";
import { pages } from "../../../src/datasets/segment-profiles/pages.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { eventStoreIn } from "../../../src/db/events/sql-event-store.ts";
import { generateEvents, generateProfiles } from "../../support/generated.ts";
import { Service, START } from "../../support/service.ts";

const FROM = START - 86_400_000;
const SECTIONS = ["shop", "web"];

const query: Query = {
  segment: null,
  attributes: [{ id: "note", section: "shop" }],
  tags: [],
  events: SECTIONS.map((section) => ({ id: `seen_in_${section}`, section })),
  topics: false,
  window: { start: FROM, end: START },
  secret: "s",
  excludeDeleted: false,
};

/** @param properties of each definition beside `note`, with long names. */
async function spaceWith(profiles: number, properties = 0): Promise<string> {
  const service = new Service();
  const space = await service.space();
  for (const section_id of SECTIONS)
    await service.json("POST", "/v1/event-definitions", 201, {
      key: space.key,
      body: {
        id: `seen_in_${section_id}`,
        name: section_id,
        section_id,
        properties: [
          { name: "note", type: "text" },
          ...Array.from({ length: properties }, (_, n) => ({ name: `p${n}_`.padEnd(60, "x"), type: "text" })),
        ],
      },
    });
  await generateProfiles(space.id, profiles);
  return space.id;
}

function metered(spaceId: string) {
  const budget = new Budget();
  const db = new Database(new D1Driver(env.SPACE_DB), budget);
  const snapshot: Snapshot = { db, events: eventStoreIn(db), spaceId, seq: 1_000, since: null };
  return { budget, snapshot };
}

/** The cuts of the document, one after the other. */
async function cutsOf(spaceId: string, limits?: ChunkSize & DocumentLimits) {
  const cuts: { lower: string; next: string | null; records: number; queries: number }[] = [];
  for (let lower: string | null = ""; lower !== null;) {
    const { budget, snapshot } = metered(spaceId);
    const range = memberRange(snapshot, null, lower, null);
    const cut: { records: number; next: string | null } = await cutDocument(
      snapshot,
      query,
      range,
      limits ?? REAL,
      limits,
    );
    cuts.push({ lower, ...cut, queries: budget.used.statements });
    lower = cut.next;
  }
  return cuts;
}

/** Every chunk of the document, read: its profiles, its text, and its queries. */
async function chunksOf(spaceId: string, limits?: ChunkSize & DocumentLimits) {
  const chunks: {
    records: number;
    read: number;
    text: string;
    queries: number;
    rowsRead: number;
    cutQueries: number;
  }[] = [];
  for (const { lower, next, records, queries: cutQueries } of await cutsOf(spaceId, limits)) {
    const { budget, snapshot } = metered(spaceId);
    const range = memberRange(snapshot, null, lower, next);
    let [read, text] = [0, ""];
    for await (const page of pages(snapshot, query, range, limits?.eventBytes)) {
      read += page.records;
      text += textOf(page, text === "");
    }
    const { statements: queries, rowsRead } = budget.used;
    chunks.push({ records, read, text, queries, rowsRead, cutQueries });
  }
  return chunks;
}

const textOf = ({ lines, continues }: Page, first: boolean) =>
  (first || continues === true ? "" : ",") + lines.join(",");

type Member = { sections: Record<string, { events: unknown[] }> };

/** The number of events of each profile, by section. */
function eventsIn(text: string): Record<string, number[]> {
  const profiles = JSON.parse(`{${text}}`) as Record<string, Member>;
  return Object.fromEntries(
    Object.entries(profiles).map(([id, { sections }]) => [
      id,
      SECTIONS.map((section) => sections[section]?.events.length ?? 0),
    ]),
  );
}

/** The real size of a chunk. */
const REAL: ChunkSize = { records: 10_000, bytes: SIZES.chunkBytes };

/** A tenth of the real limits, for worlds of a tenth of the size. */
const TENTH: ChunkSize & DocumentLimits = {
  records: 10_000,
  bytes: SIZES.chunkBytes / 10,
  queries: QUERY_LIMITS.queries / 10,
  recordQueries: QUERY_LIMITS.recordQueries / 10,
  rows: QUERY_LIMITS.rows / 10,
  measuredProfiles: 500,
  scannedEvents: 6_000,
  eventBytes: 800_000,
};

describe("a document of profiles with 2,000 events each", () => {
  const PROFILES = 15;
  let spaceId: string;

  beforeAll(async () => {
    spaceId = await spaceWith(PROFILES);
    for (const section of SECTIONS)
      await generateEvents(spaceId, {
        definitionId: `seen_in_${section}`,
        people: PROFILES,
        count: PROFILES * 1_000,
        bytes: 120,
        from: FROM,
      });
  });

  it("has chunks of bounded bytes, none of which passes 800 D1 queries, nor does its cut", async () => {
    const chunks = await chunksOf(spaceId, TENTH);
    expect(chunks.length).toBeGreaterThan(2);
    for (const { records, read, text, queries, cutQueries } of chunks) {
      expect(read).toBe(records);
      expect(text.length).toBeLessThan(2 * TENTH.bytes);
      expect(queries).toBeLessThan(80);
      expect(cutQueries).toBeLessThan(80);
    }
    const events = eventsIn(chunks.map(({ text }) => text).join(","));
    expect(Object.values(events)).toEqual(Array.from({ length: PROFILES }, () => [1_000, 1_000]));
  });

  it("reads no event twice: pages are full, whatever number of events a profile has", async () => {
    const { budget, snapshot } = metered(spaceId);
    let read = 0;
    for await (const { records } of pages(snapshot, query, memberRange(snapshot, null, "", null))) read += records;
    expect(read).toBe(PROFILES);
    // 30,000 events, of which a query returns at most 1,500.
    expect(budget.used.statements).toBeLessThan((PROFILES * 2_000) / 1_500 + 10);
  });

  it("is cut at the same places whatever number of events a query scans", async () => {
    const boundsWith = async (limits: Partial<DocumentLimits>) =>
      (await cutsOf(spaceId, { ...TENTH, ...limits })).map(({ next }) => next);
    const bounds = await boundsWith({ scannedEvents: 60_000 });
    expect(bounds.length).toBeGreaterThan(2);
    expect(await boundsWith({ scannedEvents: 700, queries: 1_000 })).toEqual(bounds);
    expect(await boundsWith({ scannedEvents: 4_000, measuredProfiles: 3 })).toEqual(bounds);
  });

  it("fails in its plan where one profile has more events than a step can read", async () => {
    await expect(cutsOf(spaceId, { ...TENTH, recordQueries: 2 })).rejects.toMatchObject({
      code: "export_too_large",
      message: expect.stringContaining("shorter window") as string,
    });
  });
});

describe("a document with profiles of any size", () => {
  it("has each profile's events once, those in memory and those read section by section", async () => {
    const spaceId = await spaceWith(6);
    const sizes = [
      [0, 0, 20],
      [1, 1, 900],
      [3, 0, 5_000],
      [3, 1, 3_000],
      [4, 1, 1],
    ] as const;
    for (const [firstPerson, section, count] of sizes)
      await generateEvents(spaceId, {
        definitionId: `seen_in_${SECTIONS[section]}`,
        people: 1,
        firstPerson,
        count,
        bytes: 200,
        from: FROM,
      });
    const chunks = await chunksOf(spaceId, TENTH);
    expect(eventsIn(chunks.map(({ text }) => text).join(","))).toEqual({
      "p-000000": [20, 0],
      "p-000001": [0, 900],
      "p-000002": [0, 0],
      "p-000003": [5_000, 3_000],
      "p-000004": [0, 1],
      "p-000005": [0, 0],
    });
    expect(Math.max(...chunks.map(({ queries }) => queries))).toBeLessThan(80);
  });

  it("scans a bounded number of events with each query, also where few of them are asked for", async () => {
    const people = 20;
    const spaceId = await spaceWith(people);
    const world = { people, from: FROM };
    await generateEvents(spaceId, { ...world, definitionId: "not_asked_for", count: 6_000, bytes: 5 });
    await generateEvents(spaceId, { ...world, definitionId: "seen_in_web", count: 60, bytes: 5 });
    const textWith = async (maxEventBytes: number, maxScan: number) => {
      const { budget, snapshot } = metered(spaceId);
      let text = "";
      for await (const page of pages(snapshot, query, memberRange(snapshot, null, "", null), maxEventBytes, maxScan))
        text += textOf(page, text === "");
      const { rowsRead, statements } = budget.used;
      expect(rowsRead / statements).toBeLessThan(5 * maxScan);
      return text;
    };
    const whole = await textWith(1_000_000, 60_000);
    expect(Object.values(eventsIn(whole))).toEqual(Array.from({ length: people }, () => [0, 3]));
    expect(await textWith(1_000_000, 700)).toBe(whole);
    // Every profile is read section by section.
    expect(await textWith(10, 700)).toBe(whole);
  });

  it("Scans are bounded: has chunks of bounded scanned rows, where people have very many events that the request does not name", async () => {
    const people = 20;
    const spaceId = await spaceWith(people);
    await generateEvents(spaceId, { people, from: FROM, definitionId: "not_asked_for", count: 6_000, bytes: 5 });
    // Each of the people has 300 events, of which each may be four rows.
    const rows = 5_000;
    const chunks = await chunksOf(spaceId, { ...TENTH, rows });
    expect(chunks.map(({ records }) => records)).toEqual([4, 4, 4, 4, 4]);
    expect(chunks.map(({ read }) => read)).toEqual([4, 4, 4, 4, 4]);
    for (const { rowsRead } of chunks) expect(rowsRead).toBeLessThan(rows);
  });

  it("reads an event once, also where null for every property that it leaves out makes it a hundred times as long", async () => {
    const people = 10;
    const spaceId = await spaceWith(people, 100);
    await generateEvents(spaceId, {
      definitionId: "seen_in_web",
      people,
      count: 3_000,
      bytes: 10,
      from: FROM,
    });
    const [chunk] = await chunksOf(spaceId);
    expect(chunk?.text.length).toBeGreaterThan(10_000_000);
    expect(chunk?.queries).toBeLessThan(10);
  });
});
