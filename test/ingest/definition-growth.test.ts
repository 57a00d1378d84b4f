/** A definition only grows: PATCH adds, raises the version, and never loses what another call added. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../support/service.ts";

interface Definition {
  version: number;
  name: string;
  description: string | null;
  enabled: boolean;
  properties: { name: string; type: string; required: boolean; fields?: { name: string }[] }[];
  created_at: string;
  updated_at: string;
}

const service = new Service();
const PATH = "/v1/event-definitions/order";
let space: Space;

beforeEach(async () => {
  space = await service.space();
  const properties = [
    { name: "order_id", type: "text", required: true },
    { name: "lines", type: "list", fields: [{ name: "sku", type: "text" }] },
  ];
  const body = { id: "order", name: "Order", properties };
  await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
});

const call = (body: unknown) => service.call("PATCH", PATH, { key: space.key, body });
const patch = (body: unknown) => service.json<Definition>("PATCH", PATH, 200, { key: space.key, body });
const faults = (body: unknown) => service.faults("PATCH", PATH, { key: space.key, body });
const get = () => service.json<Definition>("GET", PATH, 200, { key: space.key });
const adding = (...properties: Record<string, unknown>[]) => ({ properties });
const lines = (...fields: Record<string, unknown>[]) => adding({ name: "lines", type: "list", fields });
const texts = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `t${n}`, type: "text" }));

describe("a name that a flat row gives to another property", () => {
  const RESERVED = [
    "definitionId",
    "eventId",
    "sessionId",
    "personId",
    "externalPersonId",
    "occuredTime",
    "occurredAt",
    "EVENTID",
    "campaignName",
    "elementName",
    "campaignStart",
    "flowElementId",
  ];
  const named = (...names: string[]) => adding(...names.map((name) => ({ name, type: "text" })));

  it.each(RESERVED)("is refused in a new definition: a_%s beside it", async (name) => {
    const refused = (...names: string[]) =>
      service.faults("POST", "/v1/event-definitions", {
        key: space.key,
        body: { id: "a", name: "A", ...named(...names) },
      });
    expect(await refused("b", `a_${name}`, name)).toEqual(["/properties/1/name"]);
    expect(await refused(name, "b", `a_${name}`)).toEqual(["/properties/2/name"]);
  });

  it("is refused where either is added to the other", async () => {
    await patch(named("sessionId", "order_campaignName"));
    expect(await faults(named("b", "order_sessionId"))).toEqual(["/properties/1/name"]);
    expect(await faults(named("sessionId", "campaignName"))).toEqual(["/properties/1/name"]);
  });

  it("is free where the other is not there, and with another definition's id", async () => {
    const { properties } = await patch(named("order_sessionId", "other_personId", "personId", "order_url", "url"));
    expect(properties).toHaveLength(7);
  });
});

describe("a change", () => {
  it("adds properties at the end, in the order they were sent", async () => {
    const { properties, version } = await patch(adding({ name: "b", type: "number" }, { name: "a", type: "date" }));
    expect(properties.map((property) => property.name)).toEqual(["order_id", "lines", "b", "a"]);
    expect(version).toBe(2);
  });

  it("adds fields to the list at the end", async () => {
    const { properties } = await patch(lines({ name: "quantity", type: "number" }));
    expect(properties[1]?.fields).toEqual([
      { name: "sku", type: "text", required: false },
      { name: "quantity", type: "number", required: false },
    ]);
  });

  it("adds a list where there was none", async () => {
    const body = { id: "bare", name: "Bare" };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
    const list = {
      name: "items",
      type: "list",
      required: false,
      fields: [{ name: "a", type: "text", required: false }],
    };
    const grown = await service.json<Definition>("PATCH", "/v1/event-definitions/bare", 200, {
      key: space.key,
      body: adding(list),
    });
    expect(grown.properties).toEqual([list]);
  });

  it("of name, description and enabled leaves the properties", async () => {
    const before = await get();
    service.now += 1_000;
    const after = await patch({ name: "Renamed", description: "d", enabled: false });
    const at = new Date(service.now).toISOString();
    expect(after).toEqual({ ...before, name: "Renamed", description: "d", enabled: false, version: 2, updated_at: at });
  });

  it("may remove the description", async () => {
    await patch({ description: "d" });
    expect(await patch({ description: null })).toMatchObject({ description: null, version: 3 });
  });

  it("is there in the next answer", async () => {
    const after = await patch({ name: "Renamed" });
    expect(await get()).toEqual(after);
  });

  it("lets events use what it added at once", async () => {
    await patch(adding({ name: "amount", type: "number" }));
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p" }] } });
    const event = { definition_id: "order", person_id: "p", properties: { order_id: "A", amount: 1 } };
    const answer = await service.json("POST", "/v1/events", 202, { key: space.key, body: { events: [event] } });
    expect(answer).toMatchObject({ accepted: 1 });
  });

  it("keeps the earlier version, up to where the next begins", async () => {
    await patch({ name: "Renamed" });
    const query = env.SPACE_DB.prepare(
      "SELECT version, name, seq_from, seq_to FROM definitions WHERE space_id = ? ORDER BY seq_from",
    );
    expect((await query.bind(space.id).all()).results).toEqual([
      { version: 1, name: "Order", seq_from: 1, seq_to: 2 },
      { version: 2, name: "Renamed", seq_from: 2, seq_to: null },
    ]);
  });

  it("of an unknown definition is not found", async () => {
    const response = await service.call("PATCH", "/v1/event-definitions/nothing", { key: space.key, body: {} });
    expect(response.status).toBe(404);
  });
});

describe("a change that changes nothing", () => {
  it.each<[string, unknown]>([
    ["an empty body", {}],
    ["no properties", { properties: [] }],
    ["the same name", { name: "Order" }],
    ["a property that is there", adding({ name: "order_id", type: "text", required: true })],
    ["a field that is there", lines({ name: "sku", type: "text" })],
    ["enabled, as it is", { enabled: true }],
  ])("(%s) keeps version and time", async (_, body) => {
    const before = await get();
    service.now += 1_000;
    expect(await patch(body)).toEqual(before);
  });
});

describe("a change that does not only add", () => {
  it.each<[string, unknown, string[]]>([
    ["another type", adding({ name: "order_id", type: "number", required: true }), ["/properties/0"]],
    ["another required", adding({ name: "order_id", type: "text" }), ["/properties/0"]],
    ["a list changed to a text", adding({ name: "lines", type: "text" }), ["/properties/0"]],
    ["a field's other type", lines({ name: "sku", type: "number" }), ["/properties/0"]],
    ["another id", { id: "other" }, ["/id"]],
    ["another section", { section_id: "other" }, ["/section_id"]],
    ["another category", { category: "template" }, ["/category"]],
    ["a version", { version: 9 }, ["/version"]],
    ["enabled null", { enabled: null }, ["/enabled"]],
    ["an empty name", { name: "" }, ["/name"]],
  ])("(%s) is refused", async (_, body, pointers) => {
    const before = await get();
    expect(await faults(body)).toEqual(pointers);
    expect(await get()).toEqual(before);
  });

  it("points into the body that was sent, not into the whole definition", async () => {
    const second = { name: "more", type: "list", fields: [{ name: "a", type: "text" }] };
    expect(await faults(adding({ name: "fine", type: "text" }, second))).toEqual(["/properties/1/type"]);
  });

  it("points to a field that occurs twice in the body", async () => {
    const twice = { name: "quantity", type: "number" };
    expect(await faults(adding({ name: "fine", type: "text" }, ...lines(twice, twice).properties))).toEqual([
      "/properties/1/fields/1/name",
    ]);
  });

  it("is refused where it names a new property twice", async () => {
    const twice = { name: "new", type: "text" };
    expect(await faults(adding(twice, twice))).toEqual(["/properties/1/name"]);
  });

  it("is refused past 120 properties in all", async () => {
    expect(await patch(adding(...texts(118)))).toMatchObject({ version: 2 });
    expect(await faults(adding({ name: "one_more", type: "text" }))).toEqual(["/properties"]);
  });

  it("is refused past 128 fields in all", async () => {
    expect(await patch(lines(...texts(127)))).toMatchObject({ version: 2 });
    expect(await faults(lines({ name: "one_more", type: "text" }))).toEqual(["/properties/0/fields"]);
  });
});

describe("changes at once", () => {
  it("lose nothing: each is in the definition, or was answered with a retryable error", async () => {
    const names = Array.from({ length: 6 }, (_, n) => `added_${n}`);
    const answers = await Promise.all(names.map((name) => call(adding({ name, type: "text" }))));
    const taken = names.filter((_, n) => answers[n]?.status === 200);
    const refused = answers.filter((answer) => answer.status !== 200);
    const { properties, version } = await get();
    expect(
      properties
        .slice(2)
        .map((property) => property.name)
        .toSorted(),
    ).toEqual(taken);
    expect(version).toBe(1 + taken.length);
    const codes = refused.map(async (answer) => (await answer.json<ProblemView>()).code);
    expect(new Set(await Promise.all(codes))).toEqual(new Set(refused.length === 0 ? [] : ["conflict"]));
  });
});
