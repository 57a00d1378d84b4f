/** A rare event name among 300,000 events, asked for through the API: the limits are the real ones. */

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/budget.ts";
import { eventIdsOf, roomyService } from "../../support/pipeline.ts";
import { generateEvents } from "../../support/generated.ts";
import { type Service, type Space, START } from "../../support/service.ts";

/** More than one query may scan. */
const COMMON = 300_000;
const FROM = START - 3_600_000;
/** Times of the rare ones after the first: among the first slice's events, in the middle, and the last of all. */
const RARE = [1_000, COMMON / 2, COMMON];
const WINDOW = { start: new Date(FROM).toISOString(), end: new Date(START).toISOString() };
const NAMES = { event_names: ["rare"] };

let service: Service;
let space: Space;
/** Rows that each query has scanned. */
let scanned: () => number[];

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  for (const id of ["rare", "common"])
    await service.json("POST", "/v1/event-definitions", 201, {
      key: space.key,
      body: { id, name: id, properties: [{ name: "note", type: "text" }] },
    });
  await generateEvents(space.id, { definitionId: "common", people: 1_000, count: COMMON, bytes: 1, from: FROM });
  const events = RARE.map((after, n) => ({
    id: `rare-${n}`,
    definition_id: "rare",
    person_id: "p-1",
    occurred_at: new Date(FROM + after).toISOString(),
    properties: { note: "x" },
  }));
  await service.json("POST", "/v1/events", 202, { key: space.key, body: { events } });
  // A pending deletion costs one more look-up for each event.
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
  await service.json("DELETE", "/v1/profiles/p-2", 202, { key: space.key });
});

beforeEach(() => {
  const spy = vi.spyOn(service.budget, "countRows");
  scanned = () => spy.mock.calls.map(([read]) => read);
  return () => spy.mockRestore();
});

function expectBounded(): void {
  expect(Math.max(...scanned())).toBeLessThanOrEqual(LIMITS.rowsPerQuery);
  // It really was looked for among all.
  expect(scanned().reduce((sum, read) => sum + read, 0)).toBeGreaterThan(COMMON);
}

const IDS = RARE.map((_, n) => `rare-${n}`);

describe("Scans are bounded: a rare event name among 300,000 events", () => {
  it("is exported whole", async () => {
    const done = await service.export(space, NAMES);
    expect(done.status).toBe("completed");
    expect(await eventIdsOf(service, done)).toEqual(IDS);
    expectBounded();
  });

  it("is listed, with as many calls as it takes to look through the window", async () => {
    const found: unknown[] = [];
    const query = new URLSearchParams({ ...WINDOW, event_names: "rare" });
    for (let cursor: string | null = ""; cursor !== null;) {
      if (cursor !== "") query.set("cursor", cursor);
      const page: { data: Record<string, unknown>[]; next_cursor: string | null } = await service.json(
        "GET",
        `/v1/events?${query.toString()}`,
        200,
        { key: space.key },
      );
      found.push(...page.data.map((row) => row["eventId"]));
      cursor = page.next_cursor;
    }
    expect(found.map(String).toSorted()).toEqual(IDS);
    expectBounded();
  });

  const estimate = () =>
    service.json("POST", "/v1/exports/estimate", 200, {
      key: space.key,
      body: { dataset: "activity_events", ...WINDOW, ...NAMES },
    });

  it("is counted by an estimate", async () => {
    expect(await estimate()).toMatchObject({ rows: RARE.length });
    expectBounded();
  });

  it("is counted up to where the time of the call ended, and the answer says so", async () => {
    const now = vi.spyOn(service.context.runtime, "now");
    let calls = 0;
    now.mockImplementation(() => START + 3_000 * (calls += 1));
    const answer = await estimate().finally(() => now.mockRestore());
    expect(answer).toMatchObject({ rows_at_least: 1 });
    expect(answer).not.toHaveProperty("rows");
    expect(Math.max(...scanned())).toBeLessThanOrEqual(LIMITS.rowsPerQuery);
  });
});
