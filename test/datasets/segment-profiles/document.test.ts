/** The document of a segment's profiles: the seed's facts, one by one, and the cases that the seed leaves open. */

import { beforeAll, describe, expect, it } from "vitest";
import { gunzip } from "../../support/gunzip.ts";
import { type ExportView, Service, type Space, START } from "../../support/service.ts";

interface Member {
  sections: Record<
    string,
    {
      attributes: Record<string, { value: unknown }>;
      events?: { correlationId: string; sourceEventTime: number; typeId: string; createdAt: number; data: object }[];
      topics?: Record<string, Record<string, string>>;
    }
  >;
}

const service = new Service({ CREATE_LIMIT: "1000", POLL_LIMIT: "1000", LIST_LIMIT: "1000" });
let space: Space;
const WEEK_AGO = new Date(START - 7 * 86_400_000).toISOString();
const AN_HOUR_AGO = START - 3_600_000;

const put = (path: string, body: object) => service.json("PUT", path, 200, { key: space.key, body });

beforeAll(async () => {
  service.now = START;
  space = await service.space();
  const { key } = space;
  await put("/v1/attributes/tier", { section_id: "loyalty", name: "Tier", type: "text" });
  await put("/v1/attributes/points", { section_id: "loyalty", name: "Points", type: "number" });
  await put("/v1/tags/vip", { section_id: "loyalty", name: "VIP" });
  await put("/v1/topics/news", { section_id: "letters", name: "News" });
  const definition = (id: string, section_id: string, names: string[]) =>
    service.json("POST", "/v1/event-definitions", 201, {
      key,
      body: { id, name: id, section_id, properties: names.map((name) => ({ name, type: "text" })) },
    });
  await definition("order_placed", "shop", ["order_id"]);
  await definition("card_shown", "loyalty", ["card"]);
  await put("/v1/profiles", {
    profiles: [
      {
        person_id: "ada",
        attributes: { tier: "gold", points: 12.5, member: true, $first_name: "Ada" },
        tags: ["vip", "early"],
        topics: { news: { email: "opt-in", sms: "opt-out" }, sales: { email: "confirmed-opt-in" } },
      },
      { person_id: "bob", attributes: { tier: "silver" } },
      { person_id: "cy" },
    ],
  });
  await put("/v1/segments/gold", { name: "Gold", rule: { attribute: "tier", op: "eq", value: "gold" } });
  const event = (id: string, definition_id: string, occurred_at: string | null, properties: object) => ({
    id,
    definition_id,
    person_id: "ada",
    occurred_at,
    properties,
  });
  const at = (ms: number) => new Date(AN_HOUR_AGO + ms).toISOString();
  await service.send(space, [
    event("o-2", "order_placed", at(1), { order_id: "A-2" }),
    event("o-1", "order_placed", at(1), { order_id: "A-1" }),
    event("o-0", "order_placed", at(5), { order_id: "A-0" }),
    event("c-1", "card_shown", at(2), { card: "x" }),
    event("c-2", "card_shown", null, { card: null }),
  ]);
  await service.json("PATCH", "/v1/event-definitions/order_placed", 200, {
    key,
    body: { properties: [{ name: "note", type: "text" }] },
  });
  await service.send(space, [event("o-3", "order_placed", at(9), { order_id: "A-3", note: "n" })]);
});

async function textOf(request: object): Promise<{ text: string; done: ExportView }> {
  const created = await service.json<{ id: string }>("POST", "/v1/exports", 202, {
    key: space.key,
    body: { dataset: "segment_profiles", ...request },
  });
  await service.pump();
  const done = await service.poll(space, created.id);
  if (done.status !== "completed") throw new Error(JSON.stringify(done));
  const [file] = done.files;
  if (file === undefined || done.files.length > 1) throw new Error("there is not one file");
  return { text: gunzip(await service.fetchFile(file)), done };
}

async function profilesOf(request: object): Promise<Record<string, Member>> {
  const { profiles } = JSON.parse((await textOf(request)).text) as { profiles: Record<string, Member> };
  return profiles;
}

const refused = (request: object) =>
  service.faults("POST", "/v1/exports", { key: space.key, body: { dataset: "segment_profiles", ...request } });

describe("profiles", () => {
  it("are those of the segment; without one all of them (fact 3.a.2)", async () => {
    expect(Object.keys(await profilesOf({ segment: "gold", attributes: ["tier"] }))).toEqual(["ada"]);
    expect(Object.keys(await profilesOf({ attributes: ["tier"] }))).toEqual(["ada", "bob", "cy"]);
  });

  it("appear only when an attribute or a tag is asked for (fact 3.a.3)", async () => {
    const { text, done } = await textOf({ events: ["order_placed"], start_at: WEEK_AGO, include_topics: true });
    expect(text).toBe('{"profiles":{}}');
    expect(done.files[0]?.rows).toBe(0);
    expect(done.message).toBe("The document has no profiles: request at least one attribute or tag.");
    expect(Object.keys(await profilesOf({ tags: ["vip"] }))).toEqual(["ada", "bob", "cy"]);
  });

  it("have a section each that they have something in, and attributes and tags there by their ids (facts 3.a.10, 3.a.11)", async () => {
    const { text } = await textOf({
      attributes: ["points", "tier", "member", "nothing", "$first_name"],
      tags: ["vip", "early", "late"],
    });
    expect(text).toBe(
      '{"profiles":{"ada":{"sections":{"default":{"attributes":{"member":{"value":true},"$first_name":{"value":"Ada"},"early":{"value":null}}},' +
        '"loyalty":{"attributes":{"points":{"value":12.5},"tier":{"value":"gold"},"vip":{"value":null}}}}},' +
        '"bob":{"sections":{"loyalty":{"attributes":{"tier":{"value":"silver"}}}}},"cy":{"sections":{}}}}',
    );
  });

  it("have only what was requested (facts 3.a.1, 3.a.3)", async () => {
    const { ada } = await profilesOf({ attributes: ["tier"] });
    expect(ada).toEqual({ sections: { loyalty: { attributes: { tier: { value: "gold" } } } } });
  });

  it("have topics when they are requested, in the topics' sections (fact 3.a.1)", async () => {
    const { ada, bob } = await profilesOf({ attributes: ["tier"], include_topics: true });
    expect(ada?.sections).toEqual({
      default: { attributes: {}, topics: { sales: { email: "confirmed-opt-in" } } },
      letters: { attributes: {}, topics: { news: { email: "opt-in", sms: "opt-out" } } },
      loyalty: { attributes: { tier: { value: "gold" } }, topics: {} },
    });
    expect(bob?.sections).toEqual({ loyalty: { attributes: { tier: { value: "silver" } }, topics: {} } });
  });
});

describe("what the document has", () => {
  it("is known by its ids: sections, attributes, tags and events (fact 3.a.14)", async () => {
    const get = <Body>(path: string) => service.json<Body>("GET", path, 200, { key: space.key });
    const { ada } = await profilesOf({
      attributes: ["tier"],
      tags: ["vip"],
      events: ["order_placed"],
      start_at: WEEK_AGO,
      end_at: iso(START),
    });
    const sections = await get<{ data: { id: string }[] }>("/v1/sections");
    expect(sections.data.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(ada?.sections ?? {})));
    const found = [
      await get<{ section_id: string }>("/v1/attributes/tier"),
      await get<{ section_id: string }>("/v1/tags/vip"),
      await get<{ section_id: string }>("/v1/event-definitions/order_placed"),
    ];
    expect(found.map(({ section_id }) => section_id)).toEqual(["loyalty", "loyalty", "shop"]);
    expect(ada?.sections["loyalty"]?.attributes).toEqual({ tier: { value: "gold" }, vip: { value: null } });
    const type = ada?.sections["shop"]?.events?.[0]?.typeId ?? "";
    expect(type).toBe("order_placed:1");
    const version = await get(`/v1/event-definitions/${type.replace(":", "/versions/")}`);
    expect(version).toMatchObject({ id: "order_placed", version: 1, section_id: "shop" });
  });

  it("is counted beforehand by an estimate", async () => {
    const body = { dataset: "segment_profiles", attributes: ["tier"] };
    const estimate = await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body });
    expect(estimate).toMatchObject({ rows: 3, files: 1 });
  });
});

describe("events", () => {
  const asked = { attributes: ["tier"], start_at: WEEK_AGO };

  it("are in their definitions' sections, in the order of time and id (facts 3.a.12, 3.a.13)", async () => {
    const { ada, bob, cy } = await profilesOf({
      ...asked,
      events: ["order_placed", "card_shown"],
      end_at: iso(START + 1),
    });
    const order = (id: string, ms: number, version: number, data: object) => ({
      correlationId: id,
      sourceEventTime: AN_HOUR_AGO + ms,
      typeId: `order_placed:${version}`,
      createdAt: START,
      data,
    });
    const card = { typeId: "card_shown:1", createdAt: START };
    expect(ada?.sections).toEqual({
      loyalty: {
        attributes: { tier: { value: "gold" } },
        events: [
          { correlationId: "c-1", sourceEventTime: AN_HOUR_AGO + 2, ...card, data: { card: "x" } },
          // None was given.
          { correlationId: "c-2", sourceEventTime: 0, ...card, data: { card: null } },
        ],
      },
      shop: {
        attributes: {},
        events: [
          order("o-1", 1, 1, { order_id: "A-1", note: null }),
          order("o-2", 1, 1, { order_id: "A-2", note: null }),
          order("o-0", 5, 1, { order_id: "A-0", note: null }),
          order("o-3", 9, 2, { order_id: "A-3", note: "n" }),
        ],
      },
    });
    expect(bob?.sections).toEqual({ loyalty: { attributes: { tier: { value: "silver" } }, events: [] } });
    expect(cy?.sections).toEqual({});
  });

  it("are those of a week from start_at on, unless an end is given (fact 3.a.4)", async () => {
    const ids = async (window: object) => {
      const { ada } = await profilesOf({ ...asked, events: ["order_placed"], ...window });
      return (ada?.sections["shop"]?.events ?? []).map((event) => event.correlationId);
    };
    const week = 7 * 86_400_000;
    expect(await ids({ start_at: iso(AN_HOUR_AGO + 6 - week) })).toEqual(["o-1", "o-2", "o-0"]);
    expect(await ids({ start_at: iso(AN_HOUR_AGO + 5 - week) })).toEqual(["o-1", "o-2"]);
    expect(await ids({ start_at: iso(AN_HOUR_AGO + 5) })).toEqual(["o-0", "o-3"]);
    expect(await ids({ start_at: iso(AN_HOUR_AGO + 1), end_at: iso(AN_HOUR_AGO + 9) })).toEqual(["o-1", "o-2", "o-0"]);
  });

  it("need start_at, and so does end_at (fact 3.a.4)", async () => {
    expect(await refused({ attributes: ["tier"], events: ["order_placed"] })).toEqual(["/start_at"]);
    expect(await refused({ attributes: ["tier"], end_at: WEEK_AGO })).toEqual(["/start_at"]);
  });
});

const iso = (time: number) => new Date(time).toISOString();
