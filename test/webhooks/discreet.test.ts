/** Logs, attempts, timelines and metrics of webhooks contain no address and no secret. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sweep } from "../support/sweep.ts";
import { roomyService } from "../support/pipeline.ts";
import { canceled, deliveriesOf, endpoint, Receiver, status, wakeNext } from "../support/receiver.ts";
import type { Service, Space } from "../support/service.ts";

const TOKEN = "t0ken-in-the-url";
const CALLBACK = { callback_url: `https://zebra.example/hooks?token=${TOKEN}` };

let service: Service;
let receiver: Receiver;
let space: Space;
let lines: string[];

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  receiver = new Receiver(service, space);
  lines = [];
  for (const method of ["log", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: unknown) => void lines.push(String(line)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const logged = (event: string) =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line["event"] === event);

it("an attempt is one line in the log, with ids and codes", async () => {
  receiver.answers.push(status(503));
  const { id } = await endpoint(service, space);
  const exportId = await canceled(service, space);
  await wakeNext(service);
  await wakeNext(service);
  const [delivery] = await deliveriesOf(service, space);
  const about = {
    space_id: space.id,
    export_id: exportId,
    request_id: logged("export.canceled")[0]?.["request_id"],
    delivery_id: delivery?.id,
    endpoint_id: id,
  };
  expect(about.request_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(logged("webhook.attempt")).toEqual([
    expect.objectContaining({ ...about, n: 1, outcome: "retrying", status_code: 503, error: "http_status" }),
    expect.objectContaining({ ...about, n: 2, outcome: "delivered", status_code: 204, error: null }),
  ]);
});

it("an attempt is one point in the figures", async () => {
  receiver.answers.push(status(503));
  await canceled(service, space, CALLBACK);
  await wakeNext(service);
  await wakeNext(service);
  const about = { kind: "webhook", spaceId: space.id, eventType: "export.canceled" };
  expect(service.points.filter((point) => point.kind === "webhook")).toEqual([
    { ...about, outcome: "retrying", attempt: 1, lagMs: 0 },
    { ...about, outcome: "delivered", attempt: 2, lagMs: 5_000 },
  ]);
});

it("neither an address nor a secret is in the log, in the attempts, in the timeline or in the body", async () => {
  const { secret } = await endpoint(service, space, { url: CALLBACK.callback_url });
  receiver.answers.push(
    new TypeError(`cannot reach ${CALLBACK.callback_url}`),
    new Response(`I am ${CALLBACK.callback_url}`, { status: 500 }),
    status(410),
  );
  const exportId = await canceled(service, space, CALLBACK);
  while (service.webhooks.length > 0) await wakeNext(service);
  await sweep(service.context);
  const timeline = await service.json("GET", `/v1/exports/${exportId}/events`, 200, { key: space.key });
  const said = [lines, await deliveriesOf(service, space), timeline, receiver.received.map(({ body }) => body)];
  const text = JSON.stringify(said);
  expect(text).toContain("webhook.attempt");
  for (const hidden of ["zebra", TOKEN, secret, secret.slice("whsec_".length)]) expect(text).not.toContain(hidden);
});

it("a secret that cannot be decrypted is logged without its text, and the delivery is retried", async () => {
  const { secret } = await endpoint(service, space);
  await canceled(service, space);
  const { secretsKey } = service.context.config;
  service.context.config = { ...service.context.config, secretsKey: `k9:${Buffer.alloc(32, 9).toString("base64")}` };
  await wakeNext(service);
  expect(receiver.received).toEqual([]);
  expect(logged("webhook.decrypt_failed")).toHaveLength(1);
  expect(lines.join("\n")).not.toContain(secret);
  expect(await deliveriesOf(service, space)).toMatchObject([{ status: "pending", attempts: [{ error: "internal" }] }]);
  service.context.config = { ...service.context.config, secretsKey };
  await wakeNext(service);
  expect(await deliveriesOf(service, space)).toMatchObject([{ status: "delivered" }]);
});
