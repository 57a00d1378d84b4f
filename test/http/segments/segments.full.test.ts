/** Segments over HTTP: put, shown, listed, counted and deleted; an invalid rule is refused with a pointer. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { segmentAt } from "../../../src/db/profiles/segments.ts";
import { orders, type ProblemView, Service, type Space, START } from "../../support/service.ts";

interface Segment {
  id: string;
  name: string;
  rule: unknown;
  created_at: string;
  updated_at: string;
}

const service = new Service({ LIST_LIMIT: "10000" });
let space: Space;

beforeEach(async () => {
  service.now = START;
  space = await service.space();
  await define("order_placed", { amount: "number" });
  await define("e", { p: "boolean" });
});

const define = (id: string, types: Record<string, string>) =>
  service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id, name: id, properties: Object.entries(types).map(([name, type]) => ({ name, type })) },
  });

const GOLD = { attribute: "tier", op: "eq", value: "gold" };
const put = (rule: unknown, id = "gold", more: object = {}) =>
  service.json<Segment>("PUT", `/v1/segments/${encodeURIComponent(id)}`, 200, {
    key: space.key,
    body: { name: "Gold", rule, ...more },
  });
const get = (path: string, status = 200) =>
  service.json<Segment>("GET", `/v1/segments/${path}`, status, { key: space.key });
const count = async (id = "gold") =>
  service.json<{ count: number; counted_at: string }>("GET", `/v1/segments/${id}/count`, 200, { key: space.key });
const problemOf = (body: unknown) =>
  service.json<ProblemView>("PUT", "/v1/segments/gold", 422, { key: space.key, body });
const profiles = (sent: readonly object[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: sent } });

describe("a segment that is put", () => {
  it("is shown as it was put", async () => {
    const at = new Date(service.now).toISOString();
    const shown = { id: "gold", name: "Gold", rule: GOLD, created_at: at, updated_at: at };
    expect(await put(GOLD)).toMatchObject(shown);
    expect(await get("gold")).toEqual(shown);
  });

  it("may say its id in the body again, and no other", async () => {
    await put(GOLD, "gold", { id: "gold" });
    await put(GOLD, "gold", { id: null });
    const problem = await problemOf({ id: "silver", name: "Gold", rule: GOLD });
    expect(problem.errors).toEqual([
      { pointer: "/id", detail: "id must equal the id in the address. Correct it or omit it." },
    ]);
  });

  it("replaces the current one, and keeps created_at", async () => {
    const created = await put(GOLD);
    service.now += 1000;
    const changed = await put({ all: [] });
    expect(changed).toEqual({
      ...created,
      rule: { all: [] },
      updated_at: new Date(service.now).toISOString(),
      warnings: [],
    });
  });

  it("without a change writes no version and no row", async () => {
    const created = await put(GOLD);
    service.now += 1000;
    expect(await put(GOLD)).toEqual(created);
    const versions = env.SPACE_DB.prepare("SELECT count(*) AS n FROM segments WHERE space_id = ?").bind(space.id);
    expect(await versions.first("n")).toBe(1);
  });

  it.each(["日本 🛒", "a/b", 'say "x"', "%41"])("may have the id %j", async (id) => {
    await put(GOLD, id);
    expect(await get(encodeURIComponent(id))).toMatchObject({ id });
  });

  it("may not have an id of more than 200 bytes", async () => {
    const body = { name: "Gold", rule: GOLD };
    const path = `/v1/segments/${"x".repeat(201)}`;
    expect(await service.faults("PUT", path, { key: space.key, body })).toEqual(["/id"]);
  });

  it.each([
    [{ any: [GOLD, { none: [{ all: [] }] }] }],
    [{ tag: "vip" }],
    [{ attribute: "$region", op: "in", value: ["SE", 1, false] }],
    [{ attribute: "age", op: "gte", value: 18.5 }],
    [{ attribute: "a.b", op: "exists" }],
    [{ attribute: "a b", op: "exists", value: null }],
    [{ attribute: "é", op: "starts_with", value: "" }],
    [{ event: "order_placed" }],
    [{ event: "order_placed", within_days: null, at_least: null, properties: null }],
    [{ event: "e", within_days: 36500, at_least: 1000, properties: [{ property: "p", op: "neq", value: true }] }],
  ])("may have the rule %j", async (rule) => {
    expect((await put(rule)).rule).toEqual(rule);
    expect(await count()).toMatchObject({ count: 0 });
  });
});

describe("a segment that is deleted", () => {
  it("is not found any more, and an unknown segment cannot be deleted", async () => {
    await put(GOLD);
    const remove = (status: number) => service.json("DELETE", "/v1/segments/gold", status, { key: space.key });
    await remove(204);
    await get("gold", 404);
    await get("gold/count", 404);
    await remove(404);
  });

  it("and its earlier rules are still read at the snapshots of their time", async () => {
    const db = service.context.databases.space(space.id);
    const seen: number[] = [await readSequence(db, space.id)];
    for (const change of [
      () => put(GOLD),
      () => put({ tag: "vip" }),
      () => service.json("DELETE", "/v1/segments/gold", 204, { key: space.key }),
      () => put({ all: [] }),
    ]) {
      await change();
      seen.push(await readSequence(db, space.id));
    }
    const rules = seen.map(async (seq) => (await segmentAt(db, space.id, "gold", seq))?.rule ?? null);
    expect(await Promise.all(rules)).toEqual([null, JSON.stringify(GOLD), '{"tag":"vip"}', null, '{"all":[]}']);
  });
});

describe("fact 3.a.2: a segment has the profiles that match its rule", () => {
  beforeEach(async () => {
    space = await service.shop();
    await profiles([
      { person_id: "p-1", attributes: { tier: "gold", age: 40, "a.b": true }, tags: ["vip"] },
      { person_id: "p-2", attributes: { tier: "Gold", age: "40" }, tags: [] },
      { person_id: "p-3", attributes: { age: 9 } },
    ]);
    await service.send(space, orders(3));
    const nothing = { definition_id: "order_placed", person_id: "p-3", properties: { amount: null } };
    await service.send(space, [{ id: "nothing", occurred_at: new Date(START - 7_200_000).toISOString(), ...nothing }]);
  });

  it.each<[what: string, rule: unknown, count: number]>([
    ["an empty all: everyone", { all: [] }, 3],
    ["an empty any: no one", { any: [] }, 0],
    ["an empty none: everyone", { none: [] }, 3],
    ["eq minds the case", GOLD, 1],
    ["neq holds for who lacks it", { attribute: "tier", op: "neq", value: "gold" }, 2],
    ["a number is no text", { attribute: "age", op: "eq", value: 40 }, 1],
    ["numbers compare as numbers", { attribute: "age", op: "lt", value: 40 }, 1],
    ["texts compare as texts", { attribute: "age", op: "gte", value: "4" }, 1],
    ["a name with a dot", { attribute: "a.b", op: "eq", value: true }, 1],
    ["exists", { attribute: "tier", op: "exists" }, 2],
    ["does not exist", { attribute: "tier", op: "exists", value: false }, 1],
    ["in", { attribute: "age", op: "in", value: [9, "40"] }, 2],
    ["contains", { attribute: "tier", op: "contains", value: "old" }, 2],
    ["a tag", { tag: "vip" }, 1],
    ["not that tag", { none: [{ tag: "vip" }] }, 2],
    ["an event", { event: "order_placed" }, 2],
    ["so many events", { event: "order_placed", at_least: 3 }, 1],
    ["not that event", { none: [{ event: "order_placed" }] }, 1],
    ["an event and an attribute", { all: [{ event: "order_placed" }, GOLD] }, 1],
    ["more events than there are", { event: "order_placed", at_least: 4 }, 0],
    ["events whose properties compare so", orderOf("amount", "gte", 0.25, 2), 1],
    ["fewer events whose properties compare so", orderOf("amount", "gte", 0.5, 2), 0],
    ["a property that is null is missing", orderOf("amount", "exists", true, 1), 1],
    ["a property that is missing", orderOf("amount", "exists", false, 1), 1],
  ])("%s", async (_what, rule, expected) => {
    await put(rule);
    expect(await count()).toEqual({ count: expected, counted_at: new Date(service.now).toISOString() });
  });

  it("counts days back from now", async () => {
    await put({ event: "order_placed", within_days: 1 });
    expect(await count()).toMatchObject({ count: 2 });
    // The last order was 3,000 seconds before the clock began; the day ends with its millisecond.
    service.now += 86_400_000 - 3_000_000 + 2;
    expect(await count()).toMatchObject({ count: 1 });
    service.now += 1;
    expect(await count()).toMatchObject({ count: 0 });
  });

  it("counts no event that is older than the space keeps them", async () => {
    await put({ event: "order_placed" });
    service.now += 179 * 86_400_000;
    expect(await count()).toMatchObject({ count: 2 });
    service.now += 86_400_000;
    expect(await count()).toMatchObject({ count: 0 });
  });
});

function orderOf(property: string, op: string, value: unknown, at_least: number) {
  return { event: "order_placed", at_least, properties: [{ property, op, value }] };
}

describe("what is no rule is refused:", () => {
  it.each<[rule: unknown, pointer: string, detail: string]>([
    [{}, "/rule", "rule must have one of the properties all, any, none, attribute, tag, event."],
    [null, "/rule", "rule must have one of the properties all, any, none, attribute, tag, event."],
    ["gold", "/rule", "rule must have one of the properties all, any, none, attribute, tag, event."],
    [{ all: GOLD }, "/rule/all", "all must be a list."],
    [{ all: [GOLD, 7] }, "/rule/all/1", "Item 1 of all must have one of"],
    [{ ...GOLD, tag: "vip" }, "/rule/tag", "The property tag is unknown here. Remove it or correct its name."],
    [{ none: [], colour: 1 }, "/rule/colour", "The property colour is unknown here. Remove it or correct its name."],
    [{ attribute: "a" }, "/rule/op", "op must be one of eq, neq, gt"],
    [{ attribute: "a", op: "like", value: "x" }, "/rule/op", "op must be one of eq, neq, gt"],
    [{ attribute: "a", op: "eq" }, "/rule/value", "value must be a text, a number, true or false."],
    [{ attribute: "a", op: "eq", value: null }, "/rule/value", "value must be a text, a number, true or false."],
    [{ attribute: "a", op: "eq", value: ["x"] }, "/rule/value", "value must be a text, a number, true or false."],
    [{ attribute: "a", op: "gt", value: true }, "/rule/value", "value must be a text or a number."],
    [{ attribute: "a", op: "in", value: "x" }, "/rule/value", "value must be a list."],
    [{ attribute: "a", op: "in", value: [] }, "/rule/value", "value must have at least 1 item."],
    [{ attribute: "a", op: "in", value: ["x", null] }, "/rule/value/1", "Item 1 of value must be a text, a number"],
    [{ attribute: "a", op: "contains", value: 1 }, "/rule/value", "value must be a text."],
    [{ attribute: "a", op: "exists", value: "yes" }, "/rule/value", "value must be true or false."],
    [{ attribute: "", op: "exists" }, "/rule/attribute", "attribute must have at least 1 character."],
    [{ tag: 1 }, "/rule/tag", "tag must be a text."],
    [{ event: "no such name" }, "/rule/event", "An event definition's id starts with a letter"],
    [{ event: "e", within_days: 0 }, "/rule/within_days", "within_days must be at least 1."],
    [{ event: "e", within_days: 1.5 }, "/rule/within_days", "within_days must be a whole number."],
    [{ event: "e", at_least: 0 }, "/rule/at_least", "at_least must be at least 1."],
    [{ event: "e", properties: { amount: 1 } }, "/rule/properties", "properties must be a list."],
    [orderOf("p", "gt", false, 1), "/rule/properties/0/value", "value must be a text or a number."],
    [{ event: "order_plcaed" }, "/rule/event", "no event definition order_plcaed. Did you mean order_placed?"],
    [{ none: [{ all: [{ event: "f" }] }] }, "/rule/none/0/all/0/event", "The space has no event definition f."],
    [orderOf("amuont", "gt", 1, 1), "/rule/properties/0/property", "no property amuont. Did you mean amount?"],
    [orderOf("Amount", "exists", true, 1), "/rule/properties/0/property", "Did you mean amount?"],
    [orderOf("amount", "eq", "1", 1), "/rule/properties/0/value", "amount has the type number: compare it with a num"],
    [orderOf("amount", "contains", "1", 1), "/rule/properties/0/op", "contains applies to texts and dates alone"],
    [orderOf("amount", "in", ["1", true], 1), "/rule/properties/0/value", "compare it with a number"],
    [{ attribute: "$first_name", op: "neq", value: 1 }, "/rule/value", "$first_name has the type text: compare it"],
    [
      { any: [{ none: [{ event: "e", days: 1 }] }] },
      "/rule/any/0/none/0/days",
      "The property days is unknown here. Remove it or correct its name.",
    ],
  ])("%j: %s", async (rule, pointer, detail) => {
    const problem = await problemOf({ name: "Gold", rule });
    expect(problem.code).toBe("invalid_request");
    expect(problem.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) as string }]);
  });

  it("a segment without a name or a rule", async () => {
    const faults = await service.faults("PUT", "/v1/segments/gold", { key: space.key, body: {} });
    expect(faults).toEqual(["/name", "/rule"]);
  });
});

describe("a rule on what the space has defined", () => {
  const types = { when: "date", note: "text", is_new: "boolean" };

  beforeEach(async () => {
    await define("booked", types);
    const list = { name: "items", type: "list", fields: [{ name: "sku", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/booked", 200, {
      key: space.key,
      body: { properties: [list] },
    });
    const defined = { section_id: "default", name: "Points", type: "number" };
    await service.json("PUT", "/v1/attributes/points", 200, { key: space.key, body: defined });
  });

  const booked = (property: string, op: string, value: unknown) => ({
    all: [{ event: "booked", properties: [{ property, op, value }] }],
  });

  it.each([
    [booked("when", "gte", "2026-01-01")],
    [booked("when", "starts_with", "2026-01")],
    [booked("note", "lt", "m")],
    [booked("is_new", "neq", true)],
    [booked("is_new", "in", [true, "yes"])],
    [{ attribute: "points", op: "gte", value: 10 }],
    [{ attribute: "points", op: "exists", value: false }],
    [{ event: "emailLinkClicked", properties: [{ property: "url", op: "contains", value: "/sale" }] }],
  ])("may be %j", async (rule) => {
    expect((await put(rule)).rule).toEqual(rule);
  });

  it.each<[rule: object, pointer: string, detail: string]>([
    [booked("items", "exists", true), "/rule/all/0/properties/0/property", "items is a list"],
    [booked("when", "eq", 7), "/rule/all/0/properties/0/value", "when has the type date"],
    [booked("is_new", "gt", 0), "/rule/all/0/properties/0/op", "gt does not apply to it. Use eq, neq or in."],
    [{ any: [{ attribute: "points", op: "eq", value: "10" }] }, "/rule/any/0/value", "points has the type number"],
    [
      { attribute: "points", op: "starts_with", value: "1" },
      "/rule/op",
      "starts_with applies to texts and dates alone",
    ],
  ])("may not be %j", async (rule, pointer, detail) => {
    const problem = await problemOf({ name: "Gold", rule });
    expect(problem.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) as string }]);
    await get("gold", 404);
  });

  it("warns of attributes and tags that nothing has yet", async () => {
    await profiles([{ person_id: "p-1", attributes: { tier: "gold" }, tags: ["vip"] }]);
    const rule = { any: [GOLD, { attribute: "teir", op: "exists" }, { none: [{ tag: "vpi" }, { tag: "vip" }] }] };
    expect(await put(rule)).toMatchObject({
      warnings: [
        { pointer: "/rule/any/1/attribute", detail: expect.stringContaining("Did you mean tier?") as string },
        { pointer: "/rule/any/2/none/0/tag", detail: expect.stringContaining("Did you mean vip?") as string },
      ],
    });
    await profiles([{ person_id: "p-2", attributes: { teir: 1 }, tags: ["vpi"] }]);
    expect(await put(rule)).toMatchObject({ warnings: [] });
  });
});

describe("fact 3.a.19: a segment that is too complex is refused before it runs, with what is too much:", () => {
  const nested = (levels: number): unknown => (levels === 1 ? GOLD : { all: [nested(levels - 1)] });
  const flat = (rules: number) => ({ any: Array.from({ length: rules - 1 }, () => GOLD) });
  const events = (count: number) => ({ any: Array.from({ length: count }, () => ({ event: "e" })) });
  const deepText = (levels: number) => `{"name":"x","rule":${'{"all":['.repeat(levels)}${"]}".repeat(levels)}}`;
  const PROPERTIES = { event: "e", properties: Array.from({ length: 50 }, () => ({ property: "p", op: "exists" })) };

  it.each<[what: string, rule: unknown]>([
    ["10 levels", nested(10)],
    ["200 rules", flat(200)],
    ["20 rules about events", events(20)],
    ["200 rules with those of properties", { all: [PROPERTIES, PROPERTIES, PROPERTIES, flat(46)] }],
  ])("%s are taken", async (_what, rule) => {
    await put(rule);
  });

  it.each<[what: string, rule: unknown, detail: string]>([
    ["12 levels", nested(12), "rule nests 12 levels of rules: 10 at most, 2 too many."],
    ["201 rules", flat(201), "rule has 201 rules, those about events' properties included: 200 at most, 1 too many."],
    [
      "203 rules with those of properties",
      { all: [PROPERTIES, PROPERTIES, PROPERTIES, flat(49)] },
      "rule has 203 rules, those about events' properties included: 200 at most, 3 too many.",
    ],
    ["25 rules about events", events(25), "rule has 25 rules about events: 20 at most, 5 too many."],
    [
      "100,038 bytes",
      { attribute: "a", op: "eq", value: "x".repeat(100_000) },
      "rule has 100038 bytes: 65536 at most, 34502 too many.",
    ],
    [
      "200 comparisons with lists of texts, numbers, true and false",
      { any: Array.from({ length: 199 }, () => ({ attribute: "a", op: "in", value: ["x", 1, true, false] })) },
      "bytes of SQL: 69000 at most",
    ],
  ])("%s", async (_what, rule, said) => {
    const detail: unknown = expect.stringContaining(said);
    const problem = await problemOf({ name: "x", rule });
    expect(problem).toMatchObject({ code: "segment_too_complex", detail, errors: [{ pointer: "/rule", detail }] });
    await get("gold", 404);
  });

  it("20,000 levels, more than any body may have", async () => {
    const problem = await problemOf(deepText(20_000));
    expect(problem.code).toBe("invalid_request");
  });
});
