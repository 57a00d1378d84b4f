/** An event's properties against its definition: each type's values, what is required, lists and their fields. */

import { beforeAll, describe, expect, it } from "vitest";
import { Service, type Space } from "../support/service.ts";
import { shownProperties } from "../support/shown-properties.ts";

const service = new Service();
let space: Space;

const SCALARS = ["text", "boolean", "date", "number"];

beforeAll(async () => {
  space = await service.shop();
  const optional = SCALARS.map((type) => ({ name: type, type }));
  const items = { name: "items", type: "list", fields: [...optional, { name: "sku", type: "text", required: true }] };
  const definitions = [
    { id: "typed", name: "Typed", properties: [...optional, items] },
    { id: "strict", name: "Strict", properties: [...optional, items].map((each) => ({ ...each, required: true })) },
  ];
  for (const body of definitions) await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
});

const body = (properties: unknown, definition = "typed") => ({
  events: [{ definition_id: definition, person_id: "p-1", properties }],
});
const send = (properties: unknown, definition?: string) =>
  service.json("POST", "/v1/events", 202, { key: space.key, body: body(properties, definition) });
const faults = async (properties: unknown, definition?: string) => {
  const pointers = await service.faults("POST", "/v1/events", { key: space.key, body: body(properties, definition) });
  return pointers.map((pointer) => pointer.replace("/events/0/properties", ""));
};

const RIGHT: Record<string, unknown[]> = {
  text: ["", "a", "1", "true", "\u0001\n\t", "東京 🛍️", "x".repeat(100_000)],
  boolean: [true, false],
  date: ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.123456+05:30", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
  number: [0, -1, 0.1, 1e-7, -123.456, 9_007_199_254_740_991, -9_007_199_254_740_991, 1.5],
};

const WRONG: Record<string, unknown[]> = {
  text: [1, true, [], {}, ["a"], "\ud800 half", "\udc00\ud83d"],
  boolean: [0, 1, "true", "", [], {}],
  date: ["", "2026-02-30", "2026-01-31T09:30:00", "2026-02-30T09:30:00Z", "yesterday", 1_772_362_800_000, true, {}],
  number: ["1", "", true, [], {}, 9_007_199_254_740_992, -9_007_199_254_740_992, 1e300],
};

const cases = (table: Record<string, unknown[]>) =>
  SCALARS.flatMap((type) =>
    (table[type] ?? []).map((value) => [type, JSON.stringify(value).slice(0, 40), value] as const),
  );

describe("a property", () => {
  it.each(cases(RIGHT))("of type %s may be %s", async (type, _, value) => {
    expect(await send({ [type]: value })).toEqual({ accepted: 1, duplicates: 0 });
  });

  it.each(cases(WRONG))("of type %s may not be %s", async (type, _, value) => {
    expect(await faults({ [type]: value })).toEqual([`/${type}`]);
  });

  it.each(["1e400", "-1e400", "9007199254740993"])("of type number may not be written as %s", async (digits) => {
    const text = `{"events":[{"definition_id":"typed","person_id":"p-1","properties":{"number":${digits}}}]}`;
    expect(await service.faults("POST", "/v1/events", { key: space.key, body: text })).toEqual([
      "/events/0/properties/number",
    ]);
  });

  it.each(["text", "date", "number", "boolean", "items"])("%s may not contain U+0000", async (name) => {
    const value = name === "items" ? [{ sku: "a\u0000" }] : "a\u0000";
    const pointer = name === "items" ? "/items/0/sku" : `/${name}`;
    expect(await faults({ [name]: value })).toEqual([pointer]);
  });

  it.each(["text", "items"])("%s may not be nested deeper than a stack is high", async (name) => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    const text = `{"events":[{"definition_id":"typed","person_id":"p-1","properties":{"${name}":${deep}}}]}`;
    const [pointer] = await service.faults("POST", "/v1/events", { key: space.key, body: text });
    expect(pointer).toMatch(`/events/0/properties/${name}`);
  });

  it.each([...SCALARS, "items"])("%s may be null, or left out", async (name) => {
    expect(await send({ [name]: null })).toEqual({ accepted: 1, duplicates: 0 });
  });

  it.each([
    ["Text", "/Text"],
    ["texts", "/texts"],
    ["", "/"],
    [" text", "/ text"],
    ["a/b~c", "/a~1b~0c"],
    ["toString", "/toString"],
    ["__proto__x", "/__proto__x"],
  ])("called %j, which the definition lacks, is refused", async (name, pointer) => {
    expect(await faults({ text: "fine", [name]: null })).toEqual([pointer]);
  });

  it("called __proto__, which the definition lacks, is refused", async () => {
    const text = `{"events":[{"definition_id":"typed","person_id":"p-1","properties":{"__proto__":"x"}}]}`;
    expect(await service.faults("POST", "/v1/events", { key: space.key, body: text })).toEqual([
      "/events/0/properties/__proto__",
    ]);
  });
});

describe("a required property", () => {
  const full = { text: "a", boolean: true, date: "2026-01-31T09:30:00Z", number: 1, items: [] };

  it.each(Object.keys(full))("%s may not be left out", async (name) => {
    const { [name as "text"]: _, ...rest } = full;
    expect(await faults(rest, "strict")).toEqual([`/${name}`]);
  });

  it.each(Object.keys(full))("%s may not be null", async (name) => {
    expect(await faults({ ...full, [name]: null }, "strict")).toEqual([`/${name}`]);
  });

  it("is content with an empty text, false, 0 and an empty list", async () => {
    expect(await send({ ...full, text: "", boolean: false, number: 0 }, "strict")).toMatchObject({ accepted: 1 });
  });
});

describe("a list", () => {
  const item = (more: Record<string, unknown>) => ({ items: [{ sku: "A" }, { sku: "B", ...more }] });

  it.each<[string, unknown]>([
    ["empty", []],
    ["of one item", [{ sku: "A" }]],
    ["of items with every field", [{ text: "a", boolean: false, date: "2026-01-31T09:30:00Z", number: 0, sku: "A" }]],
    ["of many items", Array.from({ length: 3_000 }, (_, n) => ({ sku: `S-${n}` }))],
  ])("may be %s", async (_, items) => {
    expect(await send({ items })).toEqual({ accepted: 1, duplicates: 0 });
  });

  it.each<[string, unknown, string]>([
    ["a text", "A", "/items"],
    ["an object", { sku: "A" }, "/items"],
    ["a number", 1, "/items"],
    ["a list of texts", [{ sku: "A" }, "B"], "/items/1"],
    ["a list with null", [null], "/items/0"],
    ["a list of lists", [[{ sku: "A" }]], "/items/0"],
  ])("may not be %s", async (_, items, pointer) => {
    expect(await faults({ items })).toEqual([pointer]);
  });

  it.each(cases(WRONG))("fact 1.a.28: has fields: %s may not be %s", async (type, _, value) => {
    expect(await faults(item({ [type]: value }))).toEqual([`/items/1/${type}`]);
  });

  it("fact 1.a.29: has items whose fields are null where they are left out", async () => {
    const id = "list-nulls";
    const events = [{ id, definition_id: "typed", person_id: "p-1", properties: { items: [{ sku: "A", number: 1 }] } }];
    await service.json("POST", "/v1/events", 202, { key: space.key, body: { events } });
    expect(JSON.parse(await shownProperties(space.id, id))).toMatchObject({
      items: [{ text: null, boolean: null, date: null, number: 1, sku: "A" }],
    });
  });

  it("has items whose required field may not be left out or null", async () => {
    expect(await faults({ items: [{ sku: "A" }, {}, { sku: null }] })).toEqual(["/items/1/sku", "/items/2/sku"]);
  });

  it.each([
    ["colour", "/items/1/colour"],
    ["Sku", "/items/1/Sku"],
    ["a/b", "/items/1/a~1b"],
  ])("has items without a field %s", async (name, pointer) => {
    expect(await faults(item({ [name]: 1 }))).toEqual([pointer]);
  });

  it("has items whose field __proto__ is refused", async () => {
    const text = `{"events":[{"definition_id":"typed","person_id":"p-1","properties":{"items":[{"sku":"A","__proto__":1}]}}]}`;
    expect(await service.faults("POST", "/v1/events", { key: space.key, body: text })).toEqual([
      "/events/0/properties/items/0/__proto__",
    ]);
  });
});

describe("a misspelt name", () => {
  const details = async (events: readonly unknown[]) => {
    const answer = await service.call("POST", "/v1/events", { key: space.key, body: { events } });
    const { errors = [] } = await answer.json<{ errors?: { detail: string }[] }>();
    return errors.map(({ detail }) => detail);
  };
  const event = (definition: string, properties: object) => ({
    definition_id: definition,
    person_id: "p-1",
    properties,
  });

  it("of a definition, a property or a field of a list is answered with the one that was meant", async () => {
    expect(
      await details([
        event("typde", {}),
        event("add_to_crat", {}),
        event("qqqqqqqq", {}),
        event("typed", { nubmer: 1, items: [{ sku: "A", skuu: "A" }], wwwwwwww: 1 }),
      ]),
    ).toEqual([
      "The space has no event definition typde. Did you mean typed?",
      "The space has no event definition add_to_crat. Did you mean add_to_cart?",
      "The space has no event definition qqqqqqqq.",
      "The definition typed has no property nubmer. Names are case-sensitive. Did you mean number?",
      "The definition typed has no property wwwwwwww. Names are case-sensitive.",
      "items has no field skuu. Did you mean sku?",
    ]);
  });

  it("is compared with the known names in a call's first five rejected events alone", async () => {
    const many = await details(Array.from({ length: 90 }, () => event("typed", { nubmer: 1 })));
    expect(many).toHaveLength(90);
    expect(many.filter((detail) => detail.includes("Did you mean"))).toHaveLength(5);
  });
});
