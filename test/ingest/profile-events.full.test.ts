/**
 * The people events that the service derives: with the write of the profile, of enabled definitions, on real change,
 * once.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { DERIVED } from "../../src/ingest/derived.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import { interrupted, once } from "../support/interrupted.ts";
import { roomyService, rowsOf } from "../support/pipeline.ts";
import { type ProblemView, type Service, type Space, START } from "../support/service.ts";
import { shownProperties } from "../support/shown-properties.ts";

const service = roomyService();
let space: Space;

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
});

const enable = async (...ids: string[]) => {
  for (const id of ids)
    await service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });
};
const call = (profiles: unknown[], by: Service = service) =>
  by.call("PUT", "/v1/profiles", { key: space.key, body: { profiles } });
async function put(...profiles: unknown[]): Promise<void> {
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
}
const attributes = (values: Record<string, unknown>) => put({ person_id: "p-1", attributes: values });

interface Made {
  id: string;
  definition_id: string;
  definition_version: number;
  person_id: string;
  company_id: string | null;
  session_id: string | null;
  occurred_at: number;
  received_at: number;
  seq: number;
  properties: string;
}

async function stored(): Promise<Made[]> {
  return (
    await env.SPACE_DB.prepare(`SELECT * FROM events WHERE space_no = ${SPACE_NO} ORDER BY seq, id`)
      .bind(space.id)
      .all<Made>()
  ).results;
}

/** The stored events as `definition {properties}`, with the properties that rows show. */
async function derivedEvents() {
  const events: (readonly [string, unknown])[] = [];
  for (const { definition_id, id } of await stored())
    events.push([definition_id, JSON.parse(await shownProperties(space.id, id))]);
  return events;
}

async function sequence(): Promise<unknown> {
  return (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first())?.["seq"];
}

describe("a write of a profile", () => {
  it("derives no event when none of the definitions is enabled, and reads no profile", async () => {
    const before = service.meter.statements;
    await attributes({ $first_name: "Ada" });
    const quiet = service.meter.statements - before;
    expect(await stored()).toEqual([]);
    await enable("nameChanged");
    const again = service.meter.statements;
    await attributes({ $first_name: "Ada" });
    expect(service.meter.statements - again).toBe(quiet + 3);
  });

  it("derives the event in the same write, at its moment", async () => {
    await enable("nameChanged");
    await put({ person_id: "p-1", company_id: "acme" });
    service.now += 5_000;
    await attributes({ $first_name: "Ada" });
    expect(await stored()).toEqual([
      {
        space_no: expect.any(Number),
        id: expect.stringMatching(/^[0-9a-f-]{36}-00000$/) as unknown,
        seq: await sequence(),
        definition_id: "nameChanged",
        definition_version: 2,
        person_id: "p-1",
        company_id: "acme",
        session_id: null,
        occurred_at: service.now,
        received_at: service.now,
        properties: '{"attribute":"$first_name","newValue":"Ada"}',
      },
    ]);
  });

  it("derives each event of several changes, of the enabled definitions alone", async () => {
    await enable("nameChanged", "emailAddressChanged", "customAttributeChanged");
    await attributes({ $first_name: "Ada", $email_address: "a@x", tier: 1, $city: "Rome" });
    await attributes({ $first_name: "Eva", $email_address: "b@x", tier: null, $city: "Oslo" });
    expect(await derivedEvents()).toEqual([
      ["nameChanged", { attribute: "$first_name", oldValue: null, newValue: "Ada" }],
      ["customAttributeChanged", { attribute: "tier", oldValue: null, newValue: "1" }],
      ["nameChanged", { attribute: "$first_name", oldValue: "Ada", newValue: "Eva" }],
      ["customAttributeChanged", { attribute: "tier", oldValue: "1", newValue: null }],
      ["emailAddressChanged", { address: "b@x", oldAddress: "a@x" }],
    ]);
  });

  it("derives events for the persons of one call, each their own", async () => {
    await enable("personCreated", "phoneNumberAdded");
    const profiles = Array.from({ length: 50 }, (_, n) => ({
      person_id: `n-${n}`,
      attributes: { $phone_number: `${n}` },
    }));
    await put({ person_id: "p-1", attributes: { $phone_number: "0" } }, ...profiles);
    const rows = await stored();
    expect(rows.filter((row) => row.definition_id === "personCreated").map((row) => row.person_id)).toEqual(
      profiles.map((profile) => profile.person_id),
    );
    expect(rows.filter((row) => row.definition_id === "phoneNumberAdded")).toHaveLength(51);
    expect(new Set(rows.map((row) => row.id)).size).toBe(101);
  });

  it("that changes nothing derives none, however often it is sent", async () => {
    await enable(...DERIVED);
    const profile = {
      person_id: "n",
      type: "Lead",
      identifiers: { custom_id: "u" },
      attributes: { $city: "Rome", a: 1 },
    };
    await put(profile);
    const first = await stored();
    await put(profile);
    await put({ person_id: "n" });
    await put({ person_id: "n", attributes: { b: null } });
    expect(await stored()).toEqual(first);
    expect(first.map((row) => row.definition_id)).toEqual(["personCreated"]);
  });

  it("has the merged values: what is absent stays, null removes", async () => {
    await enable("standardAttributeChanged", "contactInformationChanged");
    await put({ person_id: "p-1", type: "Lead", identifiers: { custom_id: "u", crm: "c" } });
    await put({ person_id: "p-1", external_person_id: null, identifiers: { custom_id: null } });
    expect(await derivedEvents()).toEqual([
      ["standardAttributeChanged", { attribute: "type", oldValue: null, newValue: "Lead" }],
      ["contactInformationChanged", { kind: "crm", address: "c" }],
      ["contactInformationChanged", { kind: "custom_id", address: "u" }],
      ["standardAttributeChanged", { attribute: "external_person_id", oldValue: "CRM-1", newValue: null }],
      ["contactInformationChanged", { kind: "custom_id", address: null }],
    ]);
  });

  it("that is rejected derives none", async () => {
    await enable("personCreated");
    const taken = await call([{ person_id: "n-1" }, { person_id: "n-2", external_person_id: "CRM-1" }]);
    expect([taken.status, await stored()]).toEqual([409, []]);
    const huge = {
      person_id: "p-1",
      attributes: Object.fromEntries(["a", "b"].map((name) => [name, name.repeat(1_000_000)])),
    };
    expect((await call([huge])).status).toBe(422);
    expect(await stored()).toEqual([]);
  });

  it("that outgrows a row is refused as without events", async () => {
    await enable("customAttributeChanged");
    await attributes({ a: "a".repeat(1_000_000) });
    const response = await call([{ person_id: "p-1", attributes: { b: "b".repeat(1_000_000) } }]);
    expect([response.status, (await response.json<ProblemView>()).errors?.[0]?.pointer]).toEqual([422, "/profiles"]);
    expect(await stored()).toHaveLength(1);
  });

  it("that would derive more than 100,000 events is refused, and nothing is written", async () => {
    await enable("customAttributeChanged");
    const profiles = (value: number) =>
      Array.from({ length: 200 }, (_, n) => ({
        person_id: `many-${n}`,
        attributes: Object.fromEntries(Array.from({ length: 501 }, (_, a) => [`a${a}`, value])),
      }));
    await put(...profiles(1));
    const before = await sequence();
    expect(await service.faults("PUT", "/v1/profiles", { key: space.key, body: { profiles: profiles(2) } })).toEqual([
      "/profiles",
    ]);
    expect([await sequence(), await stored()]).toEqual([before, []]);
  });

  it("compares with large profiles too, a page of them at a time", async () => {
    await enable("customAttributeChanged");
    const large = (n: number, more: object) => ({ person_id: `l-${n}`, attributes: { ...more } });
    for (let n = 0; n < 6; n += 1) await put(large(n, { text: "x".repeat(1_800_000), n: 0 }));
    await put(...Array.from({ length: 6 }, (_, n) => large(n, { n: 1 })), { person_id: "l-new" });
    const changes = (await stored()).map((row) => [
      row.person_id,
      (JSON.parse(row.properties) as { newValue: string }).newValue,
    ]);
    expect(changes).toEqual(Array.from({ length: 6 }, (_, n) => [`l-${n}`, "1"]));
  });
});

describe("properties that the space added to such a definition", () => {
  it("are null", async () => {
    await enable("personCreated");
    const body = { properties: [{ name: "source", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/personCreated", 200, { key: space.key, body });
    await put({ person_id: "n" });
    expect(await derivedEvents()).toEqual([["personCreated", { source: null }]]);
  });
});

describe("what changes between read and write", () => {
  it("is read again: the event has what was really replaced", async () => {
    await enable("emailAddressAdded", "emailAddressChanged");
    const other = once(() => attributes({ $email_address: "theirs@x" }));
    const response = await call([{ person_id: "p-1", attributes: { $email_address: "ours@x" } }], interrupted(other));
    expect(response.status).toBe(200);
    expect(await derivedEvents()).toEqual([
      ["emailAddressAdded", { address: "theirs@x" }],
      ["emailAddressChanged", { address: "ours@x", oldAddress: "theirs@x" }],
    ]);
  });

  it("derives one creation of a profile that two calls create", async () => {
    await enable("personCreated");
    const other = once(() => put({ person_id: "n" }));
    expect((await call([{ person_id: "n" }], interrupted(other))).status).toBe(200);
    expect(await derivedEvents()).toEqual([["personCreated", {}]]);
  });

  it("derives no event where the definition was disabled", async () => {
    await enable("personCreated");
    const disable = once(() =>
      service.json("PATCH", "/v1/event-definitions/personCreated", 200, { key: space.key, body: { enabled: false } }),
    );
    expect((await call([{ person_id: "n" }], interrupted(disable))).status).toBe(200);
    expect(await stored()).toEqual([]);
    await service.json("GET", "/v1/profiles/n", 200, { key: space.key });
  });

  it("on every retry ends the call with a conflict, and nothing is written", async () => {
    await enable("customAttributeChanged");
    const always = (nth: number) => attributes({ other: nth });
    const response = await call([{ person_id: "p-1", attributes: { ours: 1 } }], interrupted(always));
    expect([response.status, (await response.json<ProblemView>()).code]).toEqual([409, "conflict"]);
    const names = (await stored()).map((row) => (JSON.parse(row.properties) as { attribute: string }).attribute);
    expect(new Set(names)).toEqual(new Set(["other"]));
  });

  it("of calls at once leaves one event for each real change, in a chain", async () => {
    await enable("customAttributeChanged");
    const calls = Array.from({ length: 20 }, (_, n) => call([{ person_id: "p-1", attributes: { n } }]));
    const answers = await Promise.all(calls);
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    const chain = (await derivedEvents()).map(([, properties]) => properties as { oldValue: string; newValue: string });
    expect(chain).toHaveLength(20);
    expect(chain.map((change) => change.oldValue)).toEqual([
      null,
      ...chain.slice(0, -1).map((change) => change.newValue),
    ]);
  });
});

it("exports them as every other event", async () => {
  await enable("personCreated");
  await put({ person_id: "n", external_person_id: "CRM-N" });
  service.now += 1_000;
  const rows = await rowsOf(service, await service.export(space, { event_names: ["person*"] }));
  expect(rows).toMatchObject([{ definitionId: "personCreated", personId: "n", externalPersonId: "CRM-N" }]);
});
