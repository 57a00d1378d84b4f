/**
 * Changes of a space to a built-in definition, and their effect on lists, ingest, and exports by their
 * snapshot.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { eventIdsOf, roomyService, rowsOf } from "../support/pipeline.ts";
import { type ProblemView, START, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

interface Definition {
  id: string;
  name: string;
  enabled: boolean;
  version: number;
  properties: { name: string; type: string }[];
  created_at: string;
  updated_at: string;
}

const service = roomyService();
let space: Space;

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
});

const at = (id: string) => `/v1/event-definitions/${id}`;
const call = (id: string, body: unknown) => service.call("PATCH", at(id), { key: space.key, body });
const patch = (id: string, body: unknown) => service.json<Definition>("PATCH", at(id), 200, { key: space.key, body });
const faults = (id: string, body: unknown) => service.faults("PATCH", at(id), { key: space.key, body });
const get = (id: string) => service.json<Definition>("GET", at(id), 200, { key: space.key });
const find = async (query: string) =>
  (await service.json<{ data: Definition[] }>("GET", `/v1/event-definitions?${query}`, 200, { key: space.key })).data;
const adding = (...names: string[]) => ({ properties: names.map((name) => ({ name, type: "text" })) });
const event = (definition: string, properties: Record<string, unknown> = {}) => ({
  id: `${definition}-${crypto.randomUUID()}`,
  definition_id: definition,
  person_id: "p-1",
  occurred_at: new Date(START - 1000).toISOString(),
  properties,
});
const stored = async () => {
  const query = env.SPACE_DB.prepare(
    "SELECT version, enabled, seq_to FROM definitions WHERE space_id = ? AND category <> 'custom' ORDER BY seq_from",
  );
  return (await query.bind(space.id).all()).results;
};

describe("a change of a built-in definition", () => {
  it("of enabled raises the version, and is there in the next answer", async () => {
    service.now += 60_000;
    const before = await get("formSubmitted");
    const after = await patch("formSubmitted", { enabled: true });
    const updated_at = new Date(service.now).toISOString();
    expect(after).toEqual({ ...before, enabled: true, version: 2, updated_at });
    expect(await get("formSubmitted")).toEqual(after);
    expect(await find("category=product&q=submitted")).toEqual([after]);
  });

  it("adds properties behind those that it has", async () => {
    const { properties, version } = await patch("emailOpened", adding("campaign"));
    expect(properties.map(({ name }) => name)).toEqual(["flowElementId", "messageId", "campaign"]);
    expect(version).toBe(2);
  });

  it("gives a custom event a name, by which it is found, and no longer by its old one", async () => {
    expect(await patch("custom_event_7", { name: "Wishlist shared" })).toMatchObject({ version: 2 });
    expect((await find("q=wishlist")).map(({ id }) => id)).toEqual(["custom_event_7"]);
    expect(await find("q=custom_event_7")).toMatchObject([{ id: "custom_event_7", name: "Wishlist shared" }]);
    expect((await find("category=conversion&q=upsell")).map(({ id }) => id)).toEqual(["upsell_purchase"]);
  });

  it("after a change starts from what was changed", async () => {
    await patch("purchase", adding("coupon"));
    const { version, properties, enabled } = await patch("purchase", { enabled: false });
    expect([version, properties.at(-1)?.name, enabled]).toEqual([3, "coupon", false]);
    expect(await stored()).toMatchObject([
      { version: 2, enabled: 1 },
      { version: 3, enabled: 0, seq_to: null },
    ]);
  });

  it("is no other space's", async () => {
    await patch("formSubmitted", { enabled: true });
    const other = await service.space();
    expect(await service.json("GET", at("formSubmitted"), 200, { key: other.key })).toMatchObject({
      enabled: false,
      version: 1,
    });
  });

  it.each<[string, string, unknown]>([
    ["an empty body", "formSubmitted", {}],
    ["enabled, as it is", "formSubmitted", { enabled: false }],
    ["its own name", "formSubmitted", { name: "Form submitted" }],
    ["its own description", "formSubmitted", { description: "The person sent a form." }],
    [
      "its own property with its description",
      "formSubmitted",
      { properties: [{ name: "formId", type: "text", description: "The id of the form." }] },
    ],
    ["a property that it has", "formSubmitted", adding("formId")],
  ])("that changes nothing (%s) writes nothing", async (_, id, body) => {
    const before = await get(id);
    expect(await patch(id, body)).toEqual(before);
    expect(await stored()).toEqual([]);
  });

  it.each<[string, string, unknown, string[]]>([
    ["another name", "purchase", { name: "Bought" }, ["/name"]],
    ["another name of a template", "itemViewed", { name: "Seen" }, ["/name"]],
    ["a name like one of a custom event", "personCreated", { name: "custom_event_1" }, ["/name"]],
    ["a description", "purchase", { description: "d" }, ["/description"]],
    ["no description", "purchase", { description: null }, ["/description"]],
    ["a description of a custom event", "custom_event_1", { description: "d" }, ["/description"]],
    ["another type", "purchase", { properties: [{ name: "amount", type: "text" }] }, ["/properties/0"]],
    ["itemID optional", "itemViewed", { properties: [{ name: "itemID", type: "number" }] }, ["/properties/0"]],
    ["another section", "purchase", { section_id: "web" }, ["/section_id"]],
    ["another category", "purchase", { category: "custom" }, ["/category"]],
    [
      "a required property where the service makes the events",
      "nameChanged",
      {
        properties: [
          { name: "by", type: "text" },
          { name: "why", type: "text", required: true },
        ],
      },
      ["/properties/1/required"],
    ],
  ])("is refused: %s", async (_, id, body, pointers) => {
    expect(await faults(id, body)).toEqual(pointers);
    expect(await stored()).toEqual([]);
  });

  it("keeps an empty name out of a custom event", async () => {
    expect(await faults("custom_event_1", { name: " " })).toEqual(["/name"]);
  });

  it("may require a property of events that clients send", async () => {
    await patch("purchase", { properties: [{ name: "shop", type: "text", required: true }] });
    expect(
      await service.faults("POST", "/v1/events", { key: space.key, body: { events: [event("purchase")] } }),
    ).toEqual(["/events/0/properties/shop"]);
  });

  it("loses none of several concurrent ones: each is there, or was answered with a retryable error", async () => {
    const names = Array.from({ length: 5 }, (_, n) => `added_${n}`);
    const answers = await Promise.all(names.map((name) => call("purchase", adding(name))));
    const taken = names.filter((_, n) => answers[n]?.status === 200);
    const { properties, version } = await get("purchase");
    expect(properties.slice(5).map(({ name }) => name)).toEqual(expect.arrayContaining(taken));
    expect([properties.length, version]).toEqual([5 + taken.length, 1 + taken.length]);
    const refused = answers.filter((answer) => answer.status !== 200);
    for (const answer of refused) expect((await answer.json<ProblemView>()).code).toBe("conflict");
  });
});

describe("events", () => {
  it("of an untouched definition are stored at version 1, of a changed one at its own", async () => {
    await service.send(space, [event("emailSent", { messageId: "m-1" })]);
    await patch("emailSent", adding("subject"));
    await service.send(space, [event("emailSent", { subject: "Hi" })]);
    const query = env.SPACE_DB.prepare(
      `SELECT definition_version, properties FROM events WHERE space_no = ${SPACE_NO} ORDER BY seq`,
    );
    expect((await query.bind(space.id).all()).results).toEqual([
      { definition_version: 1, properties: '{"messageId":"m-1"}' },
      { definition_version: 2, properties: '{"subject":"Hi"}' },
    ]);
  });

  it("of a definition that was disabled are refused", async () => {
    await patch("emailSent", { enabled: false });
    const body = { events: [event("emailSent")] };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual(["/events/0/definition_id"]);
  });
});

describe("an export", () => {
  it("means built-in definitions by name and by pattern", async () => {
    const events = ["emailSent", "emailOpened", "smsSent", "purchase"].map((definition) => event(definition));
    await service.send(space, events);
    const done = await service.export(space, { event_names: ["email*", "purchase"] });
    const ids = events.filter((each) => each.definition_id !== "smsSent").map((each) => each.id);
    expect(new Set(await eventIdsOf(service, done))).toEqual(new Set(ids));
  });

  it("knows no built-in definition that is none", async () => {
    const body = {
      dataset: "activity_events",
      start: new Date(START - 1000).toISOString(),
      end: new Date(START).toISOString(),
      event_names: ["emailSent", "emailForwarded"],
    };
    expect(await service.faults("POST", "/v1/exports", { key: space.key, body })).toEqual(["/event_names/1"]);
  });

  it("fact 1.a.23: renames a built-in definition's property that is named like a mandatory field", async () => {
    await patch("sessionStarted", { enabled: true });
    await service.send(space, [event("sessionStarted", { sessionId: "theirs" })]);
    const rows = await rowsOf(service, await service.export(space, { event_names: ["sessionStarted"] }));
    expect(rows).toMatchObject([{ sessionId: "theirs", sessionStarted_sessionId: "theirs" }]);
  });

  it("renames by the properties as of its snapshot", async () => {
    await patch("emailSent", adding("eventId"));
    await service.send(space, [event("emailSent", { eventId: "theirs" })]);
    const early = await service.ask(space);
    await patch("emailSent", adding("personId"));
    await service.pump();
    expect(await rowsOf(service, await service.poll(space, early))).toMatchObject([{ emailSent_eventId: "theirs" }]);
  });
});
