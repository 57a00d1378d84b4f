/**
 * Reading reachability events: a range of keys, sequence numbers and channels, in the order of the key, page by page.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { countEvents } from "../../../src/db/events/count-events.ts";
import { cutEvents as cutAtLimits } from "../../../src/db/events/event-cut.ts";
import { type EventRange, REACHABILITY_EVENTS } from "../../../src/db/events/event-range.ts";
import { loadReachability, type NewReachability, readReachability } from "../../../src/db/events/reachability.ts";
import { roomyService } from "../../support/pipeline.ts";
import { ample } from "../../support/ample-budget.ts";

/** Cuts by the number of events alone. */
async function cutEvents(db: Database, of: EventRange, max: number) {
  const { records, next } = await cutAtLimits(db, of, { records: max, bytes: Infinity, scanned: Infinity });
  return { records, next };
}

const service = roomyService();
const budget = new Budget();
const db = new Database(new D1Driver(env.SPACE_DB), budget);
const TIME = 1_000;
const CHANNELS = ["SMS", "EMAIL", "PUSH"];
let spaceId: string;

/** Thirty events, three a millisecond, one of each channel. */
const EVENTS: NewReachability[] = Array.from({ length: 30 }, (_, n) => ({
  id: `r-${String(n).padStart(2, "0")}`,
  person_id: "p-1",
  channel: CHANNELS[n % 3] ?? "",
  installation_id: n % 3 === 2 ? "i-1" : null,
  occurred_at: TIME + Math.floor(n / 3),
  event: `{"reasons":[${n}]}`,
}));

/** The sequence number of the profile's write is 2; the events' are 3, 4 and 5. */
beforeAll(async () => {
  for (const [n, space] of [await service.shop(), await service.shop()].entries()) {
    if (n === 1) spaceId = space.id;
    for (let part = 0; part < 3; part += 1)
      await loadReachability(db, space.id, EVENTS.slice(part * 10, part * 10 + 10), 5_000);
  }
});

const range = (more: Partial<EventRange> = {}): EventRange => ({
  table: REACHABILITY_EVENTS,
  spaceId,
  seq: 5,
  had: [],
  types: null,
  lower: { time: 0, id: "" },
  upper: { time: 9_999, id: "" },
  ...more,
});

async function idsOf(of: EventRange, rows?: number): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of readReachability(db, of, rows)) pages.push(page.map((each) => each.id));
  return pages;
}

const IDS = EVENTS.map((event) => event.id);

describe("reading", () => {
  it("gives each event of the space as it was written, in order", async () => {
    const pages: unknown[] = [];
    for await (const page of readReachability(db, range())) pages.push(page);
    expect(pages).toEqual([EVENTS.map((event) => ({ ...event, received_at: 5_000 }))]);
  });

  it.each([1, 7, 10, 30, 31])("gives the same in pages of %i", async (rows) => {
    const pages = await idsOf(range(), rows);
    expect(pages.flat()).toEqual(IDS);
    expect(pages.every((page) => page.length <= rows)).toBe(true);
  });

  it("takes the bounds of keys, the lower one in, the upper one out", async () => {
    const of = range({ lower: { time: TIME + 1, id: "r-04" }, upper: { time: TIME + 3, id: "r-10" } });
    expect((await idsOf(of, 2)).flat()).toEqual(["r-04", "r-05", "r-06", "r-07", "r-08", "r-09"]);
  });

  it("reads the versions as of the snapshot, after the snapshot before", async () => {
    expect((await idsOf(range({ seq: 4 }))).flat()).toEqual(IDS.slice(0, 20));
    const since = (seq: number, end = 9_999) => range({ seq: 4, had: [{ until: end, seq }] });
    expect((await idsOf(since(3))).flat()).toEqual(IDS.slice(10, 20));
    expect(await idsOf(since(4))).toEqual([]);
    expect((await idsOf(since(4, TIME + 5))).flat()).toEqual(IDS.slice(15, 20));
  });

  it("takes some channels", async () => {
    const ids = (await idsOf(range({ types: ["EMAIL", "PUSH"] }), 4)).flat();
    expect(ids).toEqual(EVENTS.filter((event) => event.channel !== "SMS").map((event) => event.id));
  });
});

describe("counting and cutting", () => {
  it("count what reading gives", async () => {
    for (const of of [
      range(),
      range({ seq: 3 }),
      range({ had: [{ until: TIME + 3, seq: 4 }] }),
      range({ types: ["SMS"] }),
    ])
      expect(await countEvents(db, of, ample())).toMatchObject({
        records: (await idsOf(of)).flat().length,
        next: null,
      });
  });

  it("cut a range into parts that are the whole", async () => {
    const of = range({ types: ["SMS", "PUSH"] });
    const parts: string[] = [];
    const sizes: number[] = [];
    for (let lower = of.lower; ;) {
      const { records, next } = await cutEvents(db, { ...of, lower }, 7);
      const part = (await idsOf({ ...of, lower, upper: next ?? of.upper })).flat();
      expect(part).toHaveLength(records);
      parts.push(...part);
      sizes.push(records);
      if (next === null) break;
      lower = next;
    }
    expect([parts, sizes]).toEqual([(await idsOf(of)).flat(), [7, 7, 6]]);
  });

  it("cut nothing off where there is no more", async () => {
    expect(await cutEvents(db, range(), 30)).toEqual({ records: 30, next: null });
    expect(await cutEvents(db, range({ seq: 0 }), 30)).toEqual({ records: 0, next: null });
  });

  it("read no more rows than they cut, one more, and that of the space's number", async () => {
    const before = budget.used.rowsRead;
    await cutEvents(db, range(), 5);
    expect(budget.used.rowsRead - before).toBeLessThanOrEqual(7);
  });
});
