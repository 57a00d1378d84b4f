/**
 * Merged people in every dataset: a space in which people were merged gives the bytes of a space in which everything
 * was one person's from the start, and an export with a snapshot from before a merge gives those of before.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { withOwners } from "../../src/datasets/merged-people.ts";
import { storedUnder } from "../../src/db/events/stored-under.ts";
import { peopleChanges } from "../../src/db/profiles/merges.ts";
import { DATE } from "../support/conversions.ts";
import { SOURCES, Twins, WINDOW } from "../support/merged-people.ts";
import { bytesOf, rowsOf, textOf } from "../support/pipeline.ts";
import { type ExportView, type Service, type Space, START } from "../support/service.ts";
import { at, list } from "../support/walk.ts";

const credit = (attribution_model: string | string[], more = {}) => ({
  dataset: "conversion_events",
  date: DATE,
  sources: SOURCES,
  attribution_model,
  attribution_window: 7,
  fields: ["amount", "profile_id", "company_id"],
  start: undefined,
  end: undefined,
  ...more,
});

const span = { start: undefined, end: undefined, from: WINDOW.start, to: WINDOW.end };
const REQUESTS: Record<string, Record<string, unknown>> = {
  "flat rows": { ...WINDOW },
  "nested rows": { ...WINDOW, row_format: "nested" },
  CSV: { ...WINDOW, format: "csv" },
  "profile events": { ...span, dataset: "profile_events", identifiers: ["custom_id", "external_person_id"] },
  "reachability events": { ...span, dataset: "reachability_events" },
  conversions: { dataset: "conversion_events", date: DATE, start: undefined, end: undefined, fields: ["profile_id"] },
  "ends of journeys": credit(["first_touch", "last_touch", "last_non_direct_touch", "first_platform_touch"]),
  "whole journeys": credit(["linear", "u_shaped", "linear_paid"]),
  "ends of journeys of companies": credit(["first_touch", "last_touch"], { level: "company" }),
  "whole journeys of companies": credit("linear", { level: "company" }),
  attributes: {
    dataset: "profile_attributes",
    start: undefined,
    end: undefined,
    attributes: ["tier"],
    identifiers: ["custom_id", "external_person_id"],
    segment: "all-orders",
  },
  "a document": {
    dataset: "segment_profiles",
    start: undefined,
    end: undefined,
    segment: "all-orders",
    attributes: ["tier"],
    tags: ["vip"],
    events: ["order_placed", "purchase"],
    start_at: WINDOW.start,
    end_at: WINDOW.end,
  },
};

let twins: Twins;
let service: Service;
let apart: Space;
let one: Space;
/** Of each request, the exports of `apart` from before the merges, from during them, and from after them. */
const results = new Map<string, Record<"before" | "during" | "after" | "expected", ExportView>>();
/** Exports of `apart` from before the merges. */
const earlier = { events: "", profiles: "" };

beforeAll(async () => {
  twins = await Twins.open();
  ({ service, apart, one } = twins);
  const asked = new Map<string, [before: ExportView, during: string]>();
  for (const [name, request] of Object.entries(REQUESTS)) {
    const before = await service.export(apart, request);
    asked.set(name, [before, await service.ask(apart, request)]);
  }
  const waiting = service.queue.splice(0);
  earlier.events = (await service.export(apart, { ...WINDOW })).id;
  earlier.profiles = (await service.export(apart, { ...REQUESTS["attributes"], segment: undefined })).id;
  await twins.mergeAll();
  service.queue.push(...waiting);
  await service.pump();
  for (const [name, [before, id]] of asked)
    results.set(name, {
      before,
      during: await service.poll(apart, id),
      after: await service.export(apart, REQUESTS[name]),
      expected: await service.export(one, REQUESTS[name]),
    });
});

describe("people who are merged are one person", () => {
  it.each(Object.keys(REQUESTS))("in %s", async (name) => {
    const { before, during, after, expected } = results.get(name) ?? {};
    if (before === undefined || during === undefined || after === undefined || expected === undefined)
      throw new Error(`${name} was not exported`);
    // It was created before the merges, and written after them.
    expect(bytesOf(during)).toEqual(bytesOf(before));
    expect(after.status).toBe("completed");
    expect(await textOf(service, after)).toBe(await textOf(service, expected));
    expect(bytesOf(after)).not.toEqual(bytesOf(before));
  });

  it("in counts of segments and lists of a person's events, by each of the ids, in pages both ways", async () => {
    const count = async (space: Space) =>
      (await service.json<{ count: number }>("GET", "/v1/segments/all-orders/count", 200, { key: space.key })).count;
    expect([await count(apart), await count(one)]).toEqual([1, 1]);
    const { data } = await list(service, one, { ...WINDOW, person_id: "p-1" });
    expect(data).toHaveLength(18);
    for (const id of [{ person_id: "a" }, { person_id: "b" }, { person_id: "p-1" }, { external_person_id: "CRM-A" }])
      expect((await list(service, apart, { ...WINDOW, ...id })).data).toEqual(data);
    const first = await list(service, apart, { ...WINDOW, person_id: "b", limit: "7" });
    const second = await list(service, apart, {
      ...WINDOW,
      person_id: "b",
      limit: "7",
      cursor: first.next_cursor ?? "",
    });
    const back = await list(service, apart, {
      ...WINDOW,
      person_id: "b",
      limit: "7",
      cursor: second.prev_cursor ?? "",
    });
    expect([first.data, second.data, back.data]).toEqual([data.slice(0, 7), data.slice(7, 14), data.slice(0, 7)]);
  });

  it("without an event that is new for an increment; the changed profile is", async () => {
    const { events, profiles } = earlier;
    const more = await service.export(apart, { ...WINDOW, since: events });
    expect(more.files.reduce((sum, file) => sum + (file.rows ?? 0), 0)).toBe(0);
    const changed = await service.export(apart, { ...REQUESTS["attributes"], segment: undefined, since: profiles });
    const rows = await rowsOf(service, changed);
    expect(rows.map((row) => (row["identifiers"] as Record<string, unknown>)["profile_id"])).toEqual(["p-1"]);
    // A reader who keeps a copy is told that the others' profiles ended; no deletion is listed for them.
    const asked = { ...REQUESTS["attributes"], segment: undefined, since: profiles, include_deletions: true };
    const [, ...ended] = await rowsOf(service, await service.export(apart, asked));
    expect(ended.map((row) => row["deleted"])).toEqual([
      { profile_id: "b", external_person_id: null, deleted_at: at(START) },
      { profile_id: "a", external_person_id: "CRM-A", deleted_at: at(START) },
    ]);
    expect(await service.json("GET", "/v1/profile-deletions", 200, { key: apart.key })).toMatchObject({ data: [] });
  });
});

it("a person with very many rows under several ids is found by looking through the window", async () => {
  const db = service.context.databases.space(apart.id);
  const seq =
    (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(apart.id).first<{ seq: number }>())
      ?.seq ?? 0;
  const ids = ["p-1", "a", "b"];
  expect(await storedUnder(db, apart.id, seq, "p-1", 17)).toEqual({ ids, few: false });
  expect(await storedUnder(db, apart.id, seq, "p-1", 18)).toEqual({ ids, few: true });
  expect(await storedUnder(db, apart.id, seq, "p-9", 18)).toBeUndefined();
});

it("a space without merges reads pages as they are", async () => {
  const changesOf = (space: Space) => peopleChanges(service.context.databases.space(space.id), space.id, 1_000_000);
  expect([await changesOf(one), await changesOf(apart)]).toEqual([
    { excludeDeleted: false, merged: false },
    { excludeDeleted: false, merged: true },
  ]);
  async function* pages(): AsyncGenerator<{ personId: string }[]> {}
  const [read, asOf] = [pages(), { db: service.context.databases.space(one.id), spaceId: one.id, seq: 1 }];
  expect(withOwners(asOf, { merged: false }, read, "personId")).toBe(read);
});
