/**
 * A receiver of webhooks under the control of a test: its answers, the requests it got, and the messages, pumped by
 * hand.
 */

import { Webhook } from "standardwebhooks";
import { vi } from "vitest";
import { deliver } from "../../src/webhooks/deliver.ts";
import type { Service, Space } from "./service.ts";

export interface Received {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
}

export interface DeliveryView {
  id: string;
  webhook_id: string;
  type: string;
  export_id: string;
  endpoint_id: string | null;
  status: string;
  created_at: string;
  next_attempt_at: string | null;
  attempts: { n: number; at: string; duration_ms: number; status_code: number | null; error: string | null }[];
}

export interface EndpointView {
  id: string;
  url: string;
  event_types: string[];
  enabled: boolean;
  disabled_reason: string | null;
  secret: string;
}

export type Answer = Response | Error;

export class Receiver {
  readonly received: Received[] = [];
  /** Answers to the next requests; later ones are accepted. */
  readonly answers: Answer[] = [];
  /** The answer to each request when `answers` is empty. */
  always: () => Answer = () => new Response(null, { status: 204 });
  /** Runs while the sender waits. */
  meanwhile: () => Promise<unknown> = async () => {};

  /** From now on every external call of the service reaches this receiver. */
  constructor(service: Service, space: Space) {
    this.listen(service, space);
    service.context.fetch = async (input, init) => {
      const request = new Request(input, init ?? {});
      this.received.push({
        url: request.url,
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
      await this.meanwhile();
      const answer = this.answers.shift() ?? this.always();
      if (answer instanceof Error) throw answer;
      return answer;
    };
  }

  /**
   * From here on the queue accepts messages of this space; those of others, which a sweep finds of other tests, are
   * dropped.
   */
  listen(service: Service, space: Space): void {
    service.context.sendWebhook = async (message, delaySeconds) => {
      if (message.space_id === space.id) service.webhooks.push({ message, delaySeconds });
    };
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error("nothing was received");
    return last;
  }
}

/** As a receiver checks it, at the time that the service has. @throws when the signature is not that of the secret. */
export function verify(service: Service, secret: string, { body, headers }: Received): unknown {
  vi.setSystemTime(service.now);
  try {
    return new Webhook(secret).verify(body, headers);
  } finally {
    vi.useRealTimers();
  }
}

export function status(code: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: code, headers });
}

/** As `AbortSignal.timeout` has it. */
export function timeout(): Error {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}

/** Handles the waiting messages without moving the clock. @returns their number. */
export async function wakeAll(service: Service): Promise<number> {
  const waiting = service.webhooks.splice(0);
  for (const { message } of waiting) await deliver(service.context, message);
  return waiting.length;
}

/**
 * Moves the clock to the time of the next message, and handles it. @returns the seconds that passed. @throws when none
 * waits.
 */
export async function wakeNext(service: Service): Promise<number> {
  const next = service.webhooks.shift();
  if (next === undefined) throw new Error("no wake-up waits");
  service.now += next.delaySeconds * 1000;
  await deliver(service.context, next.message);
  return next.delaySeconds;
}

export async function deliveriesOf(service: Service, space: Space, query = ""): Promise<DeliveryView[]> {
  const path = `/v1/webhook-deliveries?limit=200&${query}`;
  return (await service.json<{ data: DeliveryView[] }>("GET", path, 200, { key: space.key })).data;
}

/** The only delivery there is. @throws when there is none, or several. */
export async function onlyDelivery(service: Service, space: Space, query = ""): Promise<DeliveryView> {
  const [delivery, ...others] = await deliveriesOf(service, space, query);
  if (delivery === undefined || others.length > 0)
    throw new Error(`there are ${others.length} other deliveries, or none`);
  return delivery;
}

export async function endpoint(
  service: Service,
  space: Space,
  more: Record<string, unknown> = {},
): Promise<EndpointView> {
  const body = { url: "https://shop.example/hooks", ...more };
  return service.json<EndpointView>("POST", "/v1/webhook-endpoints", 201, { key: space.key, body });
}

/** An export that was canceled at once: the quickest end. @returns its id. */
export async function canceled(service: Service, space: Space, request: Record<string, unknown> = {}): Promise<string> {
  const id = await service.ask(space, request);
  await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
  service.queue.length = 0;
  return id;
}
