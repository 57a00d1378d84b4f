/** What the chunks of events with identifiers cost, and of profiles with large attributes. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import type { Bounds, Snapshot, Source } from "../../../src/datasets/dataset.ts";
import { datasetNamed } from "../../../src/datasets/index.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { eventStoreIn } from "../../../src/db/events/sql-event-store.ts";
import { generateEvents, generateProfiles } from "../../support/generated.ts";
import { Service, START } from "../../support/service.ts";

const FROM = START - 3_600_000;

async function newSpace() {
  const service = new Service();
  const space = await service.space();
  const properties = Array.from({ length: 120 }, (_, n) => ({ name: `p${n}_`.padEnd(60, "x"), type: "text" }));
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "seen", name: "Seen", properties },
  });
  return space.id;
}

function open(spaceId: string, dataset: string, query: Record<string, unknown>): { source: Source; budget: Budget } {
  const budget = new Budget();
  const db = new Database(new D1Driver(env.SPACE_DB), budget);
  const snapshot: Snapshot = { db, events: eventStoreIn(db), spaceId, seq: 1_000, since: null };
  return { source: datasetNamed(dataset).open(query, snapshot), budget };
}

async function read(source: Source, bounds: Bounds) {
  let [records, characters] = [0, 0];
  for await (const page of source.pages(bounds)) {
    records += page.records;
    characters += page.lines.reduce((sum, line) => sum + line.length, 0);
  }
  return { records, characters };
}

describe("events that null for every property makes a thousand times as long", () => {
  const COUNT = 2_000;
  let spaceId: string;

  beforeAll(async () => {
    spaceId = await newSpace();
    await generateProfiles(spaceId, COUNT);
    await generateEvents(spaceId, { definitionId: "seen", people: COUNT, count: COUNT, bytes: 1, from: FROM });
  });

  const window = { start: FROM, end: START, definition_ids: ["seen"], excludeDeleted: false };

  it.each([
    ["profile_events", { ...window, identifiers: ["custom_id"], secret: "s" }],
    ["activity_events", { ...window, row_format: "nested", clashes: [], fields: { enriched: true, extra: true } }],
  ])("of %s have their people looked up once for each page that is read", async (dataset, query) => {
    const { source, budget } = open(spaceId, dataset, query);
    const { records, characters } = await read(source, source.bounds);
    expect(records).toBe(COUNT);
    expect(characters).toBeGreaterThan(12_000_000);
    // Pages of 500 and of 1,500 events, each with a look-up.
    expect(budget.used.statements).toBeLessThan(10);
  });
});

describe("profiles with large attributes", () => {
  it("are cut into chunks by their bytes, none of which passes 800 D1 queries, nor does its cut", async () => {
    const spaceId = (await new Service().space()).id;
    // A thousandth of 50,000 profiles of 100 KB.
    await generateProfiles(spaceId, 50, 100_000);
    const query = {
      attributes: ["note"],
      identifiers: [],
      segment: null,
      include_deletions: false,
      at: START,
      secret: "s",
    };
    const { source, budget } = open(spaceId, "profile_attributes", query);
    const cuts: number[] = [];
    for (let { lower } = source.bounds; ;) {
      const { records, next } = await source.cut(
        { ...source.bounds, lower },
        { records: 50_000, bytes: 2_500_000, scanned: Infinity },
      );
      const upper = next ?? source.bounds.upper;
      const before = budget.used.statements;
      expect((await read(source, { lower, upper })).records).toBe(records);
      expect(budget.used.statements - before).toBeLessThan(80);
      cuts.push(records);
      if (next === null) break;
      lower = next;
    }
    expect(cuts).toEqual([25, 25]);
  });
});
