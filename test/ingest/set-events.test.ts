/**
 * Derived events of tags and installations: the write that replaces the set adds one event for each element that is
 * really new, and one for each that is removed.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../support/interrupted.ts";
import { roomyService, type Row, rowsOf } from "../support/pipeline.ts";
import { type Service, type Space, START } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = roomyService();
let space: Space;

const SETS = ["tagAdded", "tagRemoved", "pushContactAdded", "pushContactChanged", "pushContactDeleted"];

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
});

const enable = async (...ids: string[]) => {
  for (const id of ids)
    await service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });
};
const put = (fields: Record<string, unknown>, by: Service = service) =>
  by.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-1", ...fields }] } });
const phone = (installation_id: string, push_token: string | null) => ({
  installation_id,
  platform: "Android",
  push_token,
  is_optin: true,
});

interface Stored {
  id: string;
  seq: number;
  definition_id: string;
  properties: string;
}

async function stored(): Promise<Stored[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT id, seq, definition_id, properties FROM events WHERE space_no = ${SPACE_NO} ORDER BY seq, id`,
  );
  return (await query.bind(space.id).all<Stored>()).results;
}

const derivedEvents = async () =>
  (await stored()).map((row) => [row.definition_id, JSON.parse(row.properties) as unknown]);

describe("tags", () => {
  it("that are new are added, missing ones removed, the others left unchanged", async () => {
    await enable(...SETS);
    await put({ tags: ["b", "a"] });
    await put({ tags: ["c", "b"] });
    await put({ tags: null });
    expect(await derivedEvents()).toEqual([
      ["tagAdded", { tag: "a" }],
      ["tagAdded", { tag: "b" }],
      ["tagAdded", { tag: "c" }],
      ["tagRemoved", { tag: "a" }],
      ["tagRemoved", { tag: "b" }],
      ["tagRemoved", { tag: "c" }],
    ]);
  });

  it("of a new profile are added", async () => {
    await enable("personCreated", ...SETS);
    await put({ person_id: "n", tags: ["a"], installations: [phone("i", "t")] });
    expect(await derivedEvents()).toEqual([
      ["personCreated", {}],
      ["pushContactAdded", { address: "t" }],
      ["tagAdded", { tag: "a" }],
    ]);
  });

  it("derive events of the enabled definitions only", async () => {
    await put({ tags: ["a"] });
    await enable("tagRemoved");
    await put({ tags: ["b"] });
    expect(await derivedEvents()).toEqual([["tagRemoved", { tag: "a" }]]);
  });
});

describe("an installation", () => {
  it("is a push contact as long as it has a token: added, changed, deleted", async () => {
    await enable(...SETS);
    await put({ installations: [phone("i", null)] });
    await put({ installations: [phone("i", "t-1")] });
    await put({ installations: [phone("i", "t-2"), phone("j", "u")] });
    await put({ installations: [phone("i", null), phone("j", "u")] });
    await put({ installations: [] });
    expect(await derivedEvents()).toEqual([
      ["pushContactAdded", { address: "t-1" }],
      ["pushContactChanged", { address: "t-2", oldAddress: "t-1" }],
      ["pushContactAdded", { address: "u" }],
      ["pushContactDeleted", { address: "t-2" }],
      ["pushContactDeleted", { address: "u" }],
    ]);
  });
});

describe("a write", () => {
  const sets = { tags: ["a", "b"], installations: [phone("i", "t"), phone("j", null)] };

  it("that leaves the sets as they were derives no event, however it is sent", async () => {
    await enable(...SETS);
    await put(sets);
    const first = await stored();
    await put(sets);
    await put({});
    await put({ type: "Lead" });
    const { push_token: _, ...silent } = phone("j", null);
    await put({ tags: sets.tags.toReversed(), installations: [silent, phone("i", "t")] });
    expect(await stored()).toEqual(first);
    expect(first).toHaveLength(3);
  });

  it("derives them at its own sequence number: with the profile, or not at all", async () => {
    await enable(...SETS);
    await put(sets);
    const query = env.SPACE_DB.prepare(
      "SELECT seq_from FROM profiles WHERE space_id = ? AND person_id = 'p-1' AND seq_to IS NULL",
    );
    const current = await query.bind(space.id).first<{ seq_from: number }>();
    expect(new Set((await stored()).map((row) => row.seq))).toEqual(new Set([current?.seq_from]));
    const profiles = [
      { person_id: "p-1", tags: [] },
      { person_id: "n", external_person_id: "CRM-1" },
    ];
    const refused = await service.call("PUT", "/v1/profiles", { key: space.key, body: { profiles } });
    expect([refused.status, (await stored()).length]).toEqual([409, 3]);
    expect(await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key })).toMatchObject(sets);
  });

  it("compares with what it really replaces", async () => {
    await enable(...SETS);
    const other = once(() => put({ tags: ["a", "theirs"] }));
    await put({ tags: ["a", "ours"] }, interrupted(other));
    expect(await derivedEvents()).toEqual([
      ["tagAdded", { tag: "a" }],
      ["tagAdded", { tag: "theirs" }],
      ["tagAdded", { tag: "ours" }],
      ["tagRemoved", { tag: "theirs" }],
    ]);
  });
});

const definitionsOf = (rows: readonly Row[]) => rows.map((row) => String(row["definitionId"])).toSorted();

it("an export has the events of what changed before it was requested, and none of what came after", async () => {
  await enable(...SETS);
  await put({ tags: ["a"], installations: [phone("i", "t")] });
  service.now += 1_000;
  const id = await service.ask(space, { event_names: ["tag*", "pushContact*"] });
  service.now -= 500; // within the window of the export, but after its snapshot
  await put({ tags: ["b"], installations: [] });
  service.now += 500;
  await service.pump();
  const rows = await rowsOf(service, await service.poll(space, id));
  expect(definitionsOf(rows)).toEqual(["pushContactAdded", "tagAdded"]);
  const later = await rowsOf(service, await service.export(space, { event_names: ["tag*", "pushContact*"] }));
  const all = ["pushContactAdded", "pushContactDeleted", "tagAdded", "tagAdded", "tagRemoved"];
  expect(definitionsOf(later)).toEqual(all);
});
