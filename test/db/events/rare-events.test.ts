/** A rare event among many: no query scans more than a fixed number of rows, however few of them belong to a range. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget, LIMITS } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database, type Param } from "../../../src/db/core/database.ts";
import { countEvents } from "../../../src/db/events/count-events.ts";
import { cutEvents, timesOfEveryNth } from "../../../src/db/events/event-cut.ts";
import { type OwnedEvent, readOwners } from "../../../src/db/events/event-owners.ts";
import { EVENTS, type EventKey, type EventRange } from "../../../src/db/events/event-range.ts";
import { maxScanOf } from "../../../src/db/events/event-scan.ts";
import { startOfLast } from "../../../src/db/events/event-tail.ts";
import { readEvents } from "../../../src/db/events/events.ts";
import { ample } from "../../support/ample-budget.ts";

const EVENTS_IN_ALL = 20_000;
/** Every so many-th event is a rare one. */
const EVERY = 4_000;
const RARE = Array.from({ length: EVENTS_IN_ALL / EVERY }, (_, n) => id(n * EVERY + EVERY - 1));
const MAX_SCAN = 1_000;
/** The event, two look-ups of its type, and that of a deletion. */
const MAX_ROWS_PER_EVENT = 4;
const MAX_ROWS = MAX_ROWS_PER_EVENT * MAX_SCAN + 10;

function id(n: number): string {
  return `e-${String(n).padStart(6, "0")}`;
}

const range = (more: Partial<EventRange> = {}): EventRange => ({
  table: EVENTS,
  spaceId: "s",
  seq: 1,
  had: [],
  types: ["rare"],
  lower: { time: 0, id: "" },
  upper: { time: EVENTS_IN_ALL, id: "" },
  ...more,
});

/** A database that notes the rows that each of its queries scans. */
class Watched extends Database {
  readonly scanned: number[] = [];

  constructor() {
    super(new D1Driver(env.SPACE_DB), new Budget());
  }

  override async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
    const before = this.rowsRead;
    const rows = await super.all<Row>(sql, params);
    this.scanned.push(this.rowsRead - before);
    return rows;
  }

  get most(): number {
    return Math.max(...this.scanned);
  }
}

beforeAll(async () => {
  await env.SPACE_DB.prepare("INSERT INTO sequences (space_no, space_id, seq) VALUES (1, 's', 2)").run();
  await env.SPACE_DB.prepare(
    `INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
     SELECT 1, i, printf('e-%06d', i), 1, iif(i % ?2 = ?2 - 1, 'rare', 'common'), 1, 'p', i,
       json_object('text', substr('0123456789', 1, i % 10))
     FROM n`,
  )
    .bind(EVENTS_IN_ALL, EVERY)
    .run();
  await env.SPACE_DB.prepare(
    `INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at) VALUES ('s', 'd', 'p', 2, 0, 0)`,
  ).run();
});

async function idsOf(db: Database, of: EventRange): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of readEvents(db, of, null, MAX_SCAN)) ids.push(...page.map((event) => event.id));
  return ids;
}

describe("a rare event name: no query scans more than a fixed number of rows, whatever is asked", () => {
  it("is read, counted and cut by queries that each scan a bounded number of rows", async () => {
    const db = new Watched();
    expect(await idsOf(db, range())).toEqual(RARE);
    expect(await countEvents(db, range(), ample(), MAX_SCAN)).toMatchObject({ records: RARE.length, next: null });
    const max = { records: 3, bytes: Infinity, scanned: Infinity };
    expect(await cutEvents(db, range(), max, MAX_SCAN)).toEqual({
      records: 3,
      first: { time: 3_999, id: RARE[0] },
      next: { time: 15_999, id: RARE[3] },
    });
    expect(await timesOfEveryNth(db, range(), 2, MAX_SCAN)).toEqual([3_999, 11_999, 19_999]);
    expect(db.most).toBeLessThanOrEqual(MAX_ROWS);
  });

  it.each([2_500, 1])(
    "is found with its person and size in pages of %d, and no end is looked for after the last",
    async (rows) => {
      const queries: number[] = [];
      for (const count of [Infinity, RARE.length, 3]) {
        const db = new Watched();
        const found: OwnedEvent[] = [];
        for await (const page of readOwners(db, range(), count, null, rows, MAX_SCAN)) found.push(...page);
        expect(found.map((event) => event.id)).toEqual(RARE.slice(0, count));
        expect(found[0]).toEqual({
          occurredAt: EVERY - 1,
          id: RARE[0],
          personId: "p",
          companyId: null,
          bytes: 20,
          touches: null,
        });
        expect(db.most).toBeLessThanOrEqual(MAX_ROWS);
        queries.push(db.scanned.length);
      }
      const [unknown = 0, known = 0] = queries;
      expect(known).toBeLessThan(unknown);
    },
  );

  it("of deleted people is found nowhere, in as bounded queries", async () => {
    const db = new Watched();
    for (const types of [["rare"], ["rare", "common"], null]) {
      const of = range({ types, excludeDeleted: "now" });
      expect(await idsOf(db, of)).toEqual([]);
      expect(await countEvents(db, of, ample(), MAX_SCAN)).toEqual({ records: 0, first: null, next: null });
    }
    expect(db.most).toBeLessThanOrEqual(MAX_ROWS);
  });

  it("of one person is found by their index, at one row more for each event, and no other one is looked at", async () => {
    const db = new Watched();
    const of = range({ person: "p", excludeDeleted: "at_snapshot" });
    expect(await idsOf(db, of)).toEqual(RARE);
    expect((await cutEvents(db, of, { records: 9, bytes: Infinity, scanned: Infinity }, MAX_SCAN)).records).toBe(5);
    expect(await startOfLast(db, of, { records: 2, scanned: Infinity }, MAX_SCAN)).toEqual({
      time: 15_999,
      id: RARE[3],
    });
    expect(db.most).toBeLessThanOrEqual(MAX_ROWS + MAX_SCAN);
    const seek = new Watched();
    expect(await idsOf(seek, range({ person: "q" }))).toEqual([]);
    expect(seek.most).toBeLessThanOrEqual(10);
    expect(maxScanOf(of) * (MAX_ROWS_PER_EVENT + 1)).toBeLessThanOrEqual(LIMITS.rowsPerQuery);
  });

  it("that was never sent is looked for among a number of events, and the next call goes on after them", async () => {
    for (const maxScan of [MAX_SCAN, 300, 50_000]) {
      const db = new Watched();
      const of = range({ types: ["never"] });
      const places: (number | undefined)[] = [];
      for (let next: EventKey | null = of.lower; next !== null;) {
        const max = { records: 200, bytes: Infinity, scanned: 4_500 };
        const cut = await cutEvents(db, { ...of, lower: next }, max, maxScan);
        expect([cut.records, cut.first]).toEqual([0, null]);
        ({ next } = cut);
        places.push(next?.time);
      }
      expect(places).toEqual([4_500, 9_000, 13_500, 18_000, undefined]);
    }
  });
});

describe("a chunk of events", () => {
  /** The bytes of each event's properties, in order. */
  const sizes = Array.from({ length: EVENTS_IN_ALL }, (_, n) => 11 + (n % 10));

  /** The cuts of a range, which depend on its events alone: found by adding them up. */
  function expectedCuts(records: number, bytes: number): number[] {
    const cuts = [0];
    let sum = 0;
    for (const [n, size] of sizes.entries()) {
      const from = cuts.at(-1) ?? 0;
      if (n > from && (n - from === records || sum + size > bytes)) {
        cuts.push(n);
        sum = 0;
      }
      sum += size;
    }
    return cuts;
  }

  it.each([
    [700, Infinity, 300],
    [Infinity, 9_000, 10_000],
    [Infinity, 9_000, 100],
    [600, 9_000, 1_000],
    [590, 9_000, 77],
    [5, 1, 10],
  ])("ends at %d events or %d bytes, however many events a query scans (%d)", async (records, bytes, maxScan) => {
    const db = new Watched();
    const upper = { time: 4_000, id: "" };
    const cuts: number[] = [];
    for (let next: EventKey | null = range().lower; next !== null;) {
      cuts.push(next.time);
      const of = range({ types: null, lower: next, upper });
      const cut = await cutEvents(db, of, { records, bytes, scanned: Infinity }, maxScan);
      expect(cut.records).toBe((cut.next?.time ?? upper.time) - next.time);
      ({ next } = cut);
      if (cuts.length > 30) break;
    }
    const expected = expectedCuts(records, bytes).filter((n) => n < upper.time);
    expect(cuts).toEqual(expected.slice(0, cuts.length));
    expect(db.most).toBeLessThanOrEqual(MAX_ROWS_PER_EVENT * maxScan + 10);
  });
});

describe("a cut of a snapshot", () => {
  it("is cut at the same place when rows were written, and rows of deleted people erased, meanwhile", async () => {
    const { SPACE_DB } = env;
    const max = { records: 2, bytes: Infinity, scanned: 4_500 };
    const of = range({ excludeDeleted: "at_snapshot" });
    const cuts: unknown[] = [];
    for (const change of [
      "SELECT 1",
      "UPDATE events SET seq = 2 WHERE occurred_at % 2 = 1 AND definition_id = 'common'",
      "DELETE FROM events WHERE occurred_at % 2 = 1 AND definition_id = 'common'",
    ]) {
      await SPACE_DB.prepare(change).run();
      cuts.push(await cutEvents(new Watched(), of, max, MAX_SCAN));
    }
    expect(cuts[2]).toEqual(cuts[1]);
    expect(cuts[0]).not.toEqual(cuts[1]);
  });
});
