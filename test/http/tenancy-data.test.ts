/** The same ids in two spaces are two things: the writes of one space are invisible to the other. */

import { beforeEach, describe, expect, it } from "vitest";
import { gunzip, lines } from "../support/gunzip.ts";
import { orders, Service, type Space } from "../support/service.ts";

const service = new Service({ LIST_LIMIT: "10000" });
let us: Space;
let them: Space;

beforeEach(async () => {
  us = await service.shop();
  them = await service.shop();
});

const event = (more: Record<string, unknown>) => ({
  definition_id: "order_placed",
  person_id: "p-1",
  properties: {},
  ...more,
});

describe("events", () => {
  it("do not know another space's definition", async () => {
    const body = { id: "only_theirs", name: "Only theirs" };
    await service.json("POST", "/v1/event-definitions", 201, { key: them.key, body });
    const events = [event({ definition_id: "only_theirs" })];
    expect(await service.faults("POST", "/v1/events", { key: us.key, body: { events } })).toEqual([
      "/events/0/definition_id",
    ]);
  });

  it("do not know another space's person, by either id", async () => {
    const profiles = [{ person_id: "only-theirs", external_person_id: "EXT-THEIRS" }];
    await service.json("PUT", "/v1/profiles", 200, { key: them.key, body: { profiles } });
    const byId = event({ person_id: "only-theirs" });
    const byExternalId = event({ person_id: null, external_person_id: "EXT-THEIRS" });
    const body = { events: [byId, byExternalId] };
    expect(await service.faults("POST", "/v1/events", { key: us.key, body })).toEqual([
      "/events/0/person_id",
      "/events/1/external_person_id",
    ]);
  });

  it("may have an id that another space's event has", async () => {
    await service.send(them, orders(3));
    const body = { events: orders(3) };
    const answer = await service.json("POST", "/v1/events", 202, { key: us.key, body });
    expect(answer).toEqual({ accepted: 3, duplicates: 0 });
  });

  it("are checked against the space's own definition, not another's of the same id", async () => {
    const body = { properties: [{ name: "colour", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: them.key, body });
    const events = [event({ properties: { colour: "red" } })];
    expect(await service.faults("POST", "/v1/events", { key: us.key, body: { events } })).toEqual([
      "/events/0/properties/colour",
    ]);
  });
});

describe("profiles", () => {
  it("of the same person id are apart", async () => {
    const profiles = [{ person_id: "p-1", attributes: { tier: "gold" } }];
    await service.json("PUT", "/v1/profiles", 200, { key: us.key, body: { profiles } });
    expect(await service.json("GET", "/v1/profiles/p-1", 200, { key: them.key })).toMatchObject({ attributes: {} });
  });

  it("may have an external id that another space's profile has", async () => {
    const profiles = [{ person_id: "p-2", external_person_id: "SHARED" }];
    await service.json("PUT", "/v1/profiles", 200, { key: them.key, body: { profiles } });
    const answer = await service.json("PUT", "/v1/profiles", 200, { key: us.key, body: { profiles } });
    expect(answer).toEqual({ merged: 1 });
  });
});

describe("reachability events", () => {
  const event = { id: "r-1", channel: "SMS", timestamp: "2026-03-01T11:00:00Z", reasons: ["PHONE_NUMBER_ADDED"] };
  const body = (person_id: string) => ({ events: [{ ...event, person_id }] });

  it("do not know another space's person", async () => {
    const profiles = [{ person_id: "only-theirs" }];
    await service.json("PUT", "/v1/profiles", 200, { key: them.key, body: { profiles } });
    const asked = { key: us.key, body: body("only-theirs") };
    expect(await service.faults("POST", "/v1/reachability-events", asked)).toEqual(["/events/0/person_id"]);
  });

  it("may have an id that another space's has", async () => {
    for (const space of [them, us])
      expect(await service.json("POST", "/v1/reachability-events", 202, { key: space.key, body: body("p-1") })).toEqual(
        { accepted: 1, duplicates: 0 },
      );
  });

  it("of an id that is wrong here are refused, though another space knows the id", async () => {
    await service.json("POST", "/v1/reachability-events", 202, { key: them.key, body: body("p-1") });
    const asked = { key: us.key, body: body("nobody") };
    expect(await service.faults("POST", "/v1/reachability-events", asked)).toEqual(["/events/0/person_id"]);
  });
});

describe("definitions of attributes, tags and topics", () => {
  it.each([
    ["attributes", { type: "number" }],
    ["tags", {}],
    ["topics", {}],
  ])("of the same id are apart: %s", async (kind, more) => {
    const put = (space: Space, name: string) =>
      service.json("PUT", `/v1/${kind}/same`, 200, { key: space.key, body: { name, section_id: name, ...more } });
    await put(us, "ours");
    await put(them, "theirs");
    const shown = await service.json("GET", `/v1/${kind}/same`, 200, { key: us.key });
    expect(shown).toMatchObject({ name: "ours", section_id: "ours" });
  });
});

describe("flows", () => {
  const put = (space: Space, campaign_name: string) => {
    const flows = [{ id: "flow-1", campaign_name, elements: [{ id: "element-1" }] }];
    return service.json("PUT", "/v1/flows", 200, { key: space.key, body: { flows } });
  };

  it("of the same id are apart, in lists and in rows", async () => {
    const body = { properties: [{ name: "flowElementId", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: us.key, body });
    await service.send(us, [{ ...orders(1)[0], properties: { flowElementId: "element-1" } }]);
    await put(us, "Ours");
    await put(them, "Theirs");
    const listed = await service.json<{ data: unknown[] }>("GET", "/v1/flows", 200, { key: us.key });
    expect(listed.data).toEqual([expect.objectContaining({ campaign_name: "Ours" })]);
    const done = await service.export(us, { enrich_with_moments_info: true });
    const rows = lines(gunzip(await service.fetchFile(done.files[0] ?? { url: "" })));
    expect(rows).toEqual([expect.objectContaining({ campaignName: "Ours", flowElementId: "element-1" })]);
  });

  it("of another space's say nothing of an event that names their element", async () => {
    const body = { properties: [{ name: "flowElementId", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: us.key, body });
    await service.send(us, [{ ...orders(1)[0], properties: { flowElementId: "element-1" } }]);
    await put(them, "Theirs");
    const done = await service.export(us, { enrich_with_moments_info: true });
    const [row] = lines(gunzip(await service.fetchFile(done.files[0] ?? { url: "" })));
    expect(row).not.toHaveProperty("campaignName");
  });
});

describe("touchpoints", () => {
  const touch = (more: Record<string, unknown>) => {
    const touchpoints = [{ id: "tp-1", occurred_at: "2026-02-01T00:00:00Z", source: "direct", ...more }];
    return { body: { touchpoints } };
  };

  it("do not know another space's person, by either id", async () => {
    const profiles = [{ person_id: "only-theirs", external_person_id: "EXT-THEIRS" }];
    await service.json("PUT", "/v1/profiles", 200, { key: them.key, body: { profiles } });
    const faults = (more: Record<string, unknown>) =>
      service.faults("POST", "/v1/touchpoints", { key: us.key, ...touch(more) });
    expect(await faults({ person_id: "only-theirs" })).toEqual(["/touchpoints/0/person_id"]);
    expect(await faults({ external_person_id: "EXT-THEIRS" })).toEqual(["/touchpoints/0/external_person_id"]);
  });

  it("may have an id that another space's touchpoint has, and its person is still looked up", async () => {
    const send = { key: them.key, ...touch({ person_id: "p-1" }) };
    await service.json("POST", "/v1/touchpoints", 202, send);
    const unknown = { key: us.key, ...touch({ person_id: "p-9" }) };
    expect(await service.faults("POST", "/v1/touchpoints", unknown)).toEqual(["/touchpoints/0/person_id"]);
    const answer = await service.json("POST", "/v1/touchpoints", 202, { ...send, key: us.key });
    expect(answer).toEqual({ accepted: 1, duplicates: 0 });
  });
});

describe("ad objects", () => {
  it("of the same id are apart", async () => {
    const put = (space: Space, name: string) =>
      service.json("PUT", "/v1/ad-objects", 200, { key: space.key, body: { ads: [{ id: "a-1", name }] } });
    await put(us, "Ours");
    await put(them, "Theirs");
    const listed = await service.json<{ data: unknown[] }>("GET", "/v1/ad-objects?level=ad", 200, { key: us.key });
    expect(listed.data).toEqual([expect.objectContaining({ name: "Ours" })]);
  });
});

describe("segments", () => {
  const put = (space: Space, name: string) =>
    service.json("PUT", "/v1/segments/buyers", 200, {
      key: space.key,
      body: { name, rule: { event: "order_placed" } },
    });
  const get = (space: Space, path = "") => service.json("GET", `/v1/segments/buyers${path}`, 200, { key: space.key });

  it("of the same id are apart, to read, to change and to delete", async () => {
    await put(us, "Ours");
    await put(them, "Theirs");
    expect(await get(us)).toMatchObject({ name: "Ours" });
    await service.json("DELETE", "/v1/segments/buyers", 204, { key: us.key });
    expect(await get(them)).toMatchObject({ name: "Theirs" });
  });

  it("count a space's own profiles, by their own events", async () => {
    await put(us, "Ours");
    await put(them, "Theirs");
    await service.send(them, orders(1));
    expect(await get(us, "/count")).toMatchObject({ count: 0 });
    expect(await get(them, "/count")).toMatchObject({ count: 1 });
  });
});

describe("definitions", () => {
  it("of the same id are apart", async () => {
    const body = { name: "Ours alone", enabled: false };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: us.key, body });
    expect(await service.json("GET", "/v1/event-definitions/order_placed", 200, { key: them.key })).toMatchObject({
      name: "Order placed",
      enabled: true,
      version: 1,
    });
  });
});

describe("exports", () => {
  it("have the space's own events alone, where both have events of the same ids and times", async () => {
    const marked = (word: string) => orders(20).map((each) => ({ ...each, properties: { order_id: word } }));
    await service.send(them, marked("theirs"));
    await service.send(us, marked("ours"));
    const done = await service.export(us);
    const rows = lines(gunzip(await service.fetchFile(done.files[0] ?? { url: "" })));
    expect(rows.map((row) => row["order_id"])).toEqual(Array.from({ length: 20 }, () => "ours"));
  });

  it("do not expand a wildcard to another space's definitions", async () => {
    const body = { id: "order_theirs", name: "Order of theirs" };
    await service.json("POST", "/v1/event-definitions", 201, { key: them.key, body });
    const asked = { key: us.key, body: window({ event_names: ["order_theirs"] }) };
    const nobodys = { key: us.key, body: window({ event_names: ["order_nobodys"] }) };
    const [theirs, unknown] = await Promise.all([
      service.call("POST", "/v1/exports/estimate", asked),
      service.call("POST", "/v1/exports/estimate", nobodys),
    ]);
    const text = async (response: Response, name: string) =>
      (await response.text()).replaceAll(name, "<name>").replaceAll(/"request_id":"[^"]+"/g, "");
    expect(theirs.status).toBe(unknown.status);
    expect(await text(theirs, "order_theirs")).toBe(await text(unknown, "order_nobodys"));
  });

  it("are estimated from the space's own events alone", async () => {
    await service.send(them, orders(500));
    await service.send(us, orders(7));
    const body = window({});
    expect(await service.json("POST", "/v1/exports/estimate", 200, { key: us.key, body })).toMatchObject({ rows: 7 });
  });

  it("pending in one space leave the other its places", async () => {
    const busy = new Service({ PENDING_LIMIT: "1" });
    await busy.ask(them);
    expect(await busy.ask(us)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

function window(more: Record<string, unknown>): Record<string, unknown> {
  const start = new Date(service.now - 3_600_000).toISOString();
  return { dataset: "activity_events", start, end: new Date(service.now).toISOString(), ...more };
}

describe("settings", () => {
  it("of one space leave the other's alone", async () => {
    await service.json("PATCH", "/v1/space", 200, { key: us.key, body: { name: "Ours", retention_days: 1 } });
    expect(await service.json("GET", "/v1/space", 200, { key: them.key })).toMatchObject({
      name: "Shop",
      retention_days: 180,
    });
  });

  it("show each key its own space", async () => {
    const shown = (space: Space) => service.json<{ id: string }>("GET", "/v1/space", 200, { key: space.key });
    expect([(await shown(us)).id, (await shown(them)).id]).toEqual([us.id, them.id]);
  });
});
