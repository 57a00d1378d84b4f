/** The built-in definitions, item by item, as every space has them from its first call on. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../support/service.ts";
import { CHANNEL_TABLE, EXPECTED } from "./catalogue-fixture.ts";

interface Definition {
  id: string;
  name: string;
  category: string;
  enabled: boolean;
  version: number;
  description: string | null;
  properties: { name: string; type: string; required: boolean; description?: string }[];
  created_at: string;
  updated_at: string;
}

const service = new Service();
const created = new Date(service.now).toISOString();
let space: Space;
let listed: Map<string, Definition>;

async function list(query: string, key = space.key): Promise<Definition[]> {
  const { data } = await service.json<{ data: Definition[] }>("GET", `/v1/event-definitions?${query}`, 200, { key });
  return data;
}

const idsOf = (definitions: readonly { id: string }[]) => definitions.map((definition) => definition.id);

beforeAll(async () => {
  space = await service.space();
  service.now += 1_000;
  listed = new Map((await list("limit=200")).map((definition) => [definition.id, definition]));
});

describe("the catalogue", () => {
  it("has these definitions and no others, in the order of their ids", () => {
    expect([...listed.keys()]).toEqual(idsOf(EXPECTED).toSorted());
  });

  it.each(EXPECTED.map((each) => [each.id, each] as const))("has %s as the tables have it", (id, expected) => {
    const { id: _, ...rest } = expected;
    expect(listed.get(id)).toMatchObject(rest);
  });

  it.each([
    ["template", 6, true],
    ["people", 24, false],
    ["channel", 48, true],
    ["product", 8, false],
    ["conversion", 65, true],
  ])("has in the category %s %i definitions, enabled from the start: %s", async (category, count, enabled) => {
    const found = await list(`category=${category}&limit=200`);
    expect(found).toHaveLength(count);
    expect(new Set(found.map((each) => [each.category, each.enabled, each.version].join()))).toEqual(
      new Set([`${category},${enabled},1`]),
    );
  });

  it("is as old as the space, and at version 1", () => {
    expect(listed.get("emailSent")).toEqual({
      id: "emailSent",
      name: "Email sent",
      description: "An email was sent to the person.",
      section_id: "default",
      category: "channel",
      enabled: true,
      version: 1,
      properties: [
        {
          name: "flowElementId",
          type: "text",
          required: false,
          description: "The id of the flow's element that led to the event.",
        },
        { name: "messageId", type: "text", required: false, description: "The id of the message." },
      ],
      created_at: created,
      updated_at: created,
    });
  });

  it("says of each definition and each property what it tells, in a sentence", () => {
    const own = EXPECTED.filter(({ id }) => !id.startsWith("custom_event_"));
    const told = own.map(({ id }) => listed.get(id)?.description ?? "");
    expect(new Set(told).size).toBe(own.length);
    const properties = own.flatMap(({ id }) => listed.get(id)?.properties ?? []);
    for (const each of [...told, ...properties.map(({ description }) => description ?? "")])
      expect(each).toMatch(/^[A-Z].{8,118}\.$/);
  });

  it("keeps its descriptions when a definition is changed, and the property's that the space adds is its own", async () => {
    const other = await service.space();
    const patch = (properties: unknown[]) =>
      service.call("PATCH", "/v1/event-definitions/smsSent", { key: other.key, body: { enabled: false, properties } });
    const cost = { name: "cost", type: "number", description: "In euros." };
    const changed = await (await patch([cost])).json<Definition>();
    expect(changed).toMatchObject({ description: listed.get("smsSent")?.description, version: 2 });
    expect(changed.properties).toEqual([...(listed.get("smsSent")?.properties ?? []), { ...cost, required: false }]);
    const renamed = await patch([{ ...cost, description: "In pounds." }]);
    expect((await renamed.json<Definition>()).properties.at(-1)).toMatchObject({ description: "In pounds." });
    const refused = await patch([cost, { name: "messageId", type: "text", description: "Mine." }]);
    expect([refused.status, (await refused.json<ProblemView>()).errors?.map(({ pointer }) => pointer)]).toEqual([
      422,
      ["/properties/1/description"],
    ]);
  });

  it("shows one by its id as it shows it in the list", async () => {
    const shown = await service.json("GET", "/v1/event-definitions/pageView", 200, { key: space.key });
    expect(shown).toEqual(listed.get("pageView"));
  });

  it("takes no rows", async () => {
    const query = env.SPACE_DB.prepare("SELECT count(*) AS n FROM definitions WHERE space_id = ?");
    expect(await query.bind(space.id).first()).toEqual({ n: 0 });
  });

  it.each(["emailSent", "pageView", "purchase", "custom_event_50", "itemViewed", "formSubmitted"])(
    "has %s, which cannot be defined again",
    async (id) => {
      const response = await service.call("POST", "/v1/event-definitions", { key: space.key, body: { id, name: "x" } });
      expect(response.status).toBe(409);
    },
  );

  it("distinguishes ids by case", async () => {
    const response = await service.call("GET", "/v1/event-definitions/emailsent", { key: space.key });
    expect(response.status).toBe(404);
  });
});

describe("the list of all definitions", () => {
  it.each([1, 7, 50, 156])("has each once in pages of %i, built-in and own together", async (limit) => {
    const own = await service.space();
    for (const id of ["aaa", "custom_event_1x", "emailSentToo", "zzz", "Zoo"])
      await service.json("POST", "/v1/event-definitions", 201, { key: own.key, body: { id, name: id } });
    await service.json("PATCH", "/v1/event-definitions/emailSent", 200, { key: own.key, body: { enabled: false } });
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const path: string = `/v1/event-definitions?limit=${limit}${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = await service.json<{ data: Definition[]; next_cursor: string | null }>("GET", path, 200, {
        key: own.key,
      });
      ids.push(...idsOf(page.data));
      cursor = page.next_cursor;
    }
    const all = [...idsOf(EXPECTED), "aaa", "custom_event_1x", "emailSentToo", "zzz", "Zoo"];
    expect(ids).toEqual(all.toSorted());
  });

  it.each([
    ["q=emailSent", ["emailSent"]],
    ["q=IVR", ["voiceIvrInformationCollected", "voiceIvrPlayed"]],
    ["q=whatsapp%20o", ["whatsAppOpened"]],
    ["q=sent&category=channel", EXPECTED.map((each) => each.id).filter((id) => id.endsWith("Sent"))],
    ["q=cart", ["add_to_cart", "addedToCart"]],
    ["q=cart&category=conversion", ["add_to_cart"]],
    ["q=nothing", []],
  ])("%s finds %j", async (query, ids) => {
    expect(idsOf(await list(query))).toEqual([...ids].toSorted());
  });
});

describe("what the specification says of the event model", () => {
  it("fact 1.a.25: channel and flow events, and no others, can say which flow element produced them", () => {
    const carrying = [...listed.values()].filter(({ properties }) =>
      properties.some((each) => each.name === "flowElementId"),
    );
    const channels = [...listed.values()].filter((definition) => definition.category === "channel");
    expect(idsOf(carrying)).toEqual([...idsOf(channels), "personEnteredFlow", "personExitedFlow"].toSorted());
  });

  it("fact 1.a.26: definitions are custom, template, or standard: people, channel and product", async () => {
    const categories = new Set([...listed.values()].map((definition) => definition.category));
    expect(categories).toEqual(new Set(["template", "people", "channel", "product", "conversion"]));
    expect(await list("category=custom")).toEqual([]);
  });

  it("fact 1.a.31: template events have their properties, and itemID alone is mandatory", async () => {
    const templates = await list("category=template");
    const mandatory = templates.map(({ properties }) => properties.filter((each) => each.required));
    expect(mandatory).toMatchObject(templates.map(() => [{ name: "itemID", type: "number", required: true }]));
    expect(listed.get("viewPortionSet")?.properties.at(-1)).toMatchObject({ name: "sessionID", type: "text" });
  });

  it("fact 1.a.32: standard events must be enabled first, except channel events", async () => {
    const event = (definition: string) => ({ definition_id: definition, person_id: "p-1", properties: {} });
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-1" }] } });
    const events = ["emailSent", "formSubmitted", "mmsDelivered", "tagAdded"].map(event);
    expect(await service.faults("POST", "/v1/events", { key: space.key, body: { events } })).toEqual([
      "/events/1/definition_id",
      "/events/3/definition_id",
    ]);
  });

  it("fact 1.a.33: person activity is session started, page view, session ended, person created and merged", () => {
    const activity = ["sessionStarted", "pageView", "sessionEnded", "personCreated", "personMerged"];
    expect(activity.map((id) => listed.get(id)?.category)).toEqual(activity.map(() => "people"));
  });

  it.each(CHANNEL_TABLE)("fact 1.a.35: %s has the events %j", (_channel, events, ids) => {
    expect(ids).toHaveLength(events.length);
    expect(ids.map((id) => [listed.get(id)?.category, listed.get(id)?.enabled])).toEqual(
      ids.map(() => ["channel", true]),
    );
  });

  it("fact 1.a.35: no channel has more events than these", async () => {
    expect(idsOf(await list("category=channel"))).toEqual(CHANNEL_TABLE.flatMap(([, , ids]) => ids).toSorted());
  });
});
