/**
 * `--define`: the definitions that a mapping or the file's own values need, created or compared with those that exist.
 */

import { describe, expect, test } from "vitest";
import { define } from "../../../client/src/import/define.ts";
import type { Item } from "../../../client/src/import/events.ts";
import { readMapping } from "../../../client/src/import/mapping.ts";
import type { Service } from "../../../client/src/import/service.ts";
import { Survey } from "../../../client/src/import/survey.ts";
import { needsSurvey, wantedDefinitions } from "../../../client/src/import/wanted.ts";
import { callError, itemOf } from "./support.ts";

type Json = Record<string, unknown>;

const mapped = (properties: Json, definition: Json = { constant: "order" }) =>
  readMapping(JSON.stringify({ definition_id: definition, person_id: { column: "person" }, properties }), "map.json");

/** @param events ids of definitions with properties, from line 2 on. */
function surveyed(...events: [id: string, properties: Json][]): Survey {
  const survey = new Survey();
  for (const [index, [id, properties]] of events.entries()) {
    const item: Item = { ...itemOf(index + 1), definitionId: id, json: JSON.stringify({ properties }) };
    survey.add(item);
  }
  return survey;
}

describe("a definition", () => {
  test("comes from the mapping alone where it names the types", () => {
    const mapping = mapped({
      a: { column: "a", type: "number" },
      b: { column: "b" },
      c: { constant: false },
      d: { column: "d", type: "list", fields: { sku: "text", price: "number" } },
    });
    expect(needsSurvey(mapping, true)).toBe(false);
    const list = {
      name: "d",
      type: "list",
      fields: [
        { name: "sku", type: "text" },
        { name: "price", type: "number" },
      ],
    };
    expect(wantedDefinitions(mapping, true, null)).toEqual([
      {
        id: "order",
        name: "order",
        properties: [{ name: "a", type: "number" }, { name: "b", type: "text" }, { name: "c", type: "boolean" }, list],
      },
    ]);
  });

  test("of a column is made for each of its values, with the properties that its events have", () => {
    const mapping = mapped(
      { a: { column: "a", type: "date" }, b: { column: "b" }, c: { column: "c" } },
      { column: "event" },
    );
    expect(needsSurvey(mapping, true)).toBe(true);
    const survey = surveyed(
      ["visit", { b: "x" }],
      ["order", { a: "2026-01-01T00:00:00Z" }],
      ["visit", { a: "2026-01-01T00:00:00Z" }],
    );
    expect(wantedDefinitions(mapping, true, survey)).toEqual([
      {
        id: "visit",
        name: "visit",
        properties: [
          { name: "a", type: "date" },
          { name: "b", type: "text" },
        ],
      },
      { id: "order", name: "order", properties: [{ name: "a", type: "date" }] },
    ]);
  });

  test("of events without a mapping has the types of their values", () => {
    const survey = surveyed(
      ["constructor", { text: "x", n: 1, yes: true, none: null, lines: [] }],
      ["constructor", { lines: [{ sku: "a" }, { price: 1.5, sku: null }] }],
    );
    const lines = {
      name: "lines",
      type: "list",
      fields: [
        { name: "sku", type: "text" },
        { name: "price", type: "number" },
      ],
    };
    expect(wantedDefinitions(null, false, survey)).toEqual([
      {
        id: "constructor",
        name: "constructor",
        properties: [
          { name: "text", type: "text" },
          { name: "n", type: "number" },
          { name: "yes", type: "boolean" },
          lines,
        ],
      },
    ]);
  });

  test.each([
    [
      { a: 1 },
      { a: "x" },
      "the property a of order is a number in line 2, a text in line 3: name one type in the mapping",
    ],
    [
      { a: { b: 1 } },
      {},
      'the property a of order is an object in line 2: "type": "text" in the mapping keeps its JSON',
    ],
    [{ a: ["x"] }, {}, "is a list of other values than objects in line 2"],
    [{ a: [] }, {}, 'has only empty lists: name their fields ("fields") in the mapping'],
    [{ a: [{ b: [] }] }, {}, "has a field b that is a list of objects in line 2"],
    [{}, {}, "has no value in the file: name its type in the mapping"],
  ])("is not guessed from %j and %j", (first, second, message) => {
    const mapping = mapped({ a: { column: "a" } });
    expect(() => wantedDefinitions(mapping, false, surveyed(["order", first], ["order", second]))).toThrow(message);
  });

  test("needs an id that definitions may have, and the column is not one with a value in each row", () => {
    expect(() => wantedDefinitions(null, false, surveyed(["order", {}], ["Trip booked", {}]))).toThrow(
      '"Trip booked" in line 3 is not the id of a definition',
    );
    const many = Array.from({ length: 300 }, (_, n): [string, Json] => [`e${n}`, {}]);
    expect(() => wantedDefinitions(null, false, surveyed(...many))).toThrow(
      "more than 200 different values of definition_id",
    );
  });
});

describe("--define where a definition of that id exists", () => {
  const properties = [
    { name: "a", type: "number" as const },
    { name: "b", type: "text" as const },
    {
      name: "l",
      type: "list" as const,
      fields: [
        { name: "sku", type: "text" as const },
        { name: "n", type: "number" as const },
      ],
    },
  ];
  const wanted = [{ id: "order", name: "order", properties }];

  /** @param existing what GET answers: the definition, or a status. @returns what was posted, and the outcome. */
  async function defining(existing: object | number, posting: number | null = null) {
    const posted: unknown[] = [];
    const json = (method: string, path: string, body: unknown) => {
      if (method === "POST") posted.push(body);
      const status = method === "POST" ? posting : typeof existing === "number" ? existing : null;
      if (status !== null) return Promise.reject(callError(`${method} ${path}`, status, "x"));
      return Promise.resolve({ id: "order", enabled: true, properties, ...(existing as object) });
    };
    const outcomes = await define({ json } as unknown as Service, wanted);
    return { outcome: outcomes.get("order"), posted };
  }

  test("continues when the definition has the properties, also with further ones", async () => {
    const others = { properties: [{ name: "z", type: "date" }, ...properties] };
    expect(await defining(others)).toEqual({ outcome: "fits", posted: [] });
  });

  test("creates it where there is none", async () => {
    expect(await defining(404)).toEqual({ outcome: "created", posted: wanted });
  });

  test("continues where the key may not read it, and stops when it cannot be read for another reason", async () => {
    expect(await defining(403, 409)).toMatchObject({ outcome: "not read" });
    expect(await defining(403)).toMatchObject({ outcome: "created" });
    await expect(defining(500)).rejects.toThrow("GET /v1/event-definitions/order");
    await expect(defining(404, 409)).rejects.toThrow("POST /v1/event-definitions");
  });

  test.each([
    [{ enabled: false }, 'it is disabled. Change it first: PATCH /v1/event-definitions/order {"enabled":true}'],
    [
      { properties: [properties[0], properties[2]] },
      'it has no b. Change it first: PATCH /v1/event-definitions/order {"properties":[{"name":"b","type":"text"}]}',
    ],
    [
      { enabled: false, properties: properties.slice(1) },
      'it is disabled, and it has no a. Change it first: PATCH /v1/event-definitions/order {"enabled":true,"properties":[{"name":"a","type":"number"}]}',
    ],
    [
      { properties: [...properties.slice(0, 2), { name: "l", type: "list", fields: [{ name: "sku", type: "text" }] }] },
      'it has no l (n). Change it first: PATCH /v1/event-definitions/order {"properties":[{"name":"l","type":"list","fields":[{"name":"n","type":"number"}]}]}',
    ],
    [
      { properties: [{ name: "a", type: "text" }] },
      "its property a is text, and number in the import. The type of a property cannot be changed",
    ],
    [
      {
        properties: [...properties.slice(0, 2), { name: "l", type: "list", fields: [{ name: "sku", type: "number" }] }],
      },
      "the field of l sku is number, and text in the import",
    ],
  ])("stops with advice where it is %j, and creates nothing", async (existing, message) => {
    await expect(defining(existing)).rejects.toThrow(message);
  });
});
