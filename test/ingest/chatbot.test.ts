/** Chatbot-session events create a profile when their person has none; no other event does. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../support/interrupted.ts";
import { Service, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;

const SESSIONS = ["chatbotSessionStarted", "chatbotSessionEnded", "chatbotSessionFailedToStart"];

const enable = (id: string, by = service) =>
  by.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });

beforeEach(async () => {
  space = await service.shop();
  for (const id of [...SESSIONS, "conversationCreated"]) await enable(id);
});

const event = (person: Record<string, unknown>, definition = "chatbotSessionStarted") => ({
  definition_id: definition,
  properties: {},
  ...person,
});
const send = (events: unknown[], by = service) =>
  by.json("POST", "/v1/events", 202, { key: space.key, body: { events } });
const faults = (events: unknown[]) => service.faults("POST", "/v1/events", { key: space.key, body: { events } });

async function profiles(): Promise<Record<string, unknown>[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT person_id, external_person_id, type FROM profiles
     WHERE space_id = ? AND seq_to IS NULL AND person_id <> 'p-1' ORDER BY person_id`,
  );
  return (await query.bind(space.id).all()).results;
}

async function events(): Promise<Record<string, unknown>[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT definition_id, person_id FROM events WHERE space_no = ${SPACE_NO} ORDER BY id`,
  );
  return (await query.bind(space.id).all()).results;
}

describe("fact 1.a.30: a person who is not there", () => {
  it.each(SESSIONS)("fact 1.a.30: is created by %s, of type Customer", async (definition) => {
    expect(await send([event({ person_id: "new" }, definition)])).toEqual({ accepted: 1, duplicates: 0 });
    expect(await profiles()).toEqual([{ person_id: "new", external_person_id: null, type: "Customer" }]);
    const shown = await service.json("GET", "/v1/profiles/new", 200, { key: space.key });
    const at = new Date(service.now).toISOString();
    expect(shown).toEqual({
      person_id: "new",
      external_person_id: null,
      company_id: null,
      type: "Customer",
      identifiers: {},
      attributes: {},
      tags: [],
      topics: {},
      installations: [],
      created_at: at,
      updated_at: at,
    });
  });

  it("is created with the external id by which the event names them, with a person id of their own", async () => {
    await send([event({ external_person_id: "CRM-9" })]);
    const [profile, ...more] = await profiles();
    expect([profile, more]).toEqual([
      { person_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown, external_person_id: "CRM-9", type: "Customer" },
      [],
    ]);
    expect(await events()).toEqual([{ definition_id: "chatbotSessionStarted", person_id: profile?.["person_id"] }]);
  });

  it("is created once, for any number of events in one call that name them", async () => {
    await send([event({ external_person_id: "CRM-9" }), event({ external_person_id: "CRM-9" }, SESSIONS[1])]);
    await send([event({ person_id: "new" }), event({ person_id: "new" })]);
    expect(await profiles()).toHaveLength(2);
  });

  it("is there for events behind it in the call, not for those before it", async () => {
    const [session, conversation] = [event({ person_id: "new" }), event({ person_id: "new" }, "conversationCreated")];
    expect(await faults([conversation, session])).toEqual(["/events/0/person_id"]);
    expect(await send([session, conversation])).toEqual({ accepted: 2, duplicates: 0 });
  });

  it.each(["conversationCreated", "emailSent", "order_placed"])("is not created by %s", async (definition) => {
    expect(await faults([event({ person_id: "new" }, definition)])).toEqual(["/events/0/person_id"]);
    expect(await profiles()).toEqual([]);
  });

  it("is not created by a rejected call", async () => {
    expect(await faults([event({ person_id: "new" }), event({ person_id: "p-1", properties: { a: 1 } })])).toEqual([
      "/events/1/properties/a",
    ]);
    expect(await profiles()).toEqual([]);
  });

  it("is not created by a disabled definition", async () => {
    await service.json("PATCH", "/v1/event-definitions/chatbotSessionStarted", 200, {
      key: space.key,
      body: { enabled: false },
    });
    expect(await faults([event({ person_id: "new" })])).toEqual(["/events/0/definition_id"]);
  });

  it("is not created when neither id, or both, are sent", async () => {
    const both = event({ person_id: "new", external_person_id: "CRM-9" });
    expect(await faults([event({}), both])).toEqual(["/events/0/person_id", "/events/1/person_id"]);
  });
});

describe("an event whose id is known creates no profile", () => {
  const chat = (id: string, person: Record<string, unknown>) => ({ ...event(person), id });

  it.each([{ person_id: "new" }, { external_person_id: "CRM-9" }])("of %j, in a later call", async (person) => {
    await enable("personCreated");
    await send([chat("e-1", { person_id: "p-1" })]);
    expect(await send([chat("e-1", person), chat("e-2", { person_id: "p-1" })])).toEqual({
      accepted: 1,
      duplicates: 1,
    });
    expect(await profiles()).toEqual([]);
    expect(await events()).toHaveLength(2);
  });

  it("in the same call", async () => {
    const call = [chat("e-1", { person_id: "p-1" }), chat("e-1", { person_id: "new" })];
    expect(await send(call)).toEqual({ accepted: 1, duplicates: 1 });
    expect(await profiles()).toEqual([]);
  });

  it("where it became known between read and write", async () => {
    const meanwhile = once(() => send([chat("e-1", { person_id: "p-1" })]));
    const sent = await send([chat("e-1", { person_id: "new" })], interrupted(meanwhile));
    expect(sent).toEqual({ accepted: 0, duplicates: 1 });
    expect(await profiles()).toEqual([]);
  });

  it("nor where it is wrong now", async () => {
    await send([chat("e-1", { person_id: "p-1" })]);
    const wrong = { ...chat("e-1", { person_id: "new" }), properties: { nothing: 1 } };
    const unnamed = [chat("e-1", {}), chat("e-1", { person_id: "a", external_person_id: "b" })];
    expect(await send([wrong, ...unnamed])).toEqual({ accepted: 0, duplicates: 3 });
    expect(await profiles()).toEqual([]);
  });

  it("but another event of the call does", async () => {
    await send([chat("e-1", { person_id: "p-1" })]);
    const call = [chat("e-1", { person_id: "new" }), chat("e-2", { person_id: "new" })];
    expect(await send(call)).toEqual({ accepted: 1, duplicates: 1 });
    expect(await profiles()).toHaveLength(1);
  });
});

describe("a person who is there", () => {
  it("is left as they are", async () => {
    const before = await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key });
    await send([event({ person_id: "p-1" }), event({ external_person_id: "CRM-1" })]);
    expect(await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key })).toEqual(before);
    expect(await profiles()).toEqual([]);
  });

  it("is found again when the same call comes twice", async () => {
    const call = [{ ...event({ external_person_id: "CRM-9" }), id: "e-1" }];
    await send(call);
    const derivedEvents = await profiles();
    expect(await send(call)).toEqual({ accepted: 0, duplicates: 1 });
    expect(await profiles()).toEqual(derivedEvents);
  });
});

describe("calls at once", () => {
  it.each([{ person_id: "new" }, { external_person_id: "CRM-9" }])(
    "that name %j create one profile",
    async (person) => {
      const answers = await Promise.all([1, 2, 3].map(() => send([event(person)])));
      expect(answers).toEqual(answers.map(() => ({ accepted: 1, duplicates: 0 })));
      expect(await profiles()).toHaveLength(1);
      expect(new Set((await events()).map((row) => row["person_id"])).size).toBe(1);
    },
  );

  it("find the profile that was created between read and write", async () => {
    const meanwhile = once(() =>
      service.json("PUT", "/v1/profiles", 200, {
        key: space.key,
        body: { profiles: [{ person_id: "theirs", external_person_id: "CRM-9", type: "Lead" }] },
      }),
    );
    await send([event({ external_person_id: "CRM-9" })], interrupted(meanwhile));
    expect(await profiles()).toEqual([{ person_id: "theirs", external_person_id: "CRM-9", type: "Lead" }]);
    expect(await events()).toEqual([{ definition_id: "chatbotSessionStarted", person_id: "theirs" }]);
  });
});

describe("personCreated", () => {
  it("is derived with the profile when it is enabled, and not counted as accepted", async () => {
    await enable("personCreated");
    expect(await send([event({ person_id: "new" })])).toEqual({ accepted: 1, duplicates: 0 });
    const stored = (await events()).map((row) => String(row["definition_id"]));
    expect(stored.toSorted()).toEqual(["chatbotSessionStarted", "personCreated"]);
  });

  it("is not derived for an existing profile", async () => {
    await enable("personCreated");
    await send([event({ person_id: "p-1" })]);
    expect(await events()).toHaveLength(1);
  });
});
