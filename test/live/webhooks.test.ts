/**
 * A real receiver gets the webhooks of an export's end, through wrangler's own queue. It refuses each first try, gets
 * the retry on schedule, and verifies the webhook with the reference library.
 */

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WebhookDelivery } from "../../client/src/index.ts";
import { ALL_ORDERS, liveStack, openShop, orders, type Shop } from "./support.ts";

const EVENTS = 500;
const POLL_MS = 250;
const DELIVERED_WITHIN_MS = 90_000;

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

const stack = liveStack();
const received: Record<string, Received[]> = { "/callback": [], "/endpoint": [] };
let server: Server;
let origin: string;
let shop: Shop;

/** Answers 500 to the first request at each path, 200 to every other. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const at = (received[request.url ?? ""] ??= []);
      at.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
      response.writeHead(at.length === 1 ? 500 : 200).end("seen");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  shop = await openShop(stack.origin);
  await shop.client.events.send(orders(EVENTS));
}, 120_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Asks for the deliveries of an export until none is pending. @throws when that takes too long. */
async function settled(exportId: string, count: number): Promise<WebhookDelivery[]> {
  const deadline = Date.now() + DELIVERED_WITHIN_MS;
  for (;;) {
    const data = await shop.client.webhookDeliveries.list({ export_id: exportId }).all();
    if (data.length === count && data.every((each) => each.status !== "pending")) return data;
    if (Date.now() > deadline) throw new Error(`still not delivered: ${JSON.stringify(data)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const at = (path: string): Received[] => received[path] ?? [];

test("a callback and an endpoint that refuse at first are notified on the second try, with one id and good signatures", async () => {
  const endpoint = await shop.client.webhookEndpoints.create({
    url: `${origin}/endpoint`,
    event_types: ["export.completed"],
  });
  const { webhook_secret } = await shop.client.space.rotateWebhookSecret();
  const { id } = await shop.client.exports.create({ ...ALL_ORDERS, callback_url: `${origin}/callback` });
  expect(await shop.client.exports.wait(id)).toMatchObject({ status: "completed" });

  const deliveries = await settled(id, 2);
  expect(new Set(deliveries.map((each) => each.endpoint_id))).toEqual(new Set([null, endpoint.id]));
  for (const { status, attempts } of deliveries) {
    expect(status).toBe("delivered");
    expect(attempts.map(({ n, status_code, error }) => [n, status_code, error])).toEqual([
      [1, 500, "http_status"],
      [2, 200, null],
    ]);
    const [first, second] = attempts.map((attempt) => Date.parse(attempt.at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(5_000);
  }

  for (const [path, secret] of [
    ["/callback", webhook_secret],
    ["/endpoint", endpoint.secret],
  ] as const) {
    expect(at(path)).toHaveLength(2);
    for (const { headers, body } of at(path))
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
        type: "export.completed",
        data: { export_id: id, status: "completed", rows: EVENTS, files: 1, error: null },
      });
  }
  const all = [...at("/callback"), ...at("/endpoint")];
  expect(new Set(all.map(({ headers, body }) => `${String(headers["webhook-id"])} ${body}`)).size).toBe(1);
  expect(all[0]?.headers["webhook-id"]).toBe(deliveries[0]?.webhook_id);
});
