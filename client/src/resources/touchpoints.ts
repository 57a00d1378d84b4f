/** What attribution reads beside events: touchpoints and the ads that they came from; flows; reachability. */

import { type Accepted, type SendOptions, sendInBatches } from "../batches.ts";
import {
  listAdObjects,
  listFlows,
  loadReachabilityEvents,
  putAdObjects,
  putFlows,
  sendTouchpoints,
} from "../generated/sdk.gen.ts";
import type {
  AdObject,
  Flow,
  FlowsPut,
  ListAdObjectsData,
  ListFlowsData,
  LoadReachabilityEventsData,
  PutAdObjectsData,
  PutFlowsData,
  SendTouchpointsData,
} from "../generated/types.gen.ts";
import { ndjson } from "../ndjson.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export type NewTouchpoint = SendTouchpointsData["body"]["touchpoints"][number];
export type NewReachabilityEvent = LoadReachabilityEventsData["body"]["events"][number];

const MAX_AD_OBJECTS = 5_000;

export class Touchpoints {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Sends touchpoints in calls of at most 5,000. @param touchpoints are read as needed, never all at once. */
  send(
    touchpoints: Iterable<NewTouchpoint> | AsyncIterable<NewTouchpoint>,
    options: SendOptions = {},
  ): Promise<Accepted> {
    const post = (body: string) =>
      this.#transport.repeatable((wiring) => sendTouchpoints({ ...wiring, ...ndjson(body) }), options);
    return sendInBatches(touchpoints, post, options);
  }
}

export class ReachabilityEvents {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Sends changes of reachability in calls of at most 5,000. @param events are read as needed, never all at once. */
  send(
    events: Iterable<NewReachabilityEvent> | AsyncIterable<NewReachabilityEvent>,
    options: SendOptions = {},
  ): Promise<Accepted> {
    const post = (body: string) =>
      this.#transport.repeatable((wiring) => loadReachabilityEvents({ ...wiring, ...ndjson(body) }), options);
    return sendInBatches(events, post, options);
  }
}

export class AdObjects {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: ListAdObjectsData["query"], options?: CallOptions): Pages<AdObject> {
    return this.#transport.pages(query, (wiring, query) => listAdObjects({ ...wiring, query }), options);
  }

  /** Creates or renames ads, ad sets, campaigns and accounts: the lists one after the other, in several calls. */
  async put(objects: PutAdObjectsData["body"], options?: CallOptions): Promise<void> {
    for (const [level, list] of Object.entries(objects))
      for (let from = 0; from < (list?.length ?? 0); from += MAX_AD_OBJECTS) {
        const body = { [level]: list?.slice(from, from + MAX_AD_OBJECTS) };
        await this.#transport.repeatable((wiring) => putAdObjects({ ...wiring, body }), options);
      }
  }
}

export class Flows {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListFlowsData["query"]>, options?: CallOptions): Pages<Flow> {
    return this.#transport.pages(query, (wiring, query) => listFlows({ ...wiring, query }), options);
  }

  put(flows: PutFlowsData["body"]["flows"], options?: CallOptions): Promise<FlowsPut> {
    return this.#transport.repeatable((wiring) => putFlows({ ...wiring, body: { flows } }), options);
  }
}
