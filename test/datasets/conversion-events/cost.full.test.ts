/** What chunks of credit cost: long journeys, and many conversions with journeys of any length. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { SIZES } from "../../../src/context.ts";
import { type ChunkSize, QUERY_LIMITS } from "../../../src/datasets/chunk-cost.ts";
import { Crediting } from "../../../src/datasets/conversion-events/credit.ts";
import { cutJourneys, type JourneyLimits } from "../../../src/datasets/conversion-events/cut.ts";
import type { Attribution, Query } from "../../../src/datasets/conversion-events/freeze.ts";
import type { Key, Snapshot } from "../../../src/datasets/dataset.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { eventStoreIn } from "../../../src/db/events/sql-event-store.ts";
import { EVENTS, type EventRange } from "../../../src/db/events/event-range.ts";
import { countJourney, measureJourneys, walkJourney } from "../../../src/db/events/journey-walk.ts";
import { type Reach, WHOLE_LIFE } from "../../../src/db/events/journeys.ts";
import { generateEvents, generateProfiles, generateTouches } from "../../support/generated.ts";
import { Service, START } from "../../support/service.ts";

const NOON = START - 86_400_000;
const BEFORE = NOON - 10 * 86_400_000;

const attribution = (more: Partial<Attribution> = {}): Attribution => ({
  sources: ["google_ads", "email", "direct"],
  models: ["linear"],
  named: false,
  windowMs: null,
  level: "profile",
  withSource: false,
  groupBy: [],
  ...more,
});

function setUp(spaceId: string, credit: Attribution) {
  const budget = new Budget();
  const db = new Database(new D1Driver(env.SPACE_DB), budget);
  const snapshot: Snapshot = { db, events: eventStoreIn(db), spaceId, seq: 1_000, since: null };
  const query: Query = {
    start: NOON,
    end: START,
    excludeDeleted: false,
    definition_ids: ["purchase"],
    firstDay: "2026-02-28",
    fields: ["amount"],
    attribution: credit,
    names: [],
    numericIds: false,
    shortTimes: false,
    secret: "s",
  };
  const range: EventRange = {
    table: EVENTS,
    spaceId,
    seq: 1_000,
    had: [],
    types: ["purchase"],
    lower: { time: NOON, id: "" },
    upper: { time: START, id: "" },
  };
  return { budget, snapshot, query, range };
}

async function spaceWith({ people, touches, conversions }: { people: number; touches: number; conversions: number }) {
  const { id } = await new Service().space();
  await generateProfiles(id, people, 10, "acme");
  await generateTouches(id, { people, count: touches, from: BEFORE });
  await generateEvents(id, {
    definitionId: "purchase",
    people,
    count: conversions,
    bytes: 20,
    companyId: "acme",
    from: NOON,
  });
  return id;
}

/** The real size of a chunk. */
const REAL: ChunkSize = { records: 10_000, bytes: SIZES.chunkBytes };

/** A tenth of the real limits, for worlds of a tenth of the size. */
const TENTH: ChunkSize & JourneyLimits = {
  records: 10_000,
  bytes: SIZES.chunkBytes / 10,
  queries: QUERY_LIMITS.queries / 10,
  recordQueries: QUERY_LIMITS.recordQueries / 10,
  rows: QUERY_LIMITS.rows / 10,
  measuredEvents: 500,
  countedTouches: 8_000,
};

async function cutsOf(spaceId: string, credit: Attribution, limits?: ChunkSize & JourneyLimits) {
  const cuts: { lower: Key; upper: Key; records: number; queries: number }[] = [];
  for (let lower: Key | null = { time: NOON, id: "" }; lower !== null;) {
    const { budget, snapshot, query, range } = setUp(spaceId, credit);
    const cut: { records: number; next: Key | null } = await cutJourneys(
      snapshot,
      query,
      credit,
      { ...range, lower },
      Number.POSITIVE_INFINITY,
      limits ?? REAL,
      limits,
    );
    cuts.push({ lower, upper: cut.next ?? range.upper, records: cut.records, queries: budget.used.statements });
    lower = cut.next;
  }
  return cuts;
}

async function chunksOf(spaceId: string, credit: Attribution, limits?: ChunkSize & JourneyLimits) {
  const chunks: { records: number; read: number; lines: number; queries: number; cutQueries: number }[] = [];
  for (const { lower, upper, records, queries: cutQueries } of await cutsOf(spaceId, credit, limits)) {
    const { budget, snapshot, query, range } = setUp(spaceId, credit);
    let [read, lines] = [0, 0];
    for await (const page of new Crediting(snapshot, query, credit).pages({ ...range, lower, upper })) {
      read += page.records;
      lines += page.lines.length;
    }
    chunks.push({ records, read, lines, queries: budget.used.statements, cutQueries });
  }
  return chunks;
}

describe("the credit of a journey of 100,000 touchpoints", () => {
  it("takes a few dozen D1 queries for each model, and none scans more than 250,000 rows", async () => {
    const spaceId = await spaceWith({ people: 1, touches: 100_000, conversions: 1 });
    const models: Attribution["models"] = ["linear", "linear_paid", "last_touch"];
    const [chunk] = await chunksOf(spaceId, attribution({ models }));
    expect(chunk).toMatchObject({ records: 1, read: 1, lines: 110_001 });
    expect(chunk?.queries).toBeLessThan(40);
    expect(chunk?.cutQueries).toBeLessThan(10);
  });
});

describe("many conversions", () => {
  it("of a person with a long journey are cut into chunks, none of which passes 800 D1 queries, nor does its cut", async () => {
    const spaceId = await spaceWith({ people: 1, touches: 10_000, conversions: 8 });
    const chunks = await chunksOf(spaceId, attribution(), TENTH);
    expect(chunks.map(({ read }) => read)).toEqual([3, 3, 2]);
    for (const { records, read, lines, queries, cutQueries } of chunks) {
      expect(read).toBe(records);
      expect(lines).toBe(records * 10_000);
      expect(queries).toBeLessThan(80);
      expect(cutQueries).toBeLessThan(80);
    }
  });

  it("with a few hundred touchpoints each are cut by the touchpoints that a chunk reads", async () => {
    const spaceId = await spaceWith({ people: 200, touches: 60_000, conversions: 200 });
    const chunks = await chunksOf(spaceId, attribution({ models: ["linear", "u_shaped"] }), TENTH);
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.reduce((sum, { lines }) => sum + lines, 0)).toBe(2 * 60_000);
    for (const { records, read, queries, cutQueries } of chunks) {
      expect(read).toBe(records);
      expect(records).toBeLessThan(100);
      expect(queries).toBeLessThan(80);
      expect(cutQueries).toBeLessThan(80);
    }
    // The places depend on the data alone, not on how many touchpoints a query counts.
    const upperWith = async (countedTouches: number) =>
      (await cutsOf(spaceId, attribution({ models: ["linear", "u_shaped"] }), { ...TENTH, countedTouches })).map(
        ({ upper }) => upper,
      );
    expect(await upperWith(1_000)).toEqual(await upperWith(80_000));
  });

  it("fail in the plan where one has a journey that no step can read", async () => {
    const spaceId = await spaceWith({ people: 1, touches: 9_000, conversions: 1 });
    await expect(cutsOf(spaceId, attribution(), { ...TENTH, recordQueries: 2 })).rejects.toMatchObject({
      code: "export_too_large",
      message: expect.stringContaining("attribution_window") as string,
    });
  });
});

describe("the journeys of a company", () => {
  it.each([["last_touch"], ["linear"]] as const)(
    "of thousands of people are read for so few conversions at a time that no query scans more than 250,000 rows (%s)",
    async (model) => {
      const spaceId = await spaceWith({ people: 3_000, touches: 600, conversions: 60 });
      const chunks = await chunksOf(spaceId, attribution({ level: "company", models: [model] }), TENTH);
      expect(chunks.reduce((sum, { read }) => sum + read, 0)).toBe(60);
      expect(chunks.reduce((sum, { lines }) => sum + lines, 0)).toBe(model === "linear" ? 60 * 600 : 60);
      for (const { queries, cutQueries } of chunks) {
        expect(queries).toBeLessThan(80);
        expect(cutQueries).toBeLessThan(80);
      }
    },
  );

  it("are refused by the plan where the company has more profiles than one query can look at", async () => {
    const spaceId = await spaceWith({ people: 20_001, touches: 1, conversions: 1 });
    for (const models of [["linear"], ["last_touch"]] as const)
      await expect(cutsOf(spaceId, attribution({ level: "company", models }))).rejects.toMatchObject({
        code: "export_too_large",
        message: expect.stringContaining("20000 profiles") as string,
      });
  });
});

describe("a journey", () => {
  it.each([false, true])(
    "is walked and counted in its order, whatever a query scans (company: %s)",
    async (isCompany) => {
      const spaceId = await spaceWith({ people: isCompany ? 3 : 1, touches: 2_000, conversions: 0 });
      const { snapshot } = setUp(spaceId, attribution());
      const { db } = snapshot;
      const scope = { spaceId, seq: 1, withAds: false, excludeDeleted: undefined };
      const owner = { id: isCompany ? "acme" : "p-000000", isCompany };
      const reach: Reach = { owner, from: WHOLE_LIFE, to: BEFORE + 1_899 };
      for (const [minKind, rows] of [
        [0, 70],
        [1, 300],
        [2, 15_000],
      ] as const) {
        const ids: string[] = [];
        for await (const touches of walkJourney(db, scope, reach, minKind, rows))
          ids.push(...touches.map(({ id }) => id));
        const kindOf = (n: number) => (n % 10 === 0 ? 2 : n % 2 === 0 ? 1 : 0);
        const expected = Array.from({ length: 1_900 }, (_, n) => n).filter((n) => kindOf(n) >= minKind);
        expect(ids).toEqual(expected.map((n) => `t-${String(n).padStart(6, "0")}`));
        expect(await countJourney(db, scope, reach, minKind, rows)).toBe(expected.length);
      }
      expect(await measureJourneys(db, scope, [reach])).toEqual([1_900]);
      expect(await measureJourneys(db, scope, [reach], 1_000)).toBeNull();
      // What was stored after the snapshot is scanned, and not counted.
      expect(await countJourney(db, { ...scope, seq: 0 }, reach, 0, 70)).toBe(0);
      for await (const touches of walkJourney(db, { ...scope, seq: 0 }, reach, 0, 70)) expect(touches).toEqual([]);
    },
  );
});
