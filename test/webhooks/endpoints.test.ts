/** Webhook endpoints: how a client creates, changes and deletes them, and rotates their secrets. */

import { beforeEach, describe, expect, it } from "vitest";
import { MAX_ENDPOINTS } from "../../src/http/webhooks/endpoints.ts";
import { EVENT_TYPES } from "../../src/webhooks/events/index.ts";
import { roomyService } from "../support/pipeline.ts";
import { canceled, endpoint, type EndpointView, Receiver, verify, wakeAll } from "../support/receiver.ts";
import { ADMIN, type ProblemView, type Service, type Space } from "../support/service.ts";

const DAY_MS = 86_400_000;
const URL_GIVEN = "https://shop.example/hooks";

let service: Service;
let receiver: Receiver;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  receiver = new Receiver(service, space);
});

const make = (body: object, code = 201) =>
  service.json<EndpointView>("POST", "/v1/webhook-endpoints", code, { key: space.key, body });
const show = (id: string, code = 200) =>
  service.json<EndpointView>("GET", `/v1/webhook-endpoints/${id}`, code, { key: space.key });
const change = (id: string, body: object) =>
  service.json<EndpointView>("PATCH", `/v1/webhook-endpoints/${id}`, 200, { key: space.key, body });

describe("a new endpoint", () => {
  it("gets all event types by default", async () => {
    const { secret, ...created } = await make({ url: URL_GIVEN });
    expect(created).toEqual({
      id: expect.any(String) as string,
      url: URL_GIVEN,
      event_types: EVENT_TYPES,
      enabled: true,
      disabled_reason: null,
      created_at: new Date(service.now).toISOString(),
      updated_at: new Date(service.now).toISOString(),
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });

  it("shows its secret in no later answer", async () => {
    const { secret, ...created } = await make({ url: URL_GIVEN });
    expect(await show(created.id)).toEqual(created);
    expect(await change(created.id, {})).toEqual(created);
    const list = await service.json("GET", "/v1/webhook-endpoints", 200, { key: space.key });
    expect(list).toEqual({ data: [created], next_cursor: null });
    expect(JSON.stringify(list)).not.toContain(secret);
  });

  it.each([
    ["no URL", { url: "shop" }, "/url"],
    ["one that is too long", { url: `https://shop.example/${"x".repeat(2_000)}` }, "/url"],
    ["an address that may not be called", { url: "https://10.0.0.1/" }, "/url"],
    ["a password in it", { url: "https://a:b@shop.example/" }, "/url"],
    ["no event type", { url: URL_GIVEN, event_types: [] }, "/event_types"],
    ["an event type twice", { url: URL_GIVEN, event_types: ["export.failed", "export.failed"] }, "/event_types"],
    ["an unknown event type", { url: URL_GIVEN, event_types: ["export.started"] }, "/event_types/0"],
    ["a secret of its own", { url: URL_GIVEN, secret: "whsec_mine" }, "/secret"],
  ])("is refused with %s", async (_, body, pointer) => {
    expect(await service.faults("POST", "/v1/webhook-endpoints", { key: space.key, body })).toEqual([pointer]);
  });

  it("must be https and public where the service is no local one", async () => {
    const strict = roomyService({ ALLOW_INSECURE_TARGETS: "false", BUCKET_ENDPOINT: "https://bucket.example" });
    for (const url of ["http://shop.example/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/"])
      expect(await strict.faults("POST", "/v1/webhook-endpoints", { key: space.key, body: { url } })).toEqual(["/url"]);
  });

  it("is refused where the space has as many as it may, also when two come at once", async () => {
    for (let n = 1; n < MAX_ENDPOINTS; n += 1) await make({ url: URL_GIVEN });
    const body = { url: URL_GIVEN };
    const both = [1, 2].map(() => service.call("POST", "/v1/webhook-endpoints", { key: space.key, body }));
    expect((await Promise.all(both)).map((response) => response.status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect(await make(body, 409)).toMatchObject({ code: "conflict" });
    const other = await service.space();
    await endpoint(service, other);
  });
});

describe("a change", () => {
  it("sets what it names and leaves the rest", async () => {
    const { secret: _, ...created } = await make({ url: URL_GIVEN });
    service.now += 1_000;
    const updated_at = new Date(service.now).toISOString();
    const moved = { ...created, url: "https://moved.example/", updated_at };
    expect(await change(created.id, { url: moved.url })).toEqual(moved);
    const fewer = { ...moved, event_types: ["export.failed"] };
    expect(await change(created.id, { event_types: fewer.event_types })).toEqual(fewer);
    expect(await change(created.id, { enabled: false })).toEqual({ ...fewer, enabled: false });
    expect(await show(created.id)).toEqual({ ...fewer, enabled: false });
  });

  it("to an address that may not be called is refused", async () => {
    const { id } = await make({ url: URL_GIVEN });
    const body = { url: "https://10.0.0.1/" };
    expect(await service.faults("PATCH", `/v1/webhook-endpoints/${id}`, { key: space.key, body })).toEqual(["/url"]);
  });
});

it("a deleted endpoint is not found", async () => {
  const { id } = await make({ url: URL_GIVEN });
  const path = `/v1/webhook-endpoints/${id}`;
  await service.json("DELETE", path, 204, { key: space.key });
  await show(id, 404);
  await service.json("DELETE", path, 404, { key: space.key });
  await service.json("PATCH", path, 404, { key: space.key, body: {} });
  await service.json("POST", `${path}/rotate-secret`, 404, { key: space.key });
});

it("a callback_url that may not be called is refused", async () => {
  const body = {
    dataset: "activity_events",
    start: new Date(service.now - 1_000).toISOString(),
    end: new Date(service.now).toISOString(),
    callback_url: "https://169.254.169.254/latest",
  };
  expect(await service.faults("POST", "/v1/exports", { key: space.key, body })).toEqual(["/callback_url"]);
});

interface Rotated {
  secret: string;
  previous_secret_expires_at: string;
}

describe("an endpoint's secret that is changed", () => {
  const rotate = (id: string) =>
    service.json<EndpointView & Rotated>("POST", `/v1/webhook-endpoints/${id}/rotate-secret`, 200, { key: space.key });

  it("is answered once, with the time until which the old one signs too", async () => {
    const created = await make({ url: URL_GIVEN });
    const rotated = await rotate(created.id);
    expect(rotated).toEqual({
      ...created,
      secret: expect.stringMatching(/^whsec_/) as string,
      previous_secret_expires_at: new Date(service.now + DAY_MS).toISOString(),
    });
    expect(rotated.secret).not.toBe(created.secret);
    expect(JSON.stringify(await show(created.id))).not.toContain("secret");
  });

  it("signs beside the old one for a day, then alone", async () => {
    const created = await make({ url: URL_GIVEN });
    const { secret } = await rotate(created.id);
    service.now += DAY_MS - 1;
    await canceled(service, space);
    await wakeAll(service);
    for (const either of [secret, created.secret])
      expect(verify(service, either, receiver.last)).toMatchObject({ type: "export.canceled" });
    service.now += 1;
    await canceled(service, space);
    await wakeAll(service);
    expect(verify(service, secret, receiver.last)).toMatchObject({ type: "export.canceled" });
    expect(() => verify(service, created.secret, receiver.last)).toThrow("No matching signature");
  });

  it("twice in a day leaves the last two", async () => {
    const first = await make({ url: URL_GIVEN });
    const second = await rotate(first.id);
    const third = await rotate(first.id);
    await canceled(service, space);
    await wakeAll(service);
    for (const either of [second, third])
      expect(verify(service, either.secret, receiver.last)).toMatchObject({ type: "export.canceled" });
    expect(() => verify(service, first.secret, receiver.last)).toThrow("No matching signature");
  });
});

it("the space's webhook secret that is changed signs callbacks beside the old one for a day, then alone", async () => {
  const created = await service.json<{ id: string; api_key: string; webhook_secret: string }>(
    "POST",
    "/v1/spaces",
    201,
    {
      key: ADMIN,
      body: { name: "Shop", timezone: "UTC" },
    },
  );
  const its: Space = { id: created.id, external_id: "", key: created.api_key };
  receiver = new Receiver(service, its);
  const path = "/v1/space/rotate-webhook-secret";
  const rotated = await service.json<{ webhook_secret: string }>("POST", path, 200, { key: its.key });
  expect(rotated).toEqual({
    webhook_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as string,
    previous_secret_expires_at: new Date(service.now + DAY_MS).toISOString(),
  });
  const lastDelivery = async () => {
    await canceled(service, its, { callback_url: URL_GIVEN });
    await wakeAll(service);
    return receiver.last;
  };
  const during = await lastDelivery();
  for (const either of [rotated.webhook_secret, created.webhook_secret])
    expect(verify(service, either, during)).toMatchObject({ type: "export.canceled" });
  service.now += DAY_MS;
  const after = await lastDelivery();
  expect(verify(service, rotated.webhook_secret, after)).toMatchObject({ type: "export.canceled" });
  expect(() => verify(service, created.webhook_secret, after)).toThrow("No matching signature");
});

it("no call about webhooks is open to a key without the scope", async () => {
  const key = await service.keyWith(space, ["exports:read", "exports:write"]);
  const refusal = await service.json<ProblemView>("GET", "/v1/webhook-deliveries", 403, { key });
  expect(refusal.detail).toContain("settings:write");
});
