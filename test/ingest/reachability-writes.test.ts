/** The reachability events that writes of profiles derive: in the same transaction, of real changes, once. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database, type Param } from "../../src/db/core/database.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import { interrupted, once } from "../support/interrupted.ts";
import { roomyService } from "../support/pipeline.ts";
import { type Service, type Space, START } from "../support/service.ts";

const service = roomyService();
let space: Space;

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
});

const call = (profiles: unknown[], by: Service = service) =>
  by.call("PUT", "/v1/profiles", { key: space.key, body: { profiles } });
async function put(...profiles: unknown[]): Promise<void> {
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
}
const attributes = (values: Record<string, unknown>) => put({ person_id: "p-1", attributes: values });

interface Stored {
  id: string;
  seq: number;
  person_id: string;
  event: string;
}

async function stored(): Promise<Stored[]> {
  const query = env.SPACE_DB.prepare(`SELECT * FROM reachability_events WHERE space_no = ${SPACE_NO} ORDER BY seq, id`);
  return (await query.bind(space.id).all<Stored>()).results;
}

const reasons = async () =>
  (await stored()).map((row) => (JSON.parse(row.event) as { reasons: string[] }).reasons.join());

async function sequence(): Promise<unknown> {
  return (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first())?.["seq"];
}

/** How many statements a write ran. */
async function statementsOf(...profiles: unknown[]): Promise<number> {
  const before = service.meter.statements;
  await put(...profiles);
  return service.meter.statements - before;
}

describe("a write of a profile", () => {
  it("derives the event in the same write, at its moment, with an id of 32 hex characters", async () => {
    service.now += 5_000;
    await attributes({ $phone_number: "+441", $sms_marketing: "subscribed" });
    expect(await stored()).toEqual([
      {
        space_no: expect.any(Number),
        occurred_at: service.now,
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
        seq: await sequence(),
        person_id: "p-1",
        channel: "SMS",
        installation_id: null,
        received_at: service.now,
        event:
          '{"reasons":["SUBSCRIBED_TO_SMS_MARKETING","PHONE_NUMBER_ADDED"],"has_phone_number":true,"sms_marketing":"subscribed"}',
      },
    ]);
  });

  it("derives one per installation, which it names", async () => {
    const phone = (installation_id: string) => ({ installation_id, platform: "iOS", push_token: "t", is_optin: true });
    await put({ person_id: "p-1", installations: [phone("i-2"), phone("i-1")] });
    await put({ person_id: "p-1", installations: null });
    const event = (names: string[], is_optin: boolean) => JSON.stringify({ reasons: names, is_optin, platform: "iOS" });
    const came = event(["SUBSCRIBED_TO_PUSH", "PUSH_TOKEN_ADDED"], true);
    const went = event(["UNSUBSCRIBED_FROM_PUSH"], false);
    expect(await stored()).toMatchObject([
      { channel: "PUSH", installation_id: "i-1", event: came },
      { channel: "PUSH", installation_id: "i-2", event: came },
      { channel: "PUSH", installation_id: "i-1", event: went },
      { channel: "PUSH", installation_id: "i-2", event: went },
    ]);
  });

  it("derives the events of each person of the call, in their order", async () => {
    const profiles = Array.from({ length: 50 }, (_, n) => ({
      person_id: `n-${String(n).padStart(2, "0")}`,
      attributes: n % 2 === 0 ? { $email_address: `${n}@x` } : { tier: n },
    }));
    await put(...profiles);
    expect((await stored()).map((row) => row.person_id)).toEqual(
      profiles.filter((_, n) => n % 2 === 0).map((profile) => profile.person_id),
    );
    expect(new Set((await stored()).map((row) => row.id)).size).toBe(25);
  });

  it("has the merged values: what is absent stays, null removes", async () => {
    await attributes({ $phone_number: "+441", $sms_marketing: "subscribed" });
    await attributes({ $phone_number: "+442" });
    await attributes({ $sms_marketing: null });
    await attributes({ $phone_number: null });
    expect((await stored()).slice(1).map((row) => row.event)).toEqual([
      '{"reasons":["PHONE_NUMBER_UPDATED"],"has_phone_number":true,"sms_marketing":"subscribed"}',
      '{"reasons":["UNSUBSCRIBED_FROM_SMS_MARKETING"],"has_phone_number":true,"sms_marketing":null}',
      '{"reasons":["PHONE_NUMBER_REMOVED"],"has_phone_number":false,"sms_marketing":null}',
    ]);
  });

  it("that is sent again derives none", async () => {
    const profile = {
      person_id: "n",
      attributes: { $email_address: "a@x", $email_marketing: "subscribed" },
      installations: [{ installation_id: "i", platform: "Android", is_optin: true }],
    };
    await put(profile);
    const first = await stored();
    await put(profile);
    await put({ person_id: "n", attributes: { $phone_number: null } });
    expect([first.length, await stored()]).toEqual([2, first]);
  });

  it("that is rejected derives none", async () => {
    const taken = [
      { person_id: "n-1", attributes: { $phone_number: "+441" } },
      { person_id: "n-2", external_person_id: "CRM-1" },
    ];
    expect((await call(taken)).status).toBe(409);
    const large = { $phone_number: "+441", a: "a".repeat(1_000_000) };
    await attributes({ b: "b".repeat(1_000_000) });
    expect((await call([{ person_id: "p-1", attributes: large }])).status).toBe(422);
    expect(await stored()).toEqual([]);
  });

  it("derives it together with the enabled people events", async () => {
    const key = { key: space.key, body: { enabled: true } };
    await service.json("PATCH", "/v1/event-definitions/phoneNumberAdded", 200, key);
    await attributes({ $phone_number: "+441", tier: 1 });
    const events = await env.SPACE_DB.prepare(`SELECT seq, definition_id FROM events WHERE space_no = ${SPACE_NO}`)
      .bind(space.id)
      .all();
    const seq = await sequence();
    expect(events.results).toEqual([{ seq, definition_id: "phoneNumberAdded" }]);
    expect(await stored()).toMatchObject([{ seq }]);
  });
});

/** The spaces' database; it records for which profiles the current versions were read. */
class Watched extends Database {
  readonly looks: unknown[] = [];

  override async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
    if (sql.includes("LEFT JOIN profiles s")) this.looks.push(params[1]);
    return super.all<Row>(sql, params);
  }
}

describe("the read before a write", () => {
  it("is left out where no merge can change reachability, however many there are", async () => {
    const quiet = (n: number) => ({
      person_id: `n-${n}`,
      external_person_id: `CRM-N-${n}`,
      attributes: { $first_name: "Ada", tier: n },
      tags: ["vip"],
    });
    const few = await statementsOf(quiet(0));
    // Many profiles are measured before they are written: one more query, whatever their number.
    expect(await statementsOf(...Array.from({ length: 1_000 }, (_, n) => quiet(n)))).toBe(few + 1);
    // Their current versions, and the guards against changes of these and of the definitions.
    const other = await statementsOf({ person_id: "n-0", attributes: { $city: null } });
    expect(await statementsOf({ person_id: "n-0", attributes: { $phone_number: null } })).toBe(other + 3);
  });

  it("is at those alone that can change", async () => {
    const watched = new Watched(new D1Driver(env.SPACE_DB), new Budget());
    const slow = roomyService();
    slow.context.databases = { ...slow.context.databases, space: () => watched };
    const unreachable = Array.from({ length: 10 }, (_, n) => ({ person_id: `l-${n}`, attributes: { n } }));
    expect((await call([...unreachable, { person_id: "p-1", installations: [] }], slow)).status).toBe(200);
    expect(watched.looks).toEqual(['["p-1"]']);
  });
});

describe("what changes between read and write", () => {
  it("is read again: the event has what was really replaced", async () => {
    const other = once(() => attributes({ $email_address: "theirs@x" }));
    const ours = [{ person_id: "p-1", attributes: { $email_address: "ours@x" } }];
    expect((await call(ours, interrupted(other))).status).toBe(200);
    expect(await reasons()).toEqual(["EMAIL_ADDRESS_ADDED", "EMAIL_ADDRESS_UPDATED"]);
  });

  it("derives one addition when two calls create the profile", async () => {
    const profile = { person_id: "n", attributes: { $phone_number: "+441" } };
    const other = once(() => put(profile));
    expect((await call([profile], interrupted(other))).status).toBe(200);
    expect(await reasons()).toEqual(["PHONE_NUMBER_ADDED"]);
  });

  it("of calls at once leaves one event for each real change", async () => {
    const calls = Array.from({ length: 10 }, (_, n) =>
      call([{ person_id: "p-1", attributes: { $sms_marketing: n % 2 === 0 ? "subscribed" : "unsubscribed" } }]),
    );
    expect((await Promise.all(calls)).map((answer) => answer.status)).toEqual(calls.map(() => 200));
    const chain = await reasons();
    expect(chain.length).toBeGreaterThan(0);
    for (const [n, reason] of chain.entries()) expect(reason).not.toBe(chain[n - 1]);
  });
});

it("would derive too many events: the call is refused, and nothing is written", async () => {
  const profiles = Array.from({ length: 1_000 }, (_, n) => ({
    person_id: `many-${n}`,
    attributes: Object.fromEntries(Array.from({ length: 99 }, (_each, a) => [`a${a}`, 0])),
  }));
  await put(...profiles);
  await service.json("PATCH", "/v1/event-definitions/customAttributeChanged", 200, {
    key: space.key,
    body: { enabled: true },
  });
  const more = profiles.map(({ person_id, attributes: old }) => ({
    person_id,
    attributes: {
      ...Object.fromEntries(Object.keys(old).map((name) => [name, 1])),
      $phone_number: "+441",
      $email_address: "a@x",
    },
  }));
  const before = await sequence();
  const body = { profiles: more };
  expect(await service.faults("PUT", "/v1/profiles", { key: space.key, body })).toEqual(["/profiles"]);
  expect([await sequence(), await stored()]).toEqual([before, []]);
});
