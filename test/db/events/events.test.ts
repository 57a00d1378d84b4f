/** Reading events page by page: each once, in order, and never more at a time than memory and D1 can take. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { countEvents } from "../../../src/db/events/count-events.ts";
import { cutEvents as cutAtLimits } from "../../../src/db/events/event-cut.ts";
import { EVENTS, type EventRange } from "../../../src/db/events/event-range.ts";
import { type EventRecord, readEvents } from "../../../src/db/events/events.ts";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { roomyService } from "../../support/pipeline.ts";
import { between, dice, noise, pick } from "../../support/random.ts";
import { orders, START, type Service, type Space } from "../../support/service.ts";
import { withAnswerSizes } from "../../support/answer-sizes.ts";
import { ScanBudget } from "../../../src/db/core/scan-budget.ts";
import { ample } from "../../support/ample-budget.ts";

/** Cuts by the number of events alone. */
async function cutEvents(db: Database, of: EventRange, max: number) {
  const { records, next } = await cutAtLimits(db, of, { records: max, bytes: Infinity, scanned: Infinity });
  return { records, next };
}

/** D1 refuses a string or a row of this size. */
const D1_REFUSES_BYTES = 2_000_000;

async function rangeOf(space: Space, more: Partial<EventRange> = {}): Promise<EventRange> {
  const seq = await readSequence(new Database(new D1Driver(env.SPACE_DB), new Budget()), space.id);
  return {
    table: EVENTS,
    spaceId: space.id,
    seq,
    had: [],
    types: null,
    lower: { time: 0, id: "" },
    upper: { time: START + 1, id: "" },
    ...more,
  };
}

async function pagesOf(range: EventRange) {
  const { d1, answers } = withAnswerSizes(env.SPACE_DB);
  const pages: EventRecord[][] = [];
  for await (const page of readEvents(new Database(new D1Driver(d1), new Budget()), range)) pages.push(page);
  return { pages, answers };
}

async function spaceWith(service: Service, sizes: readonly number[]): Promise<{ space: Space; texts: string[] }> {
  const space = await service.shop();
  const roll = dice(7);
  const texts = sizes.map((size) => noise(roll, size));
  const events = orders(sizes.length).map((event, n) => ({
    ...event,
    properties: { order_id: texts[n] ?? "", amount: n },
  }));
  for (let from = 0; from < events.length;) {
    let to = from + 1;
    let bytes = sizes[from] ?? 0;
    while (to < events.length && bytes + (sizes[to] ?? 0) + 200 * (to - from) < 10_000_000) bytes += sizes[to++] ?? 0;
    await service.send(space, events.slice(from, to));
    from = to;
  }
  return { space, texts };
}

const textsIn = (pages: readonly EventRecord[][]) =>
  pages.flat().map((record) => (JSON.parse(record.properties) as { order_id: string }).order_id);

describe("events of very different sizes", () => {
  const service = roomyService();
  const roll = dice(11);
  // Mostly small, some that a page has to leave out, a few close to the limit, small ones right after large ones.
  const sizes = [
    ...Array.from({ length: 900 }, () => between(roll, 1, 200)),
    1_980_000,
    ...Array.from({ length: 300 }, () => pick(roll, [5, 100, 700, 2_500, 20_000])),
    1_900_000,
    1_980_000,
    3,
    950_000,
    1_100_000,
    ...Array.from({ length: 200 }, () => between(roll, 1, 20)),
  ];
  let read: Awaited<ReturnType<typeof pagesOf>>;
  let texts: string[];

  beforeAll(async () => {
    const created = await spaceWith(service, sizes);
    texts = created.texts;
    read = await pagesOf(await rangeOf(created.space));
  });

  it("are all read, once, in order, unchanged", () => {
    expect(textsIn(read.pages)).toEqual(texts);
  });

  it("come in pages of about a megabyte beside their largest event", () => {
    const weights = read.pages.map((page) => {
      const bytes = page.map((record) => record.properties.length).toSorted((a, b) => a - b);
      return bytes.slice(0, -1).reduce((sum, each) => sum + each, 0);
    });
    expect(Math.max(...weights)).toBeLessThan(1_500_000);
  });

  it("never make an answer of D1 hold two large events at once", () => {
    expect(Math.max(...read.answers.map((answer) => answer.bytes))).toBeLessThan(D1_REFUSES_BYTES);
  });
});

it("stays under D1's limit where ids and properties are as long as a page may meet them", async () => {
  const service = roomyService();
  const space = await service.space();
  const long = (n: number) => `${n}-`.padEnd(200, "x");
  const definition = "d".repeat(64);
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: definition, name: "Long", properties: [{ name: "t", type: "text" }] },
  });
  await service.json("PUT", "/v1/profiles", 200, {
    key: space.key,
    body: { profiles: [{ person_id: long(0) }, { person_id: "p" }] },
  });
  // Small ones first, so that the reader reads its largest page; then the longest event that fits into that page.
  const small = { definition_id: definition, person_id: "p", properties: { t: "" } };
  const large = { definition_id: definition, person_id: long(0), properties: { t: "y".repeat(650) } };
  const at = (n: number) => new Date(START - 3_000_000 + n).toISOString();
  await service.send(
    space,
    Array.from({ length: 2_500 }, (_, n) =>
      n < 500
        ? { ...small, id: `${n}`, occurred_at: at(n) }
        : { ...large, id: long(n), session_id: long(n), occurred_at: at(n) },
    ),
  );
  const { pages, answers } = await pagesOf(await rangeOf(space));
  expect(pages.flat()).toHaveLength(2_500);
  expect(Math.max(...answers.map((answer) => answer.longest))).toBeLessThan(D1_REFUSES_BYTES);
});

describe("a range", () => {
  const service = roomyService();
  const time = (n: number) => START - 3_000_000 + n;
  const id = (n: number) => `e-${String(n).padStart(7, "0")}`;
  let space: Space;
  let range: EventRange;

  beforeAll(async () => {
    space = await service.shop();
    await service.send(space, orders(10));
    range = await rangeOf(space);
    await service.send(space, [{ ...orders(1)[0], id: "later" }]);
  });

  const idsOf = async (of: EventRange) => (await pagesOf(of)).pages.flat().map((record) => record.id);

  it("has its lower key and not its upper one", async () => {
    const keys = { lower: { time: time(2), id: id(2) }, upper: { time: time(5), id: id(5) } };
    expect(await idsOf({ ...range, ...keys })).toEqual([id(2), id(3), id(4)]);
  });

  it("has nothing that was written after its sequence number", async () => {
    expect(await idsOf(range)).not.toContain("later");
    expect(await idsOf({ ...range, seq: range.seq + 1 })).toContain("later");
  });

  it("has no other space's events", async () => {
    expect(await idsOf({ ...range, spaceId: "another" })).toEqual([]);
  });

  it("has nothing when the request names no definition", async () => {
    expect(await idsOf({ ...range, types: [] })).toEqual([]);
  });

  it("is counted as it is read", async () => {
    const db = service.context.databases.space(space.id);
    const part = { ...range, lower: { time: time(3), id: "" } };
    expect(await countEvents(db, part, ample())).toMatchObject({ records: (await idsOf(part)).length, next: null });
  });

  it("is counted in slices of scanned events until the budget ends, and goes on from there", async () => {
    const db = service.context.databases.space(space.id);
    for (const of of [range, { ...range, types: [] }]) {
      const counts: number[] = [];
      for (let lower = of.lower; ;) {
        const { records, next } = await countEvents(db, { ...of, lower }, new ScanBudget(() => true, 4), 2);
        counts.push(records);
        if (next === null) break;
        lower = next;
      }
      expect([counts.length > 2, counts.reduce((sum, each) => sum + each)]).toEqual([true, (await idsOf(of)).length]);
    }
  });

  it.each([
    [1, { records: 1, next: { time: time(1), id: id(1) } }],
    [9, { records: 9, next: { time: time(9), id: id(9) } }],
    [10, { records: 10, next: null }],
    [11, { records: 10, next: null }],
  ])("is cut after its first %i", async (rows, expected) => {
    expect(await cutEvents(service.context.databases.space(space.id), range, rows)).toEqual(expected);
  });

  it("that is empty is cut at nothing", async () => {
    const nothing = { ...range, upper: { time: 1, id: "" } };
    expect(await cutEvents(service.context.databases.space(space.id), nothing, 5)).toEqual({ records: 0, next: null });
  });

  it("is cut before 1970 and between ids of one millisecond as it is read", async () => {
    const old = await service.shop({ retention_days: 36_500 });
    const ids = ["a", "a\u0301", "z", "\uffee", "\u{1f6d2}"];
    const times = ["1940-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z"];
    const events = times.flatMap((occurred_at, n) =>
      ids.map((name) => ({ ...orders(1)[0], id: `${name}${n}`, occurred_at })),
    );
    await service.send(old, events);
    const all = await rangeOf(old, { lower: { time: -4_000_000_000_000, id: "" } });
    const read = (await pagesOf(all)).pages.flat();
    const db = service.context.databases.space(old.id);
    const cuts = await Promise.all(read.map((_, n) => cutEvents(db, all, n + 1)));
    expect(cuts.map((cut) => cut.next)).toEqual([
      ...read.slice(1).map((record) => ({ time: record.occurredAt, id: record.id })),
      null,
    ]);
  });
});
