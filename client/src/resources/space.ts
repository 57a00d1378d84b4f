/** The space of the key, and its API keys. */

import {
  changeOwnSpace,
  createApiKey,
  deleteApiKey,
  getOwnApiKey,
  getOwnSpace,
  listApiKeys,
  rotateSpaceWebhookSecret,
} from "../generated/sdk.gen.ts";
import type {
  ApiKey,
  ChangeOwnSpaceData,
  CreateApiKeyData,
  ListApiKeysData,
  NewApiKey,
  RotatedWebhookSecret,
  Space,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class OwnSpace {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get(options?: CallOptions): Promise<Space> {
    return this.#transport.repeatable((wiring) => getOwnSpace(wiring), options);
  }

  change(body: ChangeOwnSpaceData["body"], options?: CallOptions): Promise<Space> {
    return this.#transport.repeatable((wiring) => changeOwnSpace({ ...wiring, body }), options);
  }

  /** Makes a new secret for the webhooks of `callback_url`, which the answer alone has. */
  rotateWebhookSecret(options?: CallOptions): Promise<RotatedWebhookSecret> {
    return this.#transport.once((wiring) => rotateSpaceWebhookSecret(wiring), options);
  }
}

export class ApiKeys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListApiKeysData["query"]>, options?: CallOptions): Pages<ApiKey> {
    return this.#transport.pages(query, (wiring, query) => listApiKeys({ ...wiring, query }), options);
  }

  /** The key of this client: its name, its scopes, and until when it may be used. */
  current(options?: CallOptions): Promise<ApiKey> {
    return this.#transport.repeatable((wiring) => getOwnApiKey(wiring), options);
  }

  /** The answer alone has the key. */
  create(body: CreateApiKeyData["body"], options?: CallOptions): Promise<NewApiKey> {
    return this.#transport.once((wiring) => createApiKey({ ...wiring, body }), options);
  }

  /** Revokes a key. */
  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteApiKey({ ...wiring, path: { id } }), options);
  }
}
