/** Events of web pages: persons whom they create, and page views that the request completes. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Service, type Space, START } from "../support/service.ts";

const ORIGIN = "https://shop.example";
const BROWSER = {
  origin: ORIGIN,
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "accept-language": "de-CH,de;q=0.9,en;q=0.5",
  referer: "https://shop.example/",
};

const service = new Service();
let space: Space;
let key: string;

const enable = (id: string) =>
  service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });

beforeEach(async () => {
  service.now = START;
  space = await service.shop();
  await enable("pageView");
  const body = { name: "page", scopes: ["events:write"], origins: [ORIGIN] };
  key = (await service.json<{ key: string }>("POST", "/v1/api-keys", 201, { key: space.key, body })).key;
});

const view = (properties: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  definition_id: "pageView",
  person_id: "visitor",
  properties,
  ...more,
});
const send = (events: unknown[], by: { key?: string; headers?: Record<string, string> } = {}) =>
  service.json<object>("POST", "/v1/events", 202, { key, headers: BROWSER, body: { events }, ...by });

const HOUR = `start=${new Date(START - 3_600_000).toISOString()}&end=${new Date(START + 1_000).toISOString()}`;

/** The rows of a definition's events, a second later. */
async function rows(name = "pageView"): Promise<Record<string, unknown>[]> {
  service.now = START + 1_000;
  const path = `/v1/events?${HOUR}&event_names=${name}&row_format=nested&extra_fields=false`;
  const { data } = await service.json<{ data: Record<string, unknown>[] }>("GET", path, 200, { key: space.key });
  return data;
}

const properties = async () => (await rows()).map((row) => row["properties"]);

/** What a request tells of a page view that occurs now. */
const TOLD = {
  pageTitle: null,
  url: null,
  domain: null,
  path: null,
  deviceType: "desktop",
  timestamp: new Date(START).toISOString(),
  browserName: "Firefox",
  browserVersion: "145.0",
  browserOS: "Linux",
  referrer: "https://shop.example/",
  browserLanguage: "de-CH",
  websiteLanguage: null,
};

describe("a page view", () => {
  it("gets what the request tells, and the domain and the path of its url", async () => {
    await send([view({ pageTitle: "Shoes", url: "https://shop.example:8443/shoes/?utm_source=mail#top" })]);
    const url = "https://shop.example:8443/shoes/?utm_source=mail#top";
    expect(await properties()).toEqual([{ ...TOLD, pageTitle: "Shoes", url, domain: "shop.example", path: "/shoes/" }]);
  });

  it("keeps what the page sends, also an empty text, and completes what it sends as null", async () => {
    const sent = {
      url: "about:blank",
      domain: "d",
      path: "/p",
      deviceType: "TV",
      timestamp: "2026-02-28T00:00:00.000Z",
      browserName: "b",
      browserVersion: "1",
      referrer: "",
      browserLanguage: "en",
    };
    await send([view({ ...sent, browserOS: null })]);
    expect(await properties()).toEqual([{ ...TOLD, ...sent }]);
  });

  it("of a request that tells nothing has an unknown device, and its own time", async () => {
    const at = new Date(START - 60_000).toISOString();
    const headers = { origin: ORIGIN, "user-agent": "", "accept-language": "*" };
    await send([view({ url: "no url" }, { occurred_at: at })], { headers });
    const none = { browserName: null, browserVersion: null, browserOS: null, referrer: null, browserLanguage: null };
    expect(await properties()).toEqual([{ ...TOLD, ...none, deviceType: "unknown", url: "no url", timestamp: at }]);
  });

  it("that a server sends is completed with nothing", async () => {
    await send([view({ url: "https://shop.example/" }, { person_id: "p-1" })], { key: space.key });
    const nothing = Object.fromEntries(Object.keys(TOLD).map((name) => [name, null]));
    expect(await properties()).toEqual([{ ...nothing, url: "https://shop.example/" }]);
  });

  it("is no session, whose events get their times on the clocks of the space's zone", async () => {
    for (const id of ["sessionStarted", "sessionEnded"]) await enable(id);
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: { timezone: "Asia/Tokyo" } });
    const session = (definition: string, properties = {}) => ({
      ...view(properties, { session_id: "s-1" }),
      definition_id: definition,
    });
    await send([session("sessionStarted"), session("sessionEnded", { sessionEnd: "01/03/2026 21:30:00" })]);
    const shown = { sessionId: "s-1", sessionType: "Web", utm_source: "direct" };
    expect(
      [...(await rows("sessionStarted")), ...(await rows("sessionEnded"))].map((row) => row["properties"]),
    ).toEqual([
      expect.objectContaining({ ...shown, sessionStart: "01/03/2026 21:00:00" }),
      expect.objectContaining({ ...shown, sessionEnd: "01/03/2026 21:30:00" }),
    ]);
  });

  it("is refused with its place where its definition is disabled", async () => {
    const body = { events: [view(), { ...view(), definition_id: "sessionStarted" }] };
    expect(await service.faults("POST", "/v1/events", { key, headers: BROWSER, body })).toEqual([
      "/events/1/definition_id",
    ]);
  });
});

describe("a person whom a page's event names", () => {
  const profiles = async () =>
    (
      await env.SPACE_DB.prepare(
        "SELECT person_id, external_person_id, type FROM profiles WHERE space_id = ? AND person_id <> 'p-1' ORDER BY person_id",
      )
        .bind(space.id)
        .all()
    ).results;

  it("is created once, without a type, with personCreated where it is enabled, by calls at once too", async () => {
    await enable("personCreated");
    const sent = () => send([view(), view()]);
    expect(await Promise.all([sent(), sent()])).toEqual([
      { accepted: 2, duplicates: 0 },
      { accepted: 2, duplicates: 0 },
    ]);
    expect(await profiles()).toEqual([{ person_id: "visitor", external_person_id: null, type: null }]);
    expect(await rows("personCreated")).toEqual([expect.objectContaining({ personId: "visitor" })]);
  });

  it("is not created by an event that is stored already, nor where another event of the call is refused", async () => {
    await send([view({}, { id: "e-1", person_id: "p-1" })]);
    expect(await send([view({}, { id: "e-1" })])).toEqual({ accepted: 0, duplicates: 1 });
    const body = { events: [view(), { ...view(), definition_id: "unknown" }] };
    expect(await service.faults("POST", "/v1/events", { key, headers: BROWSER, body })).toEqual([
      "/events/1/definition_id",
    ]);
    expect(await profiles()).toEqual([]);
  });

  it.each(["external_person_id", "custom_id"])(
    "by an unknown %s is refused: a page cannot take this id",
    async (name) => {
      const body = { events: [{ definition_id: "pageView", [name]: "CRM-9", properties: {} }] };
      expect(await service.faults("POST", "/v1/events", { key, headers: BROWSER, body })).toEqual([
        `/events/0/${name}`,
      ]);
      expect(await profiles()).toEqual([]);
    },
  );

  it("is not created by a server's event", async () => {
    const body = { events: [view()] };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual(["/events/0/person_id"]);
  });
});
