/** Touchpoints: each is ingested once, all of a call or none, for an existing person. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { SOURCES } from "../../src/attribution/sources.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import { interrupted, once } from "../support/interrupted.ts";
import { type ProblemView, Service, type Space, START } from "../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
});

interface Accepted {
  accepted: number;
  duplicates: number;
}

const AT = new Date(START - 60_000).toISOString();
const touch = (more: Record<string, unknown> = {}) => ({
  id: "tp-1",
  person_id: "p-1",
  occurred_at: AT,
  source: "google_ads",
  ...more,
});
const send = (touchpoints: readonly unknown[]) =>
  service.json<Accepted>("POST", "/v1/touchpoints", 202, { key: space.key, body: { touchpoints } });
const refusal = (touchpoints: unknown) =>
  service.faults("POST", "/v1/touchpoints", { key: space.key, body: { touchpoints } });
const ndjson = (touchpoints: readonly unknown[]) =>
  service.call("POST", "/v1/touchpoints", {
    key: space.key,
    headers: { "content-type": "application/x-ndjson" },
    body: touchpoints.map((each) => JSON.stringify(each)).join("\n"),
  });

async function rows(): Promise<Record<string, unknown>[]> {
  const query = env.SPACE_DB.prepare(`SELECT * FROM touchpoints WHERE space_no = ${SPACE_NO} ORDER BY id`).bind(
    space.id,
  );
  return (await query.all()).results;
}

const leave = (personId: string) =>
  env.SPACE_DB.prepare("DELETE FROM profiles WHERE space_id = ? AND person_id = ?").bind(space.id, personId).run();

describe("a touchpoint", () => {
  it("is stored as it was sent, with its kind, and when and with which write it was received", async () => {
    const ad = { ad_id: "a", adset_id: "s", campaign_id: "c", account_id: "act_1" };
    expect(await send([touch(ad)])).toEqual({ accepted: 1, duplicates: 0 });
    const seq = await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first("seq");
    const stored = { space_no: expect.any(Number), kind: 2, occurred_at: START - 60_000, seq, received_at: START };
    expect(await rows()).toEqual([{ ...touch(ad), ...stored }]);
  });

  it("may leave out its ads' fields, or have null", async () => {
    const none = { ad_id: null, adset_id: null, campaign_id: null, account_id: null };
    await send([touch(), touch({ id: "tp-2", external_person_id: null, ...none })]);
    expect(await rows()).toMatchObject([none, none]);
  });

  it("may name its person by the external id", async () => {
    await send([touch({ person_id: undefined, external_person_id: "CRM-1" })]);
    expect(await rows()).toMatchObject([{ person_id: "p-1" }]);
  });

  it("may be older than the space keeps events", async () => {
    await send([touch({ occurred_at: "1999-12-31T23:59:59.999+05:30" })]);
    expect(await rows()).toMatchObject([{ occurred_at: Date.parse("1999-12-31T18:29:59.999Z") }]);
  });

  it("may be five minutes ahead of the service's clock, and no more", async () => {
    const ahead = (ms: number) => new Date(START + 300_000 + ms).toISOString();
    await send([touch({ occurred_at: ahead(0) })]);
    expect(await refusal([touch({ id: "tp-2", occurred_at: ahead(1) })])).toEqual(["/touchpoints/0/occurred_at"]);
  });

  it("is of the kind of its source: direct, paid, or neither", async () => {
    await send(SOURCES.map((source) => touch({ id: source, source })));
    const kinds = (await rows()).map(({ source, kind }) => [source, kind]);
    const expected = SOURCES.map((source) => [source, source === "direct" ? 0 : source.endsWith("_ads") ? 2 : 1]);
    expect(Object.fromEntries(kinds)).toEqual(Object.fromEntries(expected));
  });

  it.each(["日本語-🛒", 'a"b\\c', "e\u0301", "x".repeat(200), "é".repeat(100), "' OR 1=1 --"])(
    "keeps the ids %j as they are",
    async (id) => {
      await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: id }] } });
      const ids = { id, person_id: id, ad_id: id, adset_id: id, campaign_id: id, account_id: id };
      await send([touch(ids)]);
      expect(await rows()).toMatchObject([ids]);
    },
  );
});

describe("an id that comes again", () => {
  it("within a call is a duplicate: the first stays, also when the second is of another person", async () => {
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-0" }] } });
    const again = touch({ person_id: "p-0", source: "direct", occurred_at: "2020-01-01T00:00:00Z" });
    expect(await send([touch(), again, again])).toEqual({ accepted: 1, duplicates: 2 });
    expect(await rows()).toMatchObject([{ person_id: "p-1", source: "google_ads" }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["nothing", {}],
    ["its time", { occurred_at: "2020-01-01T00:00:00Z" }],
    ["its source", { source: "direct" }],
    ["its ad", { ad_id: "other" }],
    ["a time far ahead", { occurred_at: "2100-01-01T00:00:00Z" }],
    ["a person who is not there", { person_id: "p-9" }],
    ["two persons", { external_person_id: "CRM-1" }],
    ["no person", { person_id: null }],
  ])("later is a duplicate, though %s differs", async (_, more) => {
    await send([touch()]);
    const before = await rows();
    expect(await send([touch(more), touch({ id: "tp-2" })])).toEqual({ accepted: 1, duplicates: 1 });
    expect((await rows())[0]).toEqual(before[0]);
  });

  it("later is a duplicate when its person was deleted", async () => {
    await send([touch()]);
    await leave("p-1");
    expect(await send([touch()])).toEqual({ accepted: 0, duplicates: 1 });
  });

  it("in concurrent calls is accepted once", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => send([touch()])));
    expect(answers.filter(({ accepted }) => accepted === 1)).toEqual([{ accepted: 1, duplicates: 0 }]);
    expect(answers.filter(({ accepted }) => accepted === 0)).toHaveLength(4);
    expect(await rows()).toHaveLength(1);
  });
});

describe("a call", () => {
  const many = (count: number, more: (n: number) => Record<string, unknown> = () => ({})) =>
    Array.from({ length: count }, (_, n) => touch({ id: `tp-${n}`, ...more(n) }));

  it("accepts 5,000 touchpoints, and again as duplicates", async () => {
    expect(await send(many(5000))).toEqual({ accepted: 5000, duplicates: 0 });
    expect(await send(many(5000))).toEqual({ accepted: 0, duplicates: 5000 });
    expect(await rows()).toHaveLength(5000);
  });

  it("accepts more bytes than one D1 parameter holds", async () => {
    const long = "é".repeat(100);
    const ids = { ad_id: long, adset_id: long, campaign_id: long, account_id: long };
    const touchpoints = many(2000, (n) => ({ ...ids, id: `${String(n).padStart(4, "0")}${"x".repeat(196)}` }));
    expect(await send(touchpoints)).toEqual({ accepted: 2000, duplicates: 0 });
    expect((await rows()).at(-1)).toMatchObject({ ...ids, id: touchpoints.at(-1)?.id });
  });

  it("may be NDJSON, a touchpoint a line", async () => {
    const response = await ndjson([touch(), touch({ id: "tp-2", source: "direct" }), touch()]);
    expect([response.status, await response.json()]).toEqual([202, { accepted: 2, duplicates: 1 }]);
    expect(await rows()).toMatchObject([{ id: "tp-1" }, { id: "tp-2", kind: 0 }]);
  });

  it("is all or nothing, and names each touchpoint that is wrong", async () => {
    const wrong = [touch(), touch({ id: "tp-2", person_id: "p-8" }), touch({ id: "tp-3", person_id: "p-9" })];
    expect(await refusal(wrong)).toEqual(["/touchpoints/1/person_id", "/touchpoints/2/person_id"]);
    expect(await rows()).toEqual([]);
  });

  it("names the unknown person", async () => {
    const body = { touchpoints: [touch({ person_id: undefined, external_person_id: "CRM-9" })] };
    const problem = await service.json<ProblemView>("POST", "/v1/touchpoints", 422, { key: space.key, body });
    expect(problem.errors).toEqual([
      { pointer: "/touchpoints/0/external_person_id", detail: "The space has no profile with the external id CRM-9." },
    ]);
  });
});

describe("a person who is deleted between the read and the write", () => {
  const sendBy = (by: Service, more: Record<string, unknown> = {}) =>
    by.call("POST", "/v1/touchpoints", { key: space.key, body: { touchpoints: [touch(more)] } });

  it("leaves nothing written: the call is refused", async () => {
    const response = await sendBy(interrupted(once(() => leave("p-1"))));
    const { errors } = await response.json<ProblemView>();
    expect([response.status, errors?.[0]?.pointer]).toEqual([422, "/touchpoints/0/person_id"]);
    expect(await rows()).toEqual([]);
  });

  it("and created again is the existing person", async () => {
    const back = { profiles: [{ person_id: "p-2", external_person_id: "CRM-1" }] };
    const move = async () => {
      await leave("p-1");
      await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: back });
    };
    const named = { person_id: null, external_person_id: "CRM-1" };
    expect((await sendBy(interrupted(once(move)), named)).status).toBe(202);
    expect(await rows()).toMatchObject([{ person_id: "p-2" }]);
  });

  it("and created again on every retry ends in a conflict", async () => {
    const profile = (nth: number) => ({ profiles: [{ person_id: `p-1-${nth}`, external_person_id: "CRM-1" }] });
    const move = async (nth: number) => {
      await leave(nth === 1 ? "p-1" : `p-1-${nth - 1}`);
      await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: profile(nth) });
    };
    const response = await sendBy(interrupted(move), { person_id: null, external_person_id: "CRM-1" });
    expect([response.status, (await response.json<ProblemView>()).code]).toEqual([409, "conflict"]);
    expect(await rows()).toEqual([]);
  });
});
