/** Loading reachability events: all or nothing, each id once, each channel with its own reasons and fields. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { interrupted } from "../../support/interrupted.ts";
import { roomyService } from "../../support/pipeline.ts";
import { type CallOptions, type ProblemView, type Service, type Space, START } from "../../support/service.ts";
import { SPACE_NO } from "../../../src/db/core/sequences.ts";

const PATH = "/v1/reachability-events";
const DAY_MS = 86_400_000;
const service = roomyService();
let space: Space;

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
});

const SMS = {
  id: "r-1",
  person_id: "p-1",
  channel: "SMS",
  timestamp: "2026-03-01T11:00:00.000Z",
  reasons: ["PHONE_NUMBER_ADDED"],
};
const EMAIL = { ...SMS, channel: "EMAIL", reasons: ["EMAIL_ADDRESS_ADDED"] };
const PUSH = { ...SMS, channel: "PUSH", reasons: ["PUSH_TOKEN_ADDED"], installation_id: "i-1" };

const load = (events: unknown[], by: Service = service) =>
  by.json<{ accepted: number; duplicates: number }>("POST", PATH, 202, { key: space.key, body: { events } });
const refusal = (...events: unknown[]) => service.faults("POST", PATH, { key: space.key, body: { events } });
const problem = async (event: unknown, options: CallOptions = {}) => {
  const asked = { key: space.key, body: { events: [event] }, ...options };
  return (await service.json<ProblemView>("POST", PATH, 422, asked)).errors;
};

async function stored(): Promise<Record<string, unknown>[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT * FROM reachability_events WHERE space_no = ${SPACE_NO} ORDER BY occurred_at, id`,
  );
  return (await query.bind(space.id).all()).results;
}

describe("an event that is loaded", () => {
  it("is stored with its time, its reasons in the seed's order and its channel's fields", async () => {
    const events = [
      {
        ...SMS,
        timestamp: "2026-03-01T12:00:00.001+01:00",
        reasons: ["PHONE_NUMBER_ADDED", "SUBSCRIBED_TO_SMS_MARKETING"],
        has_phone_number: true,
        sms_marketing: "subscribed",
      },
      { ...EMAIL, id: "r-2", timestamp: "2026-03-01T11:00:00.002Z", email_marketing: "unsubscribed" },
      { ...PUSH, id: "r-3", timestamp: "2026-03-01T11:00:00.003Z", is_optin: false, platform: "Webpush" },
    ];
    expect(await load(events)).toEqual({ accepted: 3, duplicates: 0 });
    const row = { space_no: expect.any(Number), person_id: "p-1", received_at: START, seq: 3 };
    const at = Date.parse("2026-03-01T11:00:00.000Z");
    expect(await stored()).toEqual([
      {
        ...row,
        occurred_at: at + 1,
        id: "r-1",
        channel: "SMS",
        installation_id: null,
        event:
          '{"reasons":["SUBSCRIBED_TO_SMS_MARKETING","PHONE_NUMBER_ADDED"],"has_phone_number":true,"sms_marketing":"subscribed"}',
      },
      {
        ...row,
        occurred_at: at + 2,
        id: "r-2",
        channel: "EMAIL",
        installation_id: null,
        event: '{"reasons":["EMAIL_ADDRESS_ADDED"],"has_email_address":null,"email_marketing":"unsubscribed"}',
      },
      {
        ...row,
        occurred_at: at + 3,
        id: "r-3",
        channel: "PUSH",
        installation_id: "i-1",
        event: '{"reasons":["PUSH_TOKEN_ADDED"],"is_optin":false,"platform":"Webpush"}',
      },
    ]);
  });

  it("may be a line of NDJSON", async () => {
    const raw = [SMS, { ...PUSH, id: "r-2" }].map((event) => JSON.stringify(event)).join("\n");
    const headers = { "content-type": "application/x-ndjson" };
    const answer = await service.json("POST", PATH, 202, { key: space.key, raw, headers });
    expect(answer).toEqual({ accepted: 2, duplicates: 0 });
    const wrong = { raw: `${raw}\n{"id":"r-3"}`, headers, body: undefined };
    expect((await problem(null, wrong))?.[0]?.pointer).toMatch(/^\/events\/2\//);
  });

  it("may have null for what it does not have, of other channels too", async () => {
    const empty = {
      has_phone_number: null,
      has_email_address: null,
      sms_marketing: null,
      email_marketing: null,
      is_optin: null,
      platform: null,
    };
    await load([
      { ...SMS, ...empty, installation_id: null },
      { ...EMAIL, id: "r-2", ...empty, installation_id: null },
      { ...PUSH, id: "r-3", ...empty },
    ]);
    expect(await stored()).toHaveLength(3);
  });
});

describe("an id that the space has", () => {
  it("is a duplicate, also with other fields: the first one stays", async () => {
    await load([SMS]);
    const first = await stored();
    const later = { ...PUSH, timestamp: "2026-03-01T11:30:00.000Z" };
    expect(await load([later, { ...SMS, id: "r-2" }])).toEqual({ accepted: 1, duplicates: 1 });
    expect((await stored()).filter((row) => row["id"] === "r-1")).toEqual(first);
  });

  it("is one too where the person or the time would be refused", async () => {
    await load([SMS]);
    const again = [
      { ...SMS, person_id: "nobody" },
      { ...SMS, timestamp: "2020-01-01T00:00:00Z" },
    ];
    expect(await load(again)).toEqual({ accepted: 0, duplicates: 2 });
  });

  it("is one within a call: the first stays", async () => {
    expect(await load([SMS, EMAIL])).toEqual({ accepted: 1, duplicates: 1 });
    expect(await stored()).toMatchObject([{ channel: "SMS" }]);
  });

  it("may be an event's of another kind", async () => {
    await service.send(space, [{ id: "r-1", definition_id: "order_placed", person_id: "p-1", properties: {} }]);
    expect(await load([SMS])).toEqual({ accepted: 1, duplicates: 0 });
  });
});

/** Events of one call, and the pointer to what is wrong with each. */
const WRONG: [what: string, event: object, pointer: string][] = [
  ["no id", { ...SMS, id: undefined }, "/id"],
  ["an unknown channel", { ...SMS, channel: "FAX" }, "/channel"],
  ["no reason", { ...SMS, reasons: [] }, "/reasons"],
  ["no reasons", { ...SMS, reasons: undefined }, "/reasons"],
  ["an unknown reason", { ...SMS, reasons: ["PHONE_NUMBER_LOST"] }, "/reasons/0"],
  ["another channel's reason", { ...SMS, reasons: ["PHONE_NUMBER_ADDED", "EMAIL_ADDRESS_ADDED"] }, "/reasons/1"],
  ["a reason twice", { ...SMS, reasons: ["PHONE_NUMBER_ADDED", "PHONE_NUMBER_ADDED"] }, "/reasons"],
  ["SMS: a field of EMAIL", { ...SMS, has_email_address: true }, "/has_email_address"],
  ["SMS: a field of PUSH", { ...SMS, is_optin: false }, "/is_optin"],
  ["SMS: an installation", { ...SMS, installation_id: "i-1" }, "/installation_id"],
  ["a field that no channel has", { ...SMS, has_fax: true }, "/has_fax"],
  ["a subscription that is none", { ...SMS, sms_marketing: "sometimes" }, "/sms_marketing"],
  ["a text for true", { ...SMS, has_phone_number: "true" }, "/has_phone_number"],
  ["no time", { ...SMS, timestamp: undefined }, "/timestamp"],
  ["a time without its zone", { ...SMS, timestamp: "2026-03-01T11:00:00" }, "/timestamp"],
  ["EMAIL: a field of SMS", { ...EMAIL, sms_marketing: "subscribed" }, "/sms_marketing"],
  ["EMAIL: a reason of SMS", { ...EMAIL, reasons: SMS.reasons }, "/reasons/0"],
  ["EMAIL: a platform", { ...EMAIL, platform: "iOS" }, "/platform"],
  ["PUSH: no installation", { ...PUSH, installation_id: undefined }, "/installation_id"],
  ["PUSH: null for the installation", { ...PUSH, installation_id: null }, "/installation_id"],
  ["PUSH: a field of SMS", { ...PUSH, has_phone_number: true }, "/has_phone_number"],
  ["PUSH: an unknown platform", { ...PUSH, platform: "Windows" }, "/platform"],
];

describe("what is wrong is refused with a pointer to it", () => {
  it("in each event, and nothing is written", async () => {
    const details = new Map(
      (await refusal(...WRONG.map(([, event]) => event))).map((pointer) => [pointer.split("/")[2], pointer] as const),
    );
    expect(WRONG.map(([what], n) => [what, details.get(String(n))])).toEqual(
      WRONG.map(([what, , pointer], n) => [what, `/events/${n}${pointer}`]),
    );
    expect(await stored()).toEqual([]);
  });

  it("in words that begin with the field's name", async () => {
    expect(await problem({ ...EMAIL, sms_marketing: "subscribed" })).toEqual([
      {
        pointer: "/events/0/sms_marketing",
        detail: "sms_marketing must be null or omitted: only the channel SMS has it.",
      },
    ]);
  });

  it("with each event's pointer, and nothing of the call is written", async () => {
    const late = { ...EMAIL, id: "r-3", timestamp: "2026-03-01T12:05:00.001Z" };
    expect(await refusal({ ...SMS, person_id: "nobody" }, { ...PUSH, id: "r-2" }, late)).toEqual([
      "/events/0/person_id",
      "/events/2/timestamp",
    ]);
    expect(await stored()).toEqual([]);
  });

  it("more than 5,000 events, and none", async () => {
    const many = Array.from({ length: 5_001 }, (_, n) => ({ ...SMS, id: `r-${n}` }));
    expect(await refusal(...many)).toEqual(["/events"]);
    expect(await refusal()).toEqual(["/events"]);
    expect(await load(many.slice(1))).toEqual({ accepted: 5_000, duplicates: 0 });
  });

  it("a body of more than 15,728,640 bytes", async () => {
    const raw = " ".repeat(15_728_641);
    const headers = { "content-type": "application/json" };
    expect((await service.call("POST", PATH, { key: space.key, raw, headers })).status).toBe(413);
  });
});

describe("the time of an event", () => {
  const at = (time: number) => ({ ...SMS, timestamp: new Date(time).toISOString() });

  it("is at most five minutes ahead", async () => {
    expect(await problem(at(START + 300_001))).toMatchObject([
      { detail: "timestamp is more than five minutes in the future." },
    ]);
    await load([at(START + 300_000)]);
  });

  it("is no older than the space keeps events", async () => {
    expect(await problem(at(START - 180 * DAY_MS - 1))).toMatchObject([
      { detail: "timestamp is older than this space keeps events: 180 days." },
    ]);
    await load([at(START - 180 * DAY_MS)]);
  });

  it("fact 4.a.7: is not before 10 October 2024", async () => {
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: { retention_days: 36_500 } });
    const first = Date.parse("2024-10-10T00:00:00.000Z");
    expect(await problem(at(first - 1))).toMatchObject([{ pointer: "/events/0/timestamp" }]);
    await load([at(first)]);
  });
});

describe("the call", () => {
  it("needs profiles:write", async () => {
    const body = { events: [SMS] };
    const call = async (scope: string) =>
      (await service.call("POST", PATH, { key: await service.keyWith(space, [scope]), body })).status;
    expect([await call("events:write"), await call("profiles:write")]).toEqual([403, 202]);
  });

  it("ends with a conflict, and writes nothing, when a person is deleted after each read", async () => {
    const set = (seqTo: string) =>
      env.SPACE_DB.prepare(`UPDATE profiles SET seq_to = ${seqTo} WHERE space_id = ?`).bind(space.id).run();
    const going = interrupted(() => set("99"));
    const { databases } = going.context;
    const db = databases.space(space.id);
    const batch = db.batch.bind(db);
    // Each read finds the profile, each write does not.
    db.batch = async (statements) => {
      if (statements.length === 1) await set("NULL");
      return batch(statements);
    };
    going.context.databases = { ...databases, space: () => db };
    const answer = await going.call("POST", PATH, { key: space.key, body: { events: [SMS] } });
    expect([answer.status, await stored()]).toEqual([409, []]);
  });
});
