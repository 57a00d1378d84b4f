/** The operator's calls: every space, and keys for it. */

import {
  cancelMove,
  changeSpace,
  createSpace,
  createSpaceApiKey,
  deleteSpace,
  deleteSpaceApiKey,
  getSpace,
  listHomes,
  listSpaceApiKeys,
  listSpaces,
  moveSpace,
  querySpace,
} from "../generated/sdk.gen.ts";
import type {
  ApiKey,
  ChangeSpaceData,
  CreateSpaceApiKeyData,
  CreateSpaceData,
  Home,
  ListHomesData,
  ListSpaceApiKeysData,
  ListSpacesData,
  MovableSpace,
  NewApiKey,
  NewSpace,
  QueryRows,
  QuerySpaceData,
  Space,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class Spaces {
  readonly apiKeys: SpaceApiKeys;
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.apiKeys = new SpaceApiKeys(transport);
  }

  list(query?: NonNullable<ListSpacesData["query"]>, options?: CallOptions): Pages<Space> {
    return this.#transport.pages(query, (wiring, query) => listSpaces({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<MovableSpace> {
    return this.#transport.repeatable((wiring) => getSpace({ ...wiring, path: { id } }), options);
  }

  /** The answer alone has the space's first key and its webhook secret. */
  create(body: CreateSpaceData["body"], options?: CallOptions): Promise<NewSpace> {
    return this.#transport.once((wiring) => createSpace({ ...wiring, body }), options);
  }

  change(id: string, body: ChangeSpaceData["body"], options?: CallOptions): Promise<Space> {
    return this.#transport.repeatable((wiring) => changeSpace({ ...wiring, path: { id }, body }), options);
  }

  /** Where the data of spaces can be, by name, with how much is there. */
  homes(query?: NonNullable<ListHomesData["query"]>, options?: CallOptions): Pages<Home> {
    return this.#transport.pages(query, (wiring, query) => listHomes({ ...wiring, query }), options);
  }

  /** Reads the database of a space whose home is an object, by one statement of SQL. It cannot write. */
  query(id: string, body: QuerySpaceData["body"], options?: CallOptions): Promise<QueryRows> {
    return this.#transport.repeatable((wiring) => querySpace({ ...wiring, path: { id }, body }), options);
  }

  /** Moves a space to another home, in the background: calls and exports go on meanwhile. */
  move(id: string, home: string, options?: CallOptions): Promise<MovableSpace> {
    return this.#transport.repeatable((wiring) => moveSpace({ ...wiring, path: { id }, body: { home } }), options);
  }

  /** The space stays where it is. */
  cancelMove(id: string, options?: CallOptions): Promise<MovableSpace> {
    return this.#transport.repeatable((wiring) => cancelMove({ ...wiring, path: { id } }), options);
  }

  /** Deletes every row and file of a space, in the background. */
  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteSpace({ ...wiring, path: { id } }), options);
  }
}

export class SpaceApiKeys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(spaceId: string, query?: NonNullable<ListSpaceApiKeysData["query"]>, options?: CallOptions): Pages<ApiKey> {
    const path = { id: spaceId };
    return this.#transport.pages(query, (wiring, query) => listSpaceApiKeys({ ...wiring, path, query }), options);
  }

  /** The answer alone has the key. */
  create(spaceId: string, body: CreateSpaceApiKeyData["body"], options?: CallOptions): Promise<NewApiKey> {
    const path = { id: spaceId };
    return this.#transport.once((wiring) => createSpaceApiKey({ ...wiring, path, body }), options);
  }

  /** Revokes a key. */
  delete(spaceId: string, keyId: string, options?: CallOptions): Promise<void> {
    const path = { id: spaceId, key_id: keyId };
    return this.#transport.removal((wiring) => deleteSpaceApiKey({ ...wiring, path }), options);
  }
}
