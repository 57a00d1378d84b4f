/**
 * Receivers that never answer take their own space's share of what is under way, and hold no other space's webhooks up.
 */

import { beforeEach, describe, expect, it } from "vitest";
import type { WebhookMessage } from "../../src/context.ts";
import { deliverWithin } from "../../src/webhooks/deliver.ts";
import { roomyService } from "../support/pipeline.ts";
import type { DeliveryView } from "../support/receiver.ts";
import type { Service, Space } from "../support/service.ts";

let service: Service;
let slow: Space;
let other: Space;
/** URLs that were called. */
let called: string[];
/** Attempts that outlasted their consumer's patience. */
let underWay: Promise<unknown>[];
/** Ends the present consumer's patience. */
let losePatience: () => void;
/** Lets the receivers that wait answer. */
let answer: () => void;

beforeEach(async () => {
  service = roomyService();
  [slow, other] = [await service.shop(), await service.shop()];
  [called, underWay] = [[], []];
  const answered = Promise.withResolvers<void>();
  answer = answered.resolve;
  service.context.fetch = async (input) => {
    const { url } = new Request(input);
    called.push(url);
    if (url.includes("slow")) {
      losePatience();
      await answered.promise;
    }
    return new Response(null, { status: 204 });
  };
});

/** Makes endpoints with these URLs. */
async function endpoints(space: Space, urls: readonly string[]): Promise<void> {
  for (const url of urls)
    await service.json("POST", "/v1/webhook-endpoints", 201, {
      key: space.key,
      body: { url, event_types: ["export.canceled"] },
    });
}

/** Cancels an export. @returns the messages of its deliveries. */
async function cancel(space: Space): Promise<WebhookMessage[]> {
  const id = await service.ask(space);
  await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
  return service.webhooks.splice(0).map(({ message }) => message);
}

/** A consumer whose patience ends as soon as a receiver does not answer. */
async function consume(message: WebhookMessage): Promise<void> {
  const impatient = Promise.withResolvers<void>();
  losePatience = impatient.resolve;
  const verdict = await deliverWithin(
    service.context,
    message,
    impatient.promise,
    (attempt) => void underWay.push(attempt),
  );
  expect(verdict).toBe("ack");
}

async function deliveries(space: Space): Promise<DeliveryView[]> {
  const path = "/v1/webhook-deliveries?limit=200";
  return (await service.json<{ data: DeliveryView[] }>("GET", path, 200, { key: space.key })).data;
}

const SHARE = 4;
const SLOW = Array.from({ length: 20 }, (_, n) => `https://slow.example/${n}`);

describe("twenty endpoints that never answer", () => {
  it("have four attempts under way, and another space's webhook is delivered at once", async () => {
    await endpoints(slow, SLOW);
    await endpoints(other, ["https://shop.example/hook"]);
    const messages = [...(await cancel(slow)), ...(await cancel(other))];
    expect(messages).toHaveLength(SLOW.length + 1);
    for (const message of messages) await consume(message);
    expect(underWay).toHaveLength(SHARE);
    expect(called).toHaveLength(SHARE + 1);
    expect(called.at(-1)).toBe("https://shop.example/hook");
    expect((await deliveries(other)).map(({ status }) => status)).toEqual(["delivered"]);
    answer();
    await Promise.all(underWay);
  });

  it("get their attempts one after the other, each once", async () => {
    await endpoints(slow, SLOW);
    let waiting = await cancel(slow);
    answer();
    for (let rounds = 0; waiting.length > 0 && rounds < 20; rounds += 1) {
      for (const message of waiting) await consume(message);
      await Promise.all(underWay);
      service.now += 15_000;
      waiting = service.webhooks.splice(0).map(({ message }) => message);
    }
    expect(called.toSorted()).toEqual(SLOW.toSorted());
    expect(new Set((await deliveries(slow)).map(({ status }) => status))).toEqual(new Set(["delivered"]));
  });

  it("leave one message for each delivery that waits, however many came, and its time is shown", async () => {
    await endpoints(slow, SLOW.slice(0, SHARE + 1));
    const messages = await cancel(slow);
    for (const message of [...messages, ...messages, ...messages]) await consume(message);
    expect(service.webhooks.map(({ delaySeconds }) => delaySeconds)).toEqual([5]);
    const [deferred] = service.webhooks.map(({ message }) => message.delivery_id);
    const shown = (await deliveries(slow)).find(({ id }) => id === deferred);
    expect(shown).toMatchObject({
      status: "pending",
      attempts: [],
      next_attempt_at: new Date(service.now + 5_000).toISOString(),
    });
    answer();
    await Promise.all(underWay);
  });
});

it("one endpoint that never answers has two attempts under way, and leaves room for the space's others", async () => {
  await endpoints(slow, ["https://slow.example/one"]);
  const messages = [...(await cancel(slow)), ...(await cancel(slow)), ...(await cancel(slow))];
  await endpoints(slow, ["https://fast.example/two"]);
  messages.push(...(await cancel(slow)));
  for (const message of messages) await consume(message);
  expect(called).toEqual(["https://slow.example/one", "https://slow.example/one", "https://fast.example/two"]);
  answer();
  await Promise.all(underWay);
});

it("an attempt goes on after its consumer has stopped waiting, and is recorded when the receiver answers", async () => {
  await endpoints(slow, ["https://slow.example/one"]);
  const [message] = await cancel(slow);
  if (message === undefined) throw new Error("no message was sent");
  await consume(message);
  expect((await deliveries(slow)).map(({ status }) => status)).toEqual(["pending"]);
  answer();
  await Promise.all(underWay);
  expect(await deliveries(slow)).toMatchObject([{ status: "delivered", attempts: [{ n: 1, status_code: 204 }] }]);
});

it("a share that a consumer took along when it died is free again once its leases have ended", async () => {
  await endpoints(slow, SLOW);
  const messages = await cancel(slow);
  for (const message of messages) await consume(message);
  expect(called).toHaveLength(SHARE);
  service.now += 61_000;
  for (const { message } of service.webhooks.splice(0)) await consume(message);
  expect(called).toHaveLength(2 * SHARE);
  answer();
  await Promise.all(underWay);
});
