/**
 * From the end of an export to its receivers: which event each gets, how often it is sent, and when the attempts end.
 */

import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../support/sweep.ts";
import { handleDeadLetter } from "../../src/export/pipeline/run.ts";
import { roomyService, take } from "../support/pipeline.ts";
import {
  canceled,
  deliveriesOf,
  endpoint,
  onlyDelivery,
  Receiver,
  status,
  timeout,
  verify,
  wakeAll,
  wakeNext,
} from "../support/receiver.ts";
import { ADMIN, orders, type Service, type Space } from "../support/service.ts";

const CALLBACK = { callback_url: "https://shop.example/called-back" };
const DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

let service: Service;
let receiver: Receiver;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  receiver = new Receiver(service, space);
});

const parsed = () => receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: object });

/** An export that failed. @returns its id. */
async function failed(request: Record<string, unknown> = {}): Promise<string> {
  const id = await service.ask(space, request);
  await handleDeadLetter(service.context, take(service));
  return id;
}

describe("the end of an export", () => {
  it("is sent to its callback_url, with its rows and files", async () => {
    await service.send(space, orders(3));
    const done = await service.export(space, CALLBACK);
    await wakeAll(service);
    expect(receiver.received.map(({ url, method }) => [url, method])).toEqual([[CALLBACK.callback_url, "POST"]]);
    expect(parsed()).toEqual([
      {
        type: "export.completed",
        timestamp: new Date(service.now).toISOString(),
        data: {
          export_id: done.id,
          dataset: "activity_events",
          status: "completed",
          rows: 3,
          files: 1,
          completed_at: new Date(service.now).toISOString(),
          error: null,
        },
      },
    ]);
  });

  it("is sent to each endpoint with its event type, and to no other", async () => {
    await endpoint(service, space, { url: "https://one.example/" });
    await endpoint(service, space, { url: "https://two.example/", event_types: ["export.canceled"] });
    await endpoint(service, space, { url: "https://three.example/", event_types: ["export.failed"] });
    await endpoint(service, space, { url: "https://four.example/", enabled: false });
    const other = await service.shop();
    await endpoint(service, other, { url: "https://else.example/" });
    await canceled(service, space);
    await wakeAll(service);
    expect(receiver.received.map(({ url }) => url).toSorted()).toEqual([
      "https://one.example/",
      "https://two.example/",
    ]);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("as failed has the error and who must act", async () => {
    await failed(CALLBACK);
    await wakeAll(service);
    expect(parsed()).toMatchObject([
      {
        type: "export.failed",
        data: { status: "failed", error: { code: "internal", owner: "service", retryable: true } },
      },
    ]);
  });

  it("as canceled has that event type", async () => {
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    expect(parsed()).toMatchObject([{ type: "export.canceled", data: { status: "canceled", error: null } }]);
  });

  it("and then its expiry are two events", async () => {
    await service.send(space, orders(1));
    await service.export(space, CALLBACK);
    await wakeAll(service);
    service.now += service.config.ttlMs.download;
    await sweep(service.context);
    await wakeAll(service);
    expect(parsed().map((body) => body.type)).toEqual(["export.completed", "export.expired"]);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  });

  it("that comes again after a retry is a new event with a new id", async () => {
    const id = await failed(CALLBACK);
    await wakeAll(service);
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    await handleDeadLetter(service.context, take(service));
    await wakeAll(service);
    expect(parsed().map((body) => body.type)).toEqual(["export.failed", "export.failed"]);
    const [first, second] = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(first).not.toBe(second);
    expect((await deliveriesOf(service, space)).map((each) => each.status)).toEqual(["delivered", "delivered"]);
  });

  it("has an id without characters that separate the signed parts", async () => {
    await endpoint(service, space);
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    for (const { headers } of receiver.received) expect(headers["webhook-id"]).not.toContain(".");
  });
});

describe("the signature", () => {
  it("of an endpoint is by its own secret", async () => {
    const mine = await endpoint(service, space);
    const other = await endpoint(service, space, { event_types: ["export.failed"] });
    await canceled(service, space);
    await wakeAll(service);
    expect(verify(service, mine.secret, receiver.last)).toMatchObject({ type: "export.canceled" });
    expect(() => verify(service, other.secret, receiver.last)).toThrow();
  });

  it("of a callback is by the space's webhook secret", async () => {
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
    await canceled(service, its, CALLBACK);
    await wakeAll(service);
    expect(verify(service, created.webhook_secret, receiver.last)).toMatchObject({ type: "export.canceled" });
  });
});

describe("a webhook that is not accepted", () => {
  it("is tried ten times, each after its delay, with the same id and body, and has failed then", async () => {
    receiver.always = () => status(500);
    await canceled(service, space, CALLBACK);
    const delays = [];
    while (service.webhooks.length > 0) delays.push(await wakeNext(service));
    expect(delays).toEqual([0, ...DELAYS]);
    expect(receiver.received).toHaveLength(10);
    expect(new Set(receiver.received.map(({ body, headers }) => `${headers["webhook-id"]} ${body}`)).size).toBe(1);
    const delivery = await onlyDelivery(service, space);
    expect(delivery).toMatchObject({ status: "failed", next_attempt_at: null });
    expect(delivery.attempts.map(({ n, status_code, error }) => [n, status_code, error])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index + 1, 500, "http_status"]),
    );
  });

  it("has a new signature for each try, with its own time", async () => {
    receiver.answers.push(status(500));
    const { secret } = await endpoint(service, space);
    await canceled(service, space);
    await wakeNext(service);
    await wakeNext(service);
    expect(verify(service, secret, receiver.last)).toMatchObject({ type: "export.canceled" });
    const [first, second] = receiver.received.map(({ headers }) => Number(headers["webhook-timestamp"]));
    expect((second ?? 0) - (first ?? 0)).toBe(5);
  });

  it("shows when it is tried next", async () => {
    receiver.answers.push(status(500));
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    expect(await onlyDelivery(service, space)).toMatchObject({
      status: "pending",
      next_attempt_at: new Date(service.now + 5_000).toISOString(),
    });
  });

  it("is not tried before its time, however often it is dispatched", async () => {
    receiver.answers.push(status(500));
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    service.now += 4_999;
    await wakeAll(service);
    expect(receiver.received).toHaveLength(1);
  });

  it("ends with the first accepted try", async () => {
    receiver.answers.push(status(503), timeout());
    await canceled(service, space, CALLBACK);
    for (let tries = 0; tries < 3; tries += 1) await wakeNext(service);
    const delivery = await onlyDelivery(service, space);
    expect(delivery).toMatchObject({ status: "delivered", next_attempt_at: null });
    expect(delivery.attempts.map((attempt) => attempt.error)).toEqual(["http_status", "timeout", null]);
    expect(service.webhooks).toEqual([]);
  });

  it("waits as long as its receiver asks", async () => {
    receiver.answers.push(status(429, { "retry-after": "600" }));
    await canceled(service, space, CALLBACK);
    await wakeNext(service);
    expect(service.webhooks.map((each) => each.delaySeconds)).toEqual([600]);
  });

  it("is left to the sweep where it waits for more than a day", async () => {
    service.context.runtime = { ...service.context.runtime, random: () => 0.5 };
    receiver.always = () => status(500);
    await canceled(service, space, CALLBACK);
    for (let tries = 0; tries < 9; tries += 1) await wakeNext(service);
    expect(service.webhooks).toEqual([]);
    expect(await onlyDelivery(service, space)).toMatchObject({
      status: "pending",
      next_attempt_at: new Date(service.now + 86_400_000 * 1.1).toISOString(),
    });
    service.now += 86_400_000 * 1.1 + service.config.resendAfterMs;
    await sweep(service.context);
    await wakeAll(service);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "failed" });
    expect(receiver.received).toHaveLength(10);
  });

  it.each([
    ["redirects", () => status(302, { location: "https://else.example/" }), 302, "redirected"],
    ["does not answer in time", timeout, null, "timeout"],
    ["is not there", () => new TypeError("connection refused"), null, "connection_failed"],
  ])("is tried again where its receiver %s", async (_, answer, code, error) => {
    receiver.answers.push(answer());
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    expect(receiver.received).toHaveLength(1);
    const delivery = await onlyDelivery(service, space);
    expect(delivery).toMatchObject({ status: "pending", attempts: [{ n: 1, status_code: code, error }] });
  });

  it("changes nothing about its export", async () => {
    receiver.always = () => status(500);
    await service.send(space, orders(3));
    const before = await service.export(space, CALLBACK);
    // Each poll creates new links.
    const alike = ({ files, ...view }: typeof before) => ({
      ...view,
      url_expires_at: null,
      download_url: null,
      files: files.map((file) => file.sha256),
    });
    while (service.webhooks.length > 0) await wakeNext(service);
    expect(alike(await service.poll(space, before.id))).toEqual(alike(before));
  });
});

describe("a target that may not be called", () => {
  /** Accepted endpoints and callbacks are checked again before each attempt. */
  function strict(resolve: Service["context"]["resolve"]): void {
    service.context.config = { ...service.context.config, allowInsecureTargets: false };
    service.context.resolve = resolve;
  }

  it.each([
    ["resolves to a private address", async () => ["10.0.0.1"], "target_not_allowed"],
    ["does not resolve", async () => [], "target_unresolved"],
    ["cannot be resolved", () => Promise.reject(new Error("down")), "target_unresolved"],
  ])("since it %s is not called, and checked again later", async (_, resolve, error) => {
    strict(resolve);
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    expect(receiver.received).toEqual([]);
    expect(await onlyDelivery(service, space)).toMatchObject({
      status: "pending",
      attempts: [{ status_code: null, error }],
    });
    service.context.resolve = async () => ["93.184.215.14"];
    await wakeNext(service);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered" });
  });

  it("that is not allowed is not called, though it was accepted under other settings", async () => {
    await canceled(service, space, { callback_url: "http://127.0.0.1:9000/" });
    strict(async () => ["93.184.215.14"]);
    await wakeAll(service);
    expect(receiver.received).toEqual([]);
    expect(await onlyDelivery(service, space)).toMatchObject({ attempts: [{ error: "target_not_allowed" }] });
  });
});

describe("an endpoint", () => {
  const show = (id: string) => service.json("GET", `/v1/webhook-endpoints/${id}`, 200, { key: space.key });
  const change = (id: string, body: object) =>
    service.json("PATCH", `/v1/webhook-endpoints/${id}`, 200, { key: space.key, body });

  it("that answers 410 is disabled, and the delivery is over", async () => {
    receiver.answers.push(status(410));
    const { id } = await endpoint(service, space);
    await canceled(service, space);
    await wakeAll(service);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "failed", attempts: [{ status_code: 410 }] });
    expect(await show(id)).toMatchObject({ enabled: false, disabled_reason: "gone" });
    expect(service.webhooks).toEqual([]);
    await canceled(service, space);
    expect(await deliveriesOf(service, space)).toHaveLength(1);
  });

  it("that is enabled again gets events again, and its disabled_reason is cleared", async () => {
    receiver.answers.push(status(410));
    const { id } = await endpoint(service, space);
    await canceled(service, space);
    await wakeAll(service);
    expect(await change(id, { enabled: true })).toMatchObject({ enabled: true, disabled_reason: null });
    await canceled(service, space);
    await wakeAll(service);
    expect(receiver.received).toHaveLength(2);
  });

  it("that has a new address by the time the old one answers 410 stays enabled", async () => {
    receiver.answers.push(status(410));
    const { id } = await endpoint(service, space);
    receiver.meanwhile = () => change(id, { url: "https://moved.example/" });
    await canceled(service, space);
    await wakeAll(service);
    expect(await show(id)).toMatchObject({ enabled: true, disabled_reason: null });
  });

  it("that is disabled before its turn is not called, and the delivery says so", async () => {
    const { id } = await endpoint(service, space);
    await canceled(service, space);
    await change(id, { enabled: false });
    await wakeAll(service);
    expect(receiver.received).toEqual([]);
    expect(await onlyDelivery(service, space)).toMatchObject({
      status: "failed",
      attempts: [{ status_code: null, error: "endpoint_disabled" }],
    });
    expect(await show(id)).toMatchObject({ enabled: false, disabled_reason: null });
  });

  it("that is deleted before its turn is not called, and the delivery says so", async () => {
    const { id } = await endpoint(service, space);
    await canceled(service, space);
    await service.json("DELETE", `/v1/webhook-endpoints/${id}`, 204, { key: space.key });
    await wakeAll(service);
    expect(receiver.received).toEqual([]);
    expect(await onlyDelivery(service, space)).toMatchObject({
      status: "failed",
      attempts: [{ error: "endpoint_deleted" }],
    });
  });

  it("with a new URL gets the pending deliveries there", async () => {
    receiver.answers.push(status(500));
    const { id } = await endpoint(service, space);
    await canceled(service, space);
    await wakeNext(service);
    await change(id, { url: "https://moved.example/" });
    await wakeNext(service);
    expect(receiver.last.url).toBe("https://moved.example/");
  });
});

it("a callback that answers 410 is not tried again", async () => {
  receiver.answers.push(status(410));
  await canceled(service, space, CALLBACK);
  await wakeAll(service);
  expect(await onlyDelivery(service, space)).toMatchObject({ status: "failed" });
  expect(service.webhooks).toEqual([]);
});
