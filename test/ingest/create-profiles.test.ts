/** `create_profiles=true`: events make the profiles of the people whom the space does not know, in one transaction. */

import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../support/interrupted.ts";
import { roomyService, type Row } from "../support/pipeline.ts";
import { type ProblemView, type Space, START } from "../support/service.ts";
import { addressOf, at, list } from "../support/walk.ts";

const service = roomyService();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const CREATE = "/v1/events?create_profiles=true";

const event = (id: string, more: Record<string, unknown>) => ({
  id,
  definition_id: "order_placed",
  occurred_at: at(START - 1_000),
  properties: {},
  ...more,
});

const send = (events: readonly unknown[], by = service) =>
  by.json("POST", CREATE, 202, { key: space.key, body: { events } });

/** The profiles beside that of the shop. */
async function profiles(): Promise<Row[]> {
  const { data } = await service.json<{ data: Row[] }>("GET", "/v1/profiles?limit=200", 200, { key: space.key });
  return data.filter((each) => each["person_id"] !== "p-1");
}

const listed = async () => (await list(service, space, { limit: "4000" })).data;
const enable = (id: string) =>
  service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });

const UUID: unknown = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);

describe("a person who has no profile", () => {
  it("gets one with the id by which the event names them, once a call, and the others stay as they are", async () => {
    await enable("personCreated");
    const known = await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key });
    service.now += 1;
    const events = [
      event("a", { person_id: "new 日本" }),
      event("b", { external_person_id: "CRM-9" }),
      event("c", { custom_id: "c-9" }),
      event("d", { custom_id: "c-9" }),
      event("e", { external_person_id: "CRM-1" }),
    ];
    expect(await send(events)).toEqual({ accepted: 5, duplicates: 0 });
    const made = await profiles();
    const ids = (each: Row) => [each["person_id"], each["external_person_id"], each["identifiers"], each["type"]];
    expect(made.map(ids)).toHaveLength(3);
    expect(made.map(ids)).toEqual(
      expect.arrayContaining([
        ["new 日本", null, {}, null],
        [UUID, "CRM-9", {}, null],
        [UUID, null, { custom_id: "c-9" }, null],
      ]),
    );
    expect(await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key })).toEqual(known);
    const rows = await listed();
    const personOf = (id: string) => rows.find((row) => row["eventId"] === id)?.["personId"];
    const custom = made.find((each) => JSON.stringify(each["identifiers"]) !== "{}");
    expect([personOf("c"), personOf("d")]).toEqual([custom?.["person_id"], custom?.["person_id"]]);
    expect(personOf("e")).toBe("p-1");
    service.now += 1;
    const created = await list(service, space, { event_names: "personCreated", end: at(service.now) });
    expect(new Set(created.data.map((row) => row["personId"]))).toEqual(new Set(made.map((each) => each["person_id"])));
    service.now = START;
  });

  it("has no event of their creation where that is disabled, and is of type Customer by a chatbot's session", async () => {
    await enable("chatbotSessionStarted");
    await send([
      event("a", { person_id: "x" }),
      event("b", { person_id: "y", definition_id: "chatbotSessionStarted" }),
    ]);
    expect((await profiles()).map((each) => each["type"])).toEqual([null, "Customer"]);
    expect((await listed()).map((row) => row["eventId"])).toEqual(["a", "b"]);
  });

  it("has sessions whose length follows from their beginning in the same call", async () => {
    for (const id of ["sessionStarted", "sessionEnded"]) await enable(id);
    const session = (id: string, definition_id: string, ago: number) =>
      event(id, { definition_id, person_id: "x", session_id: "s", occurred_at: at(START - ago) });
    await send([session("a", "sessionStarted", 65_000), session("b", "sessionEnded", 5_000)]);
    const ends = await list(service, space, { event_names: "sessionEnded" });
    expect(ends.data).toMatchObject([{ personId: "x", sessionLength: 60 }]);
  });

  it.each(["/v1/events", "/v1/events?create_profiles=false"])("is refused by %s", async (path) => {
    const body = { events: [event("a", { person_id: "x" })] };
    expect(await service.faults("POST", path, { key: space.key, body })).toEqual(["/events/0/person_id"]);
  });

  it("gets one by lines of JSON too, and 5,000 of them by a call", async () => {
    const events = Array.from({ length: 5_000 }, (_, n) => event(`e-${n}`, { external_person_id: `CRM ${n}` }));
    const headers = { "content-type": "application/x-ndjson" };
    const body = events.map((each) => JSON.stringify(each)).join("\n");
    const answer = await service.json("POST", CREATE, 202, { key: space.key, body, headers });
    expect(answer).toEqual({ accepted: 5_000, duplicates: 0 });
    expect(new Set((await list(service, space, { limit: "4000" })).data.map((row) => row["personId"])).size).toBe(
      4_000,
    );
    expect(await send(events)).toEqual({ accepted: 0, duplicates: 5_000 });
  });
});

describe("nothing is made", () => {
  it("by a call of which one event is refused: no profile, no event", async () => {
    const faults: [Record<string, unknown>, string][] = [
      [{ person_id: "y", properties: { colour: "red" } }, "/events/1/properties/colour"],
      [{ person_id: "y", definition_id: "nothing" }, "/events/1/definition_id"],
      [{}, "/events/1/person_id"],
      [{ person_id: "p-1", custom_id: "c-9" }, "/events/1/person_id"],
    ];
    for (const [more, pointer] of faults) {
      const body = { events: [event("a", { person_id: "x" }), event("b", more)] };
      expect(await service.faults("POST", CREATE, { key: space.key, body })).toEqual([pointer]);
    }
    expect([await profiles(), await listed()]).toEqual([[], []]);
  });

  it("by an event that is there already, also when its person was deleted, and by one that comes twice", async () => {
    const events = [event("a", { external_person_id: "CRM-9" }), event("b", { external_person_id: "CRM-9" })];
    await send(events);
    const [made] = await profiles();
    await service.json("DELETE", `/v1/profiles/${String(made?.["person_id"])}`, 202, { key: space.key });
    expect(await send(events)).toEqual({ accepted: 0, duplicates: 2 });
    expect(await send([event("c", { person_id: "p-1" }), event("c", { person_id: "x" })])).toMatchObject({
      accepted: 1,
    });
    expect(await profiles()).toEqual([]);
  });

  it("by a key that may not write profiles, or with another value", async () => {
    const body = { events: [event("a", { person_id: "x" })] };
    const key = await service.keyWith(space, ["events:read", "events:write"]);
    const refused = await service.json<ProblemView>("POST", CREATE, 403, { key, body });
    expect([refused.code, refused.detail]).toEqual(["forbidden", expect.stringContaining("profiles:write")]);
    for (const value of ["", "1", "TRUE"])
      expect(await service.faults("POST", `/v1/events?create_profiles=${value}`, { key: space.key, body })).toEqual([
        "#query/create_profiles",
      ]);
    expect(await profiles()).toEqual([]);
  });

  it("in another space", async () => {
    const other = await service.shop();
    await send([event("a", { person_id: "x", external_person_id: undefined })]);
    await service.json("GET", "/v1/profiles/x", 404, { key: other.key });
    expect((await service.json<{ data: Row[] }>("GET", addressOf({}), 200, { key: other.key })).data).toEqual([]);
  });
});

describe("calls at once", () => {
  it("make one person of each id, and their events are all of that person", async () => {
    const calls = [1, 2, 3].map((n) =>
      send([event(`a-${n}`, { external_person_id: "CRM-9" }), event(`b-${n}`, { custom_id: "c-9" })]),
    );
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({ accepted: 2, duplicates: 0 })));
    expect(await profiles()).toHaveLength(2);
    expect(new Set((await listed()).map((row) => row["personId"])).size).toBe(2);
  });

  it.each<[what: string, name: Record<string, unknown>, meanwhile: Record<string, unknown>]>([
    ["the person", { person_id: "new" }, { person_id: "new" }],
    [
      "somebody else, with the external id",
      { external_person_id: "CRM-9" },
      { person_id: "else", external_person_id: "CRM-9" },
    ],
    [
      "somebody else, with the custom id",
      { custom_id: "c-9" },
      { person_id: "else", identifiers: { custom_id: "c-9" } },
    ],
  ])("leave one profile where another call makes %s between read and write", async (_, name, profile) => {
    const body = { profiles: [{ ...profile, attributes: { a: 1 } }] };
    const put = () => service.json("PUT", "/v1/profiles", 200, { key: space.key, body });
    expect(await send([event("a", name)], interrupted(once(put)))).toEqual({ accepted: 1, duplicates: 0 });
    expect(await profiles()).toMatchObject([{ ...profile, attributes: { a: 1 } }]);
    expect((await listed()).map((row) => row["personId"])).toEqual([profile["person_id"]]);
  });
});
