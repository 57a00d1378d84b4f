/** Webhook endpoints, and the deliveries to them and to callback addresses. */

import {
  changeWebhookEndpoint,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  getWebhookEndpoint,
  listWebhookDeliveries,
  listWebhookEndpoints,
  redeliverWebhook,
  rotateWebhookEndpointSecret,
} from "../generated/sdk.gen.ts";
import type {
  ChangeWebhookEndpointData,
  CreateWebhookEndpointData,
  ListWebhookDeliveriesData,
  ListWebhookEndpointsData,
  NewWebhookEndpoint,
  RotatedWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class WebhookEndpoints {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListWebhookEndpointsData["query"]>, options?: CallOptions): Pages<WebhookEndpoint> {
    return this.#transport.pages(query, (wiring, query) => listWebhookEndpoints({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#transport.repeatable((wiring) => getWebhookEndpoint({ ...wiring, path: { id } }), options);
  }

  /** The answer alone has the endpoint's secret. */
  create(body: CreateWebhookEndpointData["body"], options?: CallOptions): Promise<NewWebhookEndpoint> {
    return this.#transport.once((wiring) => createWebhookEndpoint({ ...wiring, body }), options);
  }

  change(id: string, body: ChangeWebhookEndpointData["body"], options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#transport.repeatable((wiring) => changeWebhookEndpoint({ ...wiring, path: { id }, body }), options);
  }

  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteWebhookEndpoint({ ...wiring, path: { id } }), options);
  }

  /** Makes a new secret, which the answer alone has. */
  rotateSecret(id: string, options?: CallOptions): Promise<RotatedWebhookEndpoint> {
    return this.#transport.once((wiring) => rotateWebhookEndpointSecret({ ...wiring, path: { id } }), options);
  }
}

export class WebhookDeliveries {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Every delivery with its attempts, newest first. */
  list(query?: NonNullable<ListWebhookDeliveriesData["query"]>, options?: CallOptions): Pages<WebhookDelivery> {
    return this.#transport.pages(query, (wiring, query) => listWebhookDeliveries({ ...wiring, query }), options);
  }

  /** Sends a webhook again. */
  redeliver(id: string, options?: CallOptions): Promise<WebhookDelivery> {
    return this.#transport.once((wiring) => redeliverWebhook({ ...wiring, path: { id } }), options);
  }
}
