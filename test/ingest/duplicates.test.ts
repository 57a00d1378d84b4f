/** Each event once, and all of a call or nothing: repeated ids, concurrent calls, one invalid event among many. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { orders, type ProblemView, Service, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

interface Accepted {
  accepted: number;
  duplicates: number;
}

const send = (events: readonly unknown[]) =>
  service.json<Accepted>("POST", "/v1/events", 202, { key: space.key, body: { events } });
const event = (more: Record<string, unknown> = {}) => ({
  id: "e-1",
  definition_id: "order_placed",
  person_id: "p-1",
  properties: {},
  ...more,
});

interface Row {
  id: string;
  occurred_at: number;
  properties: string;
}

async function rows(): Promise<Row[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT id, occurred_at, properties FROM events WHERE space_no = ${SPACE_NO} ORDER BY id`,
  );
  return (await query.bind(space.id).all<Row>()).results;
}

async function sequence(): Promise<unknown> {
  return (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first())?.["seq"];
}

describe("an id that comes again", () => {
  it("within a call is a duplicate: the first row stays", async () => {
    const events = ["first", "second", "third"].map((order_id) => event({ properties: { order_id } }));
    expect(await send(events)).toEqual({ accepted: 1, duplicates: 2 });
    expect((await rows()).map((row) => row.properties)).toEqual(['{"order_id":"first"}']);
  });

  it("within a call stays as it came first, also where that one is large", async () => {
    const large = "x".repeat(1_950_000);
    await send([event({ properties: { order_id: large } }), event({ properties: { order_id: "small" } })]);
    expect((await rows()).map((row) => row.properties)).toEqual([`{"order_id":"${large}"}`]);
  });

  it("in a later call is a duplicate: the first row stays", async () => {
    await send([event({ properties: { order_id: "first" } })]);
    const before = await rows();
    expect(await send([event({ properties: { order_id: "second" } })])).toEqual({ accepted: 0, duplicates: 1 });
    expect(await rows()).toEqual(before);
  });

  it.each<[string, () => Record<string, unknown>]>([
    ["time", () => ({ occurred_at: new Date(service.now - 60_000).toISOString() })],
    ["session", () => ({ session_id: "other" })],
    ["company", () => ({ company_id: "other" })],
    ["amount", () => ({ properties: { amount: 9 } })],
  ])("is a duplicate though its %s is another", async (_, more) => {
    await send([event()]);
    const before = await rows();
    expect(await send([event(more())])).toEqual({ accepted: 0, duplicates: 1 });
    expect(await rows()).toEqual(before);
  });

  it.each<[string, Record<string, unknown>]>([
    ["definition is none", { definition_id: "order_placd" }],
    ["person is none", { person_id: "p-9" }],
    ["time is past what is kept", { occurred_at: "2000-01-01T00:00:00.000Z" }],
    ["properties do not fit", { properties: { colour: "red" } }],
  ])("is a duplicate though now its %s", async (_, more) => {
    await send([event()]);
    const before = await rows();
    const others = [event({ id: "e-2" }), event(more)];
    expect(await send(others)).toEqual({ accepted: 1, duplicates: 1 });
    expect((await rows()).slice(0, 1)).toEqual(before);
    const body = { events: [...others, event({ id: "e-3", ...more })] };
    const { errors } = await service.json<ProblemView>("POST", "/v1/events", 422, { key: space.key, body });
    expect(errors?.map(({ pointer }) => pointer.split("/")[2])).toEqual(["2"]);
  });

  it("is a duplicate though its definition is disabled by now", async () => {
    await send([event()]);
    const change = { key: space.key, body: { enabled: false } };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, change);
    expect(await send([event()])).toEqual({ accepted: 0, duplicates: 1 });
  });

  it("is counted beside new ones", async () => {
    await send(orders(10));
    expect(await send(orders(25))).toEqual({ accepted: 15, duplicates: 10 });
    expect(await rows()).toHaveLength(25);
  });

  it("in another case, or with a blank, is another id", async () => {
    expect(await send(["e", "E", "e "].map((id) => event({ id })))).toEqual({ accepted: 3, duplicates: 0 });
  });

  it("in another normal form is another id", async () => {
    expect(await send(["é", "e\u0301"].map((id) => event({ id })))).toEqual({ accepted: 2, duplicates: 0 });
  });

  it("is not what events without an id have", async () => {
    const unnamed = Array.from({ length: 50 }, () => event({ id: undefined }));
    expect(await send(unnamed)).toEqual({ accepted: 50, duplicates: 0 });
    expect(new Set((await rows()).map((row) => row.id)).size).toBe(50);
  });
});

describe("calls at once", () => {
  it("with the same events store each once, and what they accepted adds up", async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(orders(300))));
    expect(answers.reduce((sum, answer) => sum + answer.accepted, 0)).toBe(300);
    expect(answers.every((answer) => answer.accepted + answer.duplicates === 300)).toBe(true);
    expect(await rows()).toHaveLength(300);
  });

  it("with events that overlap store each once", async () => {
    const all = orders(300);
    const answers = await Promise.all([send(all.slice(0, 200)), send(all.slice(100)), send(all.slice(50, 250))]);
    expect(answers.reduce((sum, answer) => sum + answer.accepted, 0)).toBe(300);
    expect((await rows()).map((row) => row.id)).toEqual(all.map((each) => each["id"]));
  });

  it("that are accepted take a sequence number each", async () => {
    const before = Number(await sequence());
    await Promise.all([0, 1, 2, 3].map((n) => send([event({ id: `e-${n}` })])));
    const query = env.SPACE_DB.prepare(`SELECT seq FROM events WHERE space_no = ${SPACE_NO} ORDER BY seq`).bind(
      space.id,
    );
    const taken = (await query.all<{ seq: number }>()).results.map((row) => row.seq);
    expect(taken).toEqual([1, 2, 3, 4].map((n) => before + n));
  });
});

describe("one bad event among many", () => {
  it.each<[string, Record<string, unknown>]>([
    ["of an unknown definition", { definition_id: "nothing" }],
    ["of an unknown person", { person_id: "nobody" }],
    ["with an unknown property", { properties: { odd: 1 } }],
    ["from the future", { occurred_at: "2999-01-01T00:00:00Z" }],
    ["without properties", { properties: undefined }],
    ["with an empty id", { id: "" }],
  ])("%s keeps all of them out, and the sequence where it was", async (_, more) => {
    const before = await sequence();
    const events = [...orders(2_000), event({ ...more })];
    await service.faults("POST", "/v1/events", { key: space.key, body: { events } });
    expect([await rows(), await sequence()]).toEqual([[], before]);
  });

  it("leaves the others free to be sent again", async () => {
    const events = [...orders(10), event({ person_id: "nobody" })];
    await service.faults("POST", "/v1/events", { key: space.key, body: { events } });
    expect(await send(orders(10))).toEqual({ accepted: 10, duplicates: 0 });
  });
});
