/**
 * The specification's rules for events beyond the types of their properties: each with the fact that it comes
 * from.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Service, type Space } from "../support/service.ts";
import { shownProperties } from "../support/shown-properties.ts";

const service = new Service();
let space: Space;
let sent = 0;

beforeAll(async () => {
  space = await service.shop();
  for (const id of ["sessionStarted", "sessionEnded", "pageView"])
    await service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });
});

const bodyOf = (definition: string, properties: unknown, id: string | null = null) => ({
  events: [{ id, definition_id: definition, person_id: "p-1", properties }],
});
const faults = async (definition: string, properties: unknown) => {
  const body = bodyOf(definition, properties);
  const pointers = await service.faults("POST", "/v1/events", { key: space.key, body });
  return pointers.map((pointer) => pointer.replace("/events/0/properties", ""));
};

/** Sends an event. @returns its properties as rows show them. */
async function store(definition: string, properties: unknown): Promise<Record<string, unknown>> {
  const id = `stored-${(sent += 1)}`;
  await service.json("POST", "/v1/events", 202, { key: space.key, body: bodyOf(definition, properties, id) });
  return JSON.parse(await shownProperties(space.id, id)) as Record<string, unknown>;
}

describe("fact 1.a.29: properties and the schema", () => {
  it("fact 1.a.29: more properties than defined are refused", async () => {
    expect(await faults("itemViewed", { itemID: 1, colour: "red" })).toEqual(["/colour"]);
  });

  it("fact 1.a.29: those that are left out are null", async () => {
    expect(await store("itemPurchased", { itemID: 1, price: 2 })).toEqual({
      itemID: 1,
      amount: null,
      price: 2,
      profit: null,
    });
  });

  it("fact 1.a.29: names in another case are refused", async () => {
    expect((await faults("itemViewed", { itemId: 1 })).toSorted()).toEqual(["/itemID", "/itemId"]);
  });

  it.each([[undefined], [null], ["{}"], [[]]])(
    "fact 1.a.29: an event without properties must say so with an object, not with %j",
    async (properties) => {
      expect(await faults("emailSent", properties)).toEqual([""]);
    },
  );

  it("fact 1.a.29: an empty object is enough", async () => {
    expect(await store("addedToFavourites", { itemID: 7 })).toEqual({ itemID: 7 });
    expect(await store("mmsSent", {})).toEqual({ flowElementId: null, messageId: null });
  });
});

it("fact 1.a.30: an event of a person who is not there is refused", async () => {
  const event = (person: object) => ({ definition_id: "emailSent", properties: {}, ...person });
  const body = { events: [event({ person_id: "nobody" }), event({ external_person_id: "nobody" })] };
  expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual([
    "/events/0/person_id",
    "/events/1/external_person_id",
  ]);
});

describe("fact 1.a.31: the portion that was viewed", () => {
  it.each([0, 0.1, 0.5, 1, null])("fact 1.a.31: may be %j", async (portion) => {
    expect(await store("viewPortionSet", { itemID: 1, portion })).toEqual({ itemID: 1, portion, sessionID: null });
  });

  it.each([-0.1, 1.1, 60, "0.5"])("fact 1.a.31: may not be %j", async (portion) => {
    expect(await faults("viewPortionSet", { itemID: 1, portion })).toEqual(["/portion"]);
  });

  it("fact 1.a.31: itemID is mandatory", async () => {
    expect(await faults("ratingAdded", { rating: 4.5 })).toEqual(["/itemID"]);
  });
});

describe.each([
  ["sessionStarted", "sessionStart"],
  ["sessionEnded", "sessionEnd"],
])("fact 1.a.33: %s", (definition, property) => {
  it.each(["31/01/2026 09:30:00", "29/02/2024 23:59:59", "01/12/1999 00:00:00"])(
    "fact 1.a.33: may be at %s",
    async (time) => {
      expect(await store(definition, { [property]: time })).toMatchObject({ [property]: time });
    },
  );

  it.each([
    "2026-01-31T09:30:00Z",
    "31/01/2026",
    "31/01/2026 09:30",
    "31/01/2026T09:30:00",
    "1/1/2026 09:30:00",
    "01/31/2026 09:30:00",
    "30/02/2026 09:30:00",
    "29/02/2026 09:30:00",
    "00/01/2026 09:30:00",
    "31/01/2026 24:00:00",
    "31/01/2026 09:60:00",
    "31/01/2026 09:30:60",
    "31/01/26 09:30:00",
    " 31/01/2026 09:30:00",
    "31/01/2026 09:30:00\n",
    "31/01/2026 09:30:00Z",
    "",
  ])("fact 1.a.33: may not be at %j", async (time) => {
    expect(await faults(definition, { [property]: time })).toEqual([`/${property}`]);
  });

  it.each([
    ["no tag", {}],
    ["every tag null", { utm_source: null, utm_medium: null, utm_term: null }],
    ["every tag empty", { utm_source: "", utm_campaign: "" }],
  ])("fact 1.a.33: of type Web with %s came directly", async (_, tags) => {
    expect(await store(definition, { sessionType: "Web", ...tags })).toMatchObject({ utm_source: "direct" });
  });

  it.each(["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"])(
    "fact 1.a.33: of type Web with %s keeps its tags as they are",
    async (tag) => {
      const stored = await store(definition, { sessionType: "Web", [tag]: "spring" });
      expect([stored[tag], stored["utm_source"]]).toEqual(["spring", tag === "utm_source" ? "spring" : null]);
    },
  );

  it("fact 1.a.33: of another type than Web did not come directly for that", async () => {
    expect(await store(definition, { sessionType: "App" })).toMatchObject({ sessionType: "App", utm_source: null });
  });

  it.each([{}, { sessionType: null }])("fact 1.a.33: with %j is of type Web", async (properties) => {
    expect(await store(definition, properties)).toMatchObject({ sessionType: "Web", utm_source: "direct" });
  });
});

it("fact 1.a.33: the length of a session is a number of seconds, and not negative", async () => {
  expect(await store("sessionEnded", { sessionLength: 75 })).toMatchObject({ sessionLength: 75 });
  expect(await store("sessionEnded", { sessionLength: 0 })).toMatchObject({ sessionLength: 0 });
  for (const wrong of ["75", -1, -0.5])
    expect(await faults("sessionEnded", { sessionLength: wrong })).toEqual(["/sessionLength"]);
});

describe("fact 1.a.34: a page view", () => {
  const url = (length: number) => `https://shop.test/${"x".repeat(length - 18)}`;

  it.each([
    [18, 18],
    [1_500, 1_500],
    [1_501, 1_500],
    [20_000, 1_500],
  ])("fact 1.a.34: of a URL of %i characters keeps %i", async (length, kept) => {
    expect((await store("pageView", { url: url(length) }))["url"]).toBe(url(length).slice(0, kept));
  });

  it("fact 1.a.34: keeps no unpaired surrogate", async () => {
    expect((await store("pageView", { url: `${url(1_499)}🛒🛒` }))["url"]).toBe(url(1_499));
    expect((await store("pageView", { url: `${url(1_498)}🛒🛒` }))["url"]).toBe(`${url(1_498)}🛒`);
  });

  it("fact 1.a.34: of a URL that is no text is refused", async () => {
    expect(await faults("pageView", { url: 7 })).toEqual(["/url"]);
  });

  it.each(["/", "/a/b?c", null])("fact 1.a.34: may have the path %j", async (path) => {
    expect(await store("pageView", { path })).toMatchObject({ path });
  });

  it.each(["", "a", "https://shop.test/", " /", 7])("fact 1.a.34: may not have the path %j", async (path) => {
    expect(await faults("pageView", { path })).toEqual(["/path"]);
  });

  it.each(["unknown", "mobile", "tablet", "desktop", "spider", "TV", "console", null])(
    "fact 1.a.34: may be of the device type %j",
    async (deviceType) => {
      expect(await store("pageView", { deviceType })).toMatchObject({ deviceType });
    },
  );

  it.each(["tv", "Mobile", "phone", "", 1])("fact 1.a.34: may not be of the device type %j", async (deviceType) => {
    expect(await faults("pageView", { deviceType })).toEqual(["/deviceType"]);
  });

  it("fact 1.a.34: has a timestamp that is a date", async () => {
    const timestamp = "2026-03-01T11:00:00.5+01:00";
    expect(await store("pageView", { timestamp })).toMatchObject({ timestamp });
    expect(await faults("pageView", { timestamp: "01/03/2026 11:00:00" })).toEqual(["/timestamp"]);
  });

  it("fact 1.a.34: shows several faults at once, each with its place", async () => {
    const pointers = await faults("pageView", { path: "a", deviceType: "b", timestamp: "c", Url: "d" });
    expect(pointers.toSorted()).toEqual(["/Url", "/deviceType", "/path", "/timestamp"]);
  });
});

describe("a space's own definition of the same id, older than the catalogue", () => {
  it("stays as it was: it has its own properties and none of these rules", async () => {
    const old = await service.shop();
    await env.SPACE_DB.prepare(
      `INSERT INTO definitions (space_id, id, seq_from, version, name, search, section_id, category, enabled, properties, property_seqs, spellings, created_at, updated_at)
       VALUES (?, 'pageView', 1, 4, 'Page', 'page', 'default', 'custom', 1, '[{"name":"path","type":"text","required":false}]', '[1]', '{"path":"path"}', 0, 0)`,
    )
      .bind(old.id)
      .run();
    const body = bodyOf("pageView", { path: "no slash" });
    expect(await service.json("POST", "/v1/events", 202, { key: old.key, body })).toMatchObject({ accepted: 1 });
    const shown = await service.json("PATCH", "/v1/event-definitions/pageView", 200, {
      key: old.key,
      body: { name: "Seen" },
    });
    expect(shown).toMatchObject({ category: "custom", name: "Seen", version: 5 });
  });
});
