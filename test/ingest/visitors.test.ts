/** Links of visitors to people, as pages send them: what they do, and what a hostile page cannot do with them. */

import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../support/interrupted.ts";
import { roomyService } from "../support/pipeline.ts";
import type { ProblemView, Service, Space } from "../support/service.ts";

const ORIGIN = "https://shop.example";

let service: Service;
let space: Space;
let key: string;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  const body = { name: "page", scopes: ["events:write"], origins: [ORIGIN] };
  key = (await service.json<{ key: string }>("POST", "/v1/api-keys", 201, { key: space.key, body })).key;
});

const visitorId = () => `visitor-${crypto.randomUUID()}`;
const link = (visitor: string, person: Record<string, unknown> = { person_id: "p-1" }) => ({
  definition_id: "personMerged",
  ...person,
  properties: { mergedPersonId: visitor },
});
const order = (person: string, id: string) => ({
  id,
  definition_id: "order_placed",
  person_id: person,
  properties: { order_id: id, amount: 1 },
});
const page = (events: unknown[]) => ({ key, headers: { origin: ORIGIN }, body: { events } });
const send = (...events: unknown[]) => service.json("POST", "/v1/events", 202, page(events));
const faults = (...events: unknown[]) => service.faults("POST", "/v1/events", page(events));
const put = (...profiles: Record<string, unknown>[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
const profile = (id: string) => service.call("GET", `/v1/profiles/${id}`, { key: space.key });

/** Event id → the person to whom List Events gives it, a second later. */
async function owners(): Promise<Record<string, string>> {
  const now = service.now;
  service.now += 1_000;
  const window = `start=${new Date(now - 3_600_000).toISOString()}&end=${new Date(service.now).toISOString()}`;
  const { data } = await service.json<{ data: { eventId: string; personId: string }[] }>(
    "GET",
    `/v1/events?${window}&event_names=order_placed`,
    200,
    { key: space.key },
  );
  return Object.fromEntries(data.map(({ eventId, personId }) => [eventId, personId]));
}

describe("a link", () => {
  it("gives the person the visitor's events, those before and those after, and does not change the profile", async () => {
    await put({ person_id: "p-1", attributes: { plan: "gold" } });
    const before = await (await profile("p-1")).json<Record<string, unknown>>();
    const visitor = visitorId();
    await send(order(visitor, "e-1"));
    expect(await send(order(visitor, "e-2"), link(visitor))).toEqual({ accepted: 2, duplicates: 0 });
    await send(order(visitor, "e-3"));
    expect(await owners()).toEqual({ "e-1": "p-1", "e-2": "p-1", "e-3": "p-1" });
    const { updated_at: _, ...after } = await (await profile("p-1")).json<Record<string, unknown>>();
    expect(before).toMatchObject(after);
  });

  it("that is repeated changes nothing, also when both come at once", async () => {
    const visitor = visitorId();
    const sent = () => send(order(visitor, "e-1"), link(visitor));
    await Promise.all([sent(), sent()]);
    expect([await sent(), await owners()]).toEqual([{ accepted: 0, duplicates: 2 }, { "e-1": "p-1" }]);
  });

  it("creates a visitor and a person that have no profile yet, and finds a person by another id", async () => {
    const [first, second] = [visitorId(), visitorId()];
    await put({ person_id: "p-2", external_person_id: "CRM-2" });
    await send(link(first, { person_id: "new" }), link(second, { external_person_id: "CRM-2" }));
    await send(order(first, "e-1"), order(second, "e-2"));
    expect([await owners(), (await profile("new")).status]).toEqual([{ "e-1": "new", "e-2": "p-2" }, 200]);
  });
});

describe("a page", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "a known person into another",
      { properties: { mergedPersonId: "p-1" }, person_id: "p-2" },
      "properties/mergedPersonId",
    ],
    ["nobody", { properties: {} }, "properties/mergedPersonId"],
    ["an id that is no text", { properties: { mergedPersonId: 7 } }, "properties/mergedPersonId"],
    [
      "an id that tracker.js would not give",
      { properties: { mergedPersonId: "visitor-1" } },
      "properties/mergedPersonId",
    ],
    ["a visitor into a visitor", { person_id: visitorId() }, "person_id"],
    ["a visitor into no person", { person_id: null }, "person_id"],
    ["a visitor into two people", { person_id: "p-1", external_person_id: "CRM-1" }, "person_id"],
    [
      "a visitor into an external id that no profile has",
      { person_id: null, external_person_id: "?" },
      "external_person_id",
    ],
  ])("cannot link %s, and nothing is written then", async (_, wrong, pointer) => {
    const visitor = visitorId();
    const sent = [order(visitor, "e-1"), { ...link(visitor), ...wrong }];
    expect(await faults(...sent)).toEqual([`/events/1/${pointer}`]);
    expect([await owners(), (await profile(visitor)).status]).toEqual([{}, 404]);
  });

  it("cannot link a visitor whose profile your servers have written", async () => {
    const visitor = visitorId();
    await put({ person_id: visitor, tags: ["vip"] });
    expect(await faults(link(visitor))).toEqual(["/events/0/properties/mergedPersonId"]);
    expect((await profile(visitor)).status).toBe(200);
  });

  it("cannot link a visitor whose profile your servers write at the same time", async () => {
    const visitor = visitorId();
    await send(order(visitor, "e-1"));
    const slow = interrupted(once(() => put({ person_id: visitor, tags: ["vip"] })));
    expect((await slow.call("POST", "/v1/events", page([link(visitor)]))).status).toBe(409);
    expect([await faults(link(visitor)), await owners()]).toEqual([
      ["/events/0/properties/mergedPersonId"],
      { "e-1": visitor },
    ]);
  });

  it("cannot link a visitor to a second person, in one call or in two", async () => {
    const visitor = visitorId();
    await put({ person_id: "p-2" });
    expect(await faults(link(visitor), link(visitor, { person_id: "p-2" }))).toEqual([
      "/events/1/properties/mergedPersonId",
    ]);
    await send(link(visitor));
    expect(await faults(link(visitor, { person_id: "p-2" }))).toEqual(["/events/0/properties/mergedPersonId"]);
  });

  it("cannot send more than ten links in a call", async () => {
    const links = Array.from({ length: 11 }, () => link(visitorId()));
    expect(await faults(...links)).toEqual(["/events/10"]);
    expect(await send(...links.slice(1))).toEqual({ accepted: 10, duplicates: 0 });
  });

  it.each(["personCreated", "emailAddressAdded"])("cannot claim changes of profiles: %s", async (id) => {
    await service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });
    expect(await faults({ definition_id: id, person_id: "p-1", properties: {} })).toEqual(["/events/0/definition_id"]);
  });
});

it("a server's personMerged is an event as before: it links no visitor", async () => {
  const sent = { key: space.key, body: { events: [link(visitorId())] } };
  const problem = await service.json<ProblemView>("POST", "/v1/events", 422, sent);
  expect(problem.errors).toEqual([{ pointer: "/events/0/definition_id", detail: expect.stringContaining("disabled") }]);
});
