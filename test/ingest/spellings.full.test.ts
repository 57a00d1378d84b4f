/** A name is spelled one way in a space: many readers take names that differ in letter case alone for one column. */

import { beforeEach, describe, expect, it } from "vitest";
import { type ProblemView, START, type Space } from "../support/service.ts";
import { roomyService, rowsOf } from "../support/pipeline.ts";

const service = roomyService();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const text = (name: string) => ({ name, type: "text" });
const list = (name: string, ...fields: string[]) => ({ name, type: "list", fields: fields.map(text) });

const post = (status: number, id: string, ...properties: unknown[]) =>
  service.json<ProblemView>("POST", "/v1/event-definitions", status, {
    key: space.key,
    body: { id, name: id, properties },
  });
const patch = (status: number, id: string, ...properties: unknown[]) =>
  service.json<ProblemView>("PATCH", `/v1/event-definitions/${id}`, status, { key: space.key, body: { properties } });
const attribute = (status: number, id: string) =>
  service.json<ProblemView>("PUT", `/v1/attributes/${id}`, status, {
    key: space.key,
    body: { name: "x", type: "text" },
  });
const pointers = (problem: ProblemView) => problem.errors?.map(({ pointer }) => pointer);

describe("a name that differs in letter case alone from one that the space has", () => {
  beforeEach(async () => {
    await post(201, "first", text("tier"), list("lines", "größe"));
    await attribute(200, "points");
  });

  it.each([
    ["a property", [text("fine"), text("Tier")], ["/properties/1/name"]],
    ["a property, like a list field", [text("GRÖSSE"), text("GRÖßE")], ["/properties/1/name"]],
    ["a property, like an attribute", [text("Points")], ["/properties/0/name"]],
    ["a list field, like a property", [list("lines", "TIER")], ["/properties/0/fields/0/name"]],
    ["a property, like a built-in one", [text("Amount")], ["/properties/0/name"]],
  ])("is refused as %s of a new definition, and of one that grows", async (_what, properties, at) => {
    const refused = await post(409, "second", ...properties);
    expect([refused.code, pointers(refused)]).toEqual(["conflict", at]);
    await post(201, "grows");
    expect(pointers(await patch(409, "grows", ...properties))).toEqual(at);
  });

  it("is refused beside the definition's own, and says what to do", async () => {
    const { detail } = await patch(409, "first", text("TIER"));
    expect(detail).toContain("Spell it tier, or choose another name.");
  });

  it("is refused as an attribute, like a property and like an attribute", async () => {
    expect(pointers(await attribute(409, "Tier"))).toEqual(["#path/id"]);
    await attribute(409, "POINTS");
    await attribute(200, "points");
    await attribute(200, "tier");
  });

  it("is refused within one definition as invalid", async () => {
    expect(pointers(await post(422, "second", text("a"), text("A")))).toEqual(["/properties/1/name"]);
    expect(pointers(await post(422, "second", text("a"), list("b", "A")))).toEqual(["/properties/1/fields/0/name"]);
  });

  it("is accepted where a built-in definition has that spelling", async () => {
    await post(201, "second", text("sessionId"));
    await post(201, "third", text("sessionID"));
  });

  it("is free again when the only definition with it is deleted, and is no other space's matter", async () => {
    await service.json("DELETE", "/v1/event-definitions/first", 204, { key: space.key });
    await post(201, "second", text("Tier"));
    space = await service.shop();
    await post(201, "second", text("TIER"));
  });

  it("is written by one of two calls at the same time", async () => {
    const call = (name: string) =>
      service.call("POST", "/v1/event-definitions", {
        key: space.key,
        body: { id: `d_${name}`, name, properties: [text(name)] },
      });
    const answers = await Promise.all([call("colour"), call("Colour")]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
  });
});

describe("attributes of a profile", () => {
  const put = (status: number, ...profiles: unknown[]) =>
    service.json<ProblemView>("PUT", "/v1/profiles", status, { key: space.key, body: { profiles } });

  it("that differ in letter case alone are refused in one call, and beside what the profile has", async () => {
    expect(pointers(await put(422, { person_id: "a" }, { person_id: "p", attributes: { Tier: 1, tier: 2 } }))).toEqual([
      "/profiles/1/attributes/tier",
    ]);
    await put(200, { person_id: "p", attributes: { tier: 1 } });
    await put(200, { person_id: "q", attributes: { Tier: 1 } });
    expect(pointers(await put(422, { person_id: "p", attributes: { Tier: 2 } }))).toEqual([
      "/profiles/0/attributes/Tier",
    ]);
    await put(200, { person_id: "p", attributes: { tier: null, Tier: 2 } });
    await put(422, { person_id: "p", attributes: { tier: 2 } });
    await put(200, { person_id: "q", attributes: { Tier: 3 } });
  });

  it("of every name that objects have already are kept", async () => {
    const attributes = { constructor: "a", toString: "b", hasOwnProperty: 1 };
    await put(200, { person_id: "p", attributes });
    const profile = await service.json<{ attributes: unknown }>("GET", "/v1/profiles/p", 200, { key: space.key });
    expect(profile.attributes).toEqual(attributes);
  });

  it.each(["profile_attributes", "segment_profiles"])("cannot be asked for in two spellings by %s", async (dataset) => {
    const body = { dataset, attributes: ["Tier", "x", "tier"] };
    expect(await service.faults("POST", "/v1/exports", { key: space.key, body })).toEqual(["/attributes/2"]);
  });
});

describe("a definition", () => {
  const remove = (status: number, id: string) =>
    service.json<ProblemView | undefined>("DELETE", `/v1/event-definitions/${id}`, status, { key: space.key });
  const send = (status: number, definition_id: string) =>
    service.json("POST", "/v1/events", status, {
      key: space.key,
      body: { events: [{ definition_id, person_id: "p-1", properties: {} }] },
    });

  it("that never had an event can be deleted, and made again with the next version", async () => {
    await post(201, "mistake", text("a"));
    expect(await remove(204, "mistake")).toBeUndefined();
    await remove(404, "mistake");
    await send(422, "mistake");
    expect(await post(201, "mistake", text("b"))).toMatchObject({ version: 2, properties: [{ name: "b" }] });
  });

  it("that has had one cannot, nor can a built-in one", async () => {
    await post(201, "used");
    await send(202, "used");
    expect((await remove(409, "used"))?.code).toBe("conflict");
    expect((await remove(409, "purchase"))?.detail).toContain("built in");
  });

  it.each(["constructor", "toString", "valueOf", "hasOwnProperty"])("may be called %s", async (id) => {
    await post(201, id, text(id), text("eventId"));
    await service.send(space, [
      {
        definition_id: id,
        person_id: "p-1",
        occurred_at: new Date(START - 1_000).toISOString(),
        properties: { [id]: "x", eventId: "y" },
      },
    ]);
    service.now = START + 1;
    const renamed = `${id}_eventId`;
    for (const request of [{}, { format: "csv" }, { format: "parquet" }, { event_names: [id] }])
      expect((await service.export(space, request)).progress.rows_written).toBe(1);
    const columns = [{ path: id }, { path: renamed }];
    expect(await rowsOf(service, await service.export(space, { columns }))).toEqual([{ [id]: "x", [renamed]: "y" }]);
    const [row] = await rowsOf(service, await service.export(space, { redact: { [id]: "drop" } }));
    expect(Object.keys(row ?? {})).not.toContain(id);
    const body = { dataset: "profile_events", from: new Date(START - 60_000).toISOString(), format: "parquet" };
    expect(await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body })).toMatchObject({
      rows: 1,
    });
  });
});
