/** Destinations: buckets of customers that exports are written to. */

import {
  changeDestination,
  createDestination,
  deleteDestination,
  getDestination,
  getDestinationPolicies,
  listDestinations,
  testDestination,
} from "../generated/sdk.gen.ts";
import type {
  ChangeDestinationData,
  CreateDestinationData,
  Destination,
  DestinationPolicies,
  DestinationTest,
  GetDestinationPoliciesData,
  ListDestinationsData,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class Destinations {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListDestinationsData["query"]>, options?: CallOptions): Pages<Destination> {
    return this.#transport.pages(query, (wiring, query) => listDestinations({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<Destination> {
    return this.#transport.repeatable((wiring) => getDestination({ ...wiring, path: { id } }), options);
  }

  create(body: CreateDestinationData["body"], options?: CallOptions): Promise<Destination> {
    return this.#transport.once((wiring) => createDestination({ ...wiring, body }), options);
  }

  change(id: string, body: ChangeDestinationData["body"], options?: CallOptions): Promise<Destination> {
    return this.#transport.repeatable((wiring) => changeDestination({ ...wiring, path: { id }, body }), options);
  }

  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteDestination({ ...wiring, path: { id } }), options);
  }

  /** Tries the destination in steps; each says what to do where it failed. */
  test(id: string, options?: CallOptions): Promise<DestinationTest> {
    return this.#transport.repeatable((wiring) => testDestination({ ...wiring, path: { id } }), options);
  }

  /** The policies of a role for a bucket, ready to paste. */
  policies(query: GetDestinationPoliciesData["query"], options?: CallOptions): Promise<DestinationPolicies> {
    return this.#transport.repeatable((wiring) => getDestinationPolicies({ ...wiring, query }), options);
  }
}
