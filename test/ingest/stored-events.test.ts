/**
 * The stored row of an event: every column, the properties that were sent in the definition's order, values as they
 * were sent; and the properties as rows show them, with null for what was left out.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Service, type Space } from "../support/service.ts";
import { shownProperties } from "../support/shown-properties.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const event = (more: Record<string, unknown> = {}) => ({
  id: "e-1",
  definition_id: "order_placed",
  person_id: "p-1",
  properties: {},
  ...more,
});
const send = (...events: unknown[]) => service.json("POST", "/v1/events", 202, { key: space.key, body: { events } });
const define = (id: string, ...properties: unknown[]) =>
  service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: { id, name: id, properties } });

async function row(id = "e-1"): Promise<Record<string, unknown>> {
  const query = env.SPACE_DB.prepare(`SELECT * FROM events WHERE space_no = ${SPACE_NO} AND id = ?`).bind(space.id, id);
  return (await query.first()) ?? {};
}

/** The properties as text: their order counts. */
const properties = async (id?: string) => String((await row(id))["properties"]);
const shown = (id = "e-1") => shownProperties(space.id, id);

describe("a row", () => {
  it("has every column", async () => {
    await send(event({ occurred_at: "2026-03-01T13:00:00.5+02:00", session_id: "s", company_id: "c" }));
    expect(await row()).toEqual({
      space_no: expect.any(Number),
      occurred_at: Date.parse("2026-03-01T11:00:00.500Z"),
      id: "e-1",
      seq: 3,
      definition_id: "order_placed",
      definition_version: 1,
      person_id: "p-1",
      company_id: "c",
      session_id: "s",
      received_at: service.now,
      properties: "{}",
    });
  });

  it("has the time it was received where it names none", async () => {
    await send(event(), event({ id: "e-2", occurred_at: null }));
    expect([(await row())["occurred_at"], (await row("e-2"))["occurred_at"]]).toEqual([service.now, service.now]);
  });

  it("has its time to the millisecond: what is finer is cut off", async () => {
    await send(event({ occurred_at: "2026-03-01T11:00:00.1239999Z" }));
    expect((await row())["occurred_at"]).toBe(Date.parse("2026-03-01T11:00:00.123Z"));
  });

  it("has the person that an external id means", async () => {
    await send(event({ person_id: null, external_person_id: "CRM-1" }));
    expect((await row())["person_id"]).toBe("p-1");
  });

  it.each([
    ["the event's company", { company_id: "own" }, "own"],
    ["the profile's company where it names none", {}, "acme"],
    ["the profile's company where it says null", { company_id: null }, "acme"],
  ])("has %s", async (_, more, company) => {
    const profiles = [{ person_id: "p-1", company_id: "acme" }];
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
    await send(event(more));
    expect((await row())["company_id"]).toBe(company);
  });
});

describe("its properties", () => {
  it("are in the definition's order, for any order in the request", async () => {
    await send(event({ properties: { amount: 2, order_id: "A" } }));
    expect(await properties()).toBe('{"order_id":"A","amount":2}');
  });

  it("are not stored where they are left out or null, and are shown as null", async () => {
    await send(event({ properties: { amount: null } }));
    expect([await properties(), await shown()]).toEqual(["{}", '{"order_id":null,"amount":null}']);
  });

  it("have those that the definition grew, at the end", async () => {
    const body = { properties: [{ name: "first_last", type: "boolean" }] };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: space.key, body });
    await send(event({ properties: { first_last: false } }));
    expect(await row()).toMatchObject({ definition_version: 2, properties: '{"first_last":false}' });
    expect(await shown()).toBe('{"order_id":null,"amount":null,"first_last":false}');
  });

  it("keep the order in names that are numbers in other alphabets or look like an object's own", async () => {
    await define("odd", ...["z", "constructor", "größe_東", "toString", "a"].map((name) => ({ name, type: "text" })));
    await send(event({ definition_id: "odd", properties: { a: "1", toString: "2", größe_東: "3", constructor: "4" } }));
    expect(await shown()).toBe('{"z":null,"constructor":"4","größe_東":"3","toString":"2","a":"1"}');
  });

  it("are null where a name that every object has is left out", async () => {
    const names = ["constructor", "valueOf"].map((name) => ({ name, type: "text" }));
    await define("inherited", ...names, { name: "lines", type: "list", fields: names });
    await send(event({ definition_id: "inherited", properties: { lines: [{}] } }));
    expect(await shown()).toBe('{"constructor":null,"valueOf":null,"lines":[{"constructor":null,"valueOf":null}]}');
  });

  it("have a list's items in their order, and each item's fields in the definition's", async () => {
    const fields = [
      { name: "sku", type: "text" },
      { name: "quantity", type: "number" },
    ];
    await define("basket", { name: "lines", type: "list", fields });
    const lines = [{ quantity: 2, sku: "B" }, { sku: "A" }, {}];
    await send(event({ definition_id: "basket", properties: { lines } }));
    expect(await properties()).toBe('{"lines":[{"sku":"B","quantity":2},{"sku":"A"},{}]}');
    expect(await shown()).toBe(
      '{"lines":[{"sku":"B","quantity":2},{"sku":"A","quantity":null},{"sku":null,"quantity":null}]}',
    );
  });

  it.each([
    "q\"uo\\te'",
    "line\nfeed\ttab\rreturn",
    "\u0001\u001f\u007f\u0085",
    "\u2028\u2029\ufeff\ufffe",
    "東京 🛍️ قهوة e\u0301",
    "</script>&amp;%00",
    '{"order_id":1}',
    "NULL",
  ])("keep the text %j as it was sent", async (text) => {
    await send(event({ properties: { order_id: text } }));
    expect(JSON.parse(await properties())).toEqual({ order_id: text });
    expect(JSON.parse(await shown())).toEqual({ order_id: text, amount: null });
  });

  it.each([0, -0.1, 1e-7, 0.1 + 0.2, 9_007_199_254_740_991, 5e-324])(
    "keep the number %s as it was sent",
    async (amount) => {
      await send(event({ properties: { amount } }));
      expect(JSON.parse(await properties())).toMatchObject({ amount });
    },
  );

  it("keep a date as it was written", async () => {
    await define("dated", { name: "at", type: "date" });
    await send(event({ definition_id: "dated", properties: { at: "2026-01-31T09:30:00.120+05:30" } }));
    expect(await properties()).toBe('{"at":"2026-01-31T09:30:00.120+05:30"}');
  });

  it("are never lost without a word, also where one is called __proto__", async () => {
    const body = `{"id":"proto","name":"x","properties":[{"name":"__proto__","type":"text"}]}`;
    const defined = await service.call("POST", "/v1/event-definitions", { key: space.key, body });
    const sent = `{"events":[{"id":"e-1","definition_id":"proto","person_id":"p-1","properties":{"__proto__":"kept"}}]}`;
    const answer = await service.call("POST", "/v1/events", { key: space.key, body: sent });
    const lost = answer.status === 202 && (await properties()) !== '{"__proto__":"kept"}';
    expect([lost, defined.status < 500, answer.status < 500]).toEqual([false, true, true]);
  });
});
