/** Deleting a person: the answers of the calls, and that no later answer shows the person. */

import { beforeEach, describe, expect, it } from "vitest";
import { deletionsBetween } from "../../../src/db/profiles/deletions.ts";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { sweep } from "../../support/sweep.ts";
import { interrupted, once } from "../../support/interrupted.ts";
import { roomyService } from "../../support/pipeline.ts";
import { orders, type ProblemView, type Service, type Space, START } from "../../support/service.ts";

interface Deletion {
  id: string;
  person_id: string;
  status: string;
  requested_at: string;
  completed_at: string | null;
  deleted: Record<string, number>;
}

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const key = () => ({ key: space.key });
const put = (...profiles: Record<string, unknown>[]) =>
  service.json("PUT", "/v1/profiles", 200, { ...key(), body: { profiles } });
const end = (person = "p-1") => service.json<Deletion>("DELETE", `/v1/profiles/${person}`, 202, key());
const status = async (method: string, path: string) => (await service.call(method, path, key())).status;
const list = async (query = "") =>
  (await service.json<{ data: Deletion[] }>("GET", `/v1/profile-deletions?${query}`, 200, key())).data;
const events = async (query = "") =>
  service.json<{ data: Record<string, unknown>[]; next_cursor: string | null }>(
    "GET",
    `/v1/events?start=${new Date(START - 3_600_000).toISOString()}&end=${new Date(START).toISOString()}${query}`,
    200,
    key(),
  );
const eventIds = async () => (await events()).data.map((row) => row["eventId"]);

async function sweepLater(): Promise<void> {
  service.now += 60_000;
  await sweep(service.context);
}

const PENDING = {
  person_id: "p-1",
  status: "pending",
  requested_at: new Date(START).toISOString(),
  completed_at: null,
  deleted: { events: 0, touchpoints: 0, reachability_events: 0, profile_versions: 0 },
};

describe("the answer", () => {
  it("is a deletion that is pending, and says where it is found", async () => {
    const response = await service.call("DELETE", "/v1/profiles/p-1", key());
    const deletion = await response.json<Deletion>();
    expect([response.status, deletion]).toEqual([202, { id: expect.any(String) as string, ...PENDING }]);
    expect(response.headers.get("location")).toBe(`/v1/profile-deletions/${deletion.id}`);
    expect(await service.json("GET", `/v1/profile-deletions/${deletion.id}`, 200, key())).toEqual(deletion);
  });

  it("is the same for a second call while it is pending; afterwards the profile is unknown", async () => {
    const first = await end();
    expect(await end()).toEqual(first);
    expect(await list()).toEqual([first]);
    await sweepLater();
    expect(await status("DELETE", "/v1/profiles/p-1")).toBe(404);
  });

  it("is another one for a profile that was created again meanwhile", async () => {
    const first = await end();
    await put({ person_id: "p-1" });
    const second = await end();
    expect(second.id).not.toBe(first.id);
    expect(await end()).toEqual(second);
  });

  it("is one deletion to calls at once", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => end()));
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(await list()).toHaveLength(1);
  });

  it("is 404 for an unknown profile, and for an unknown deletion", async () => {
    expect(await status("DELETE", "/v1/profiles/nobody")).toBe(404);
    expect(await status("GET", "/v1/profile-deletions/nobody")).toBe(404);
  });

  it("takes any id that a person may have", async () => {
    await put({ person_id: "a/b ü" });
    expect(await end(encodeURIComponent("a/b ü"))).toMatchObject({ person_id: "a/b ü" });
  });
});

describe("the list", () => {
  it("has the newest first, and those of one status when the request asks for it", async () => {
    await put({ person_id: "p-2" }, { person_id: "p-3" });
    await end("p-1");
    await sweepLater();
    await end("p-2");
    service.now += 1;
    await end("p-3");
    const persons = async (query: string) => (await list(query)).map((each) => each.person_id);
    expect(await persons("")).toEqual(["p-3", "p-2", "p-1"]);
    expect(await persons("status=pending")).toEqual(["p-3", "p-2"]);
    expect(await persons("status=completed")).toEqual(["p-1"]);
    expect(await service.faults("GET", "/v1/profile-deletions?status=odd", key())).toEqual(["#query/status"]);
  });
});

describe("from the answer on, before any row is deleted,", () => {
  beforeEach(async () => {
    await put({ person_id: "p-2" });
    const [order] = orders(1);
    await service.send(space, [...orders(3), { ...order, id: "other", person_id: "p-2" }]);
  });

  it("the profile is not found, and its external id is free", async () => {
    await end();
    expect(await status("GET", "/v1/profiles/p-1")).toBe(404);
    await put({ person_id: "p-9", external_person_id: "CRM-1" });
  });

  it("events cannot name the person, by either id", async () => {
    await end();
    const [order] = orders(1);
    const body = {
      events: [
        { ...order, id: "new-1" },
        { ...order, id: "new-2", person_id: undefined, external_person_id: "CRM-1" },
      ],
    };
    expect(await service.faults("POST", "/v1/events", { ...key(), body })).toEqual([
      "/events/0/person_id",
      "/events/1/external_person_id",
    ]);
  });

  it("List Events shows no event of the person", async () => {
    expect(await eventIds()).toHaveLength(4);
    await end();
    expect(await eventIds()).toEqual(["other"]);
  });

  it("nor do pages of a walk that began before", async () => {
    const first = await events("&limit=1");
    await end();
    const rest = await events(`&limit=10&cursor=${encodeURIComponent(first.next_cursor ?? "")}`);
    expect(rest.data.map((row) => row["eventId"])).toEqual(["other"]);
  });

  it("an estimate counts none of them", async () => {
    const body = {
      dataset: "activity_events",
      start: new Date(START - 3_600_000).toISOString(),
      end: new Date(START).toISOString(),
    };
    const rows = async () =>
      (await service.json<{ rows: number }>("POST", "/v1/exports/estimate", 200, { ...key(), body })).rows;
    expect(await rows()).toBe(4);
    await end();
    expect(await rows()).toBe(1);
  });

  it("a profile that is created again begins empty, and its own events are shown", async () => {
    await put({ person_id: "p-1", attributes: { tier: "gold" }, tags: ["vip"], topics: { news: { sms: "opt-in" } } });
    await end();
    await put({ person_id: "p-1", type: "Lead" });
    const profile = { external_person_id: null, type: "Lead", attributes: {}, tags: [], topics: {} };
    expect(await service.json("GET", "/v1/profiles/p-1", 200, key())).toMatchObject(profile);
    await service.send(space, [{ ...orders(1)[0], id: "anew" }]);
    expect((await eventIds()).map(String).toSorted()).toEqual(["anew", "other"]);
  });
});

describe("a write at the same time", () => {
  it("of the person's events is rejected: their profile is unknown by then", async () => {
    const slow = interrupted(once(() => end()));
    const response = await slow.call("POST", "/v1/events", { ...key(), body: { events: orders(1) } });
    const { errors } = await response.json<ProblemView>();
    expect([response.status, errors?.[0]?.pointer]).toEqual([422, "/events/0/person_id"]);
    expect(await eventIds()).toEqual([]);
  });

  it("of the profile creates it again, and the answer says so", async () => {
    await service.json("PATCH", "/v1/event-definitions/personCreated", 200, { ...key(), body: { enabled: true } });
    await put({ person_id: "p-1", attributes: { old: 1 } });
    const slow = interrupted(once(() => end()));
    const body = { profiles: [{ person_id: "p-1", attributes: { young: 1 } }] };
    expect((await slow.call("PUT", "/v1/profiles", { ...key(), body })).status).toBe(200);
    expect(await service.json("GET", "/v1/profiles/p-1", 200, key())).toMatchObject({ attributes: { young: 1 } });
    service.now += 1;
    const created = await service.json<{ data: unknown[] }>(
      "GET",
      `/v1/events?start=${new Date(START).toISOString()}&end=${new Date(service.now).toISOString()}`,
      200,
      key(),
    );
    expect(created.data).toMatchObject([{ definitionId: "personCreated", personId: "p-1" }]);
  });
});

it("gives exports the profiles deleted between two sequence numbers, page by page, permanently", async () => {
  await put(...["a", "b", "c", "d"].map((id) => ({ person_id: id, external_person_id: `X-${id}` })));
  const db = service.context.databases.space(space.id);
  await end("a");
  const from = await readSequence(db, space.id);
  for (const id of ["b", "c"]) await end(id);
  const to = await readSequence(db, space.id);
  await end("d");
  await sweepLater();
  const first = await deletionsBetween(db, space.id, from, to, null, 1);
  const rest = await deletionsBetween(db, space.id, from, to, first[0] ?? null, 10);
  expect([first, rest]).toMatchObject([
    [{ person_id: "b", external_person_id: "X-b", seq: from + 1, requested_at: START }],
    [{ person_id: "c", external_person_id: "X-c", seq: to }],
  ]);
  expect(await deletionsBetween(db, space.id, to, to, null, 10)).toEqual([]);
});
