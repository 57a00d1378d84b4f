/** The client: one object for a service and a key, with the calls in groups. */

import { Exports } from "./exports/exports.ts";
import { getStats } from "./generated/sdk.gen.ts";
import type { GetStatsData, Stats } from "./generated/types.gen.ts";
import { ndjson } from "./ndjson.ts";
import { Destinations } from "./resources/destinations.ts";
import { EventDefinitions } from "./resources/event-definitions.ts";
import { Events } from "./resources/events.ts";
import { Attributes, Tags, Topics } from "./resources/profile-definitions.ts";
import { Profiles } from "./resources/profiles.ts";
import { Schedules } from "./resources/schedules.ts";
import { Segments } from "./resources/segments.ts";
import { ApiKeys, OwnSpace } from "./resources/space.ts";
import { Spaces } from "./resources/spaces.ts";
import { AdObjects, Flows, ReachabilityEvents, Touchpoints } from "./resources/touchpoints.ts";
import { WebhookDeliveries, WebhookEndpoints } from "./resources/webhooks.ts";
import { type CallOptions, type SpillwayOptions, Transport } from "./transport.ts";

export interface RequestOptions extends CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Whether making the call twice does the same as making it once. By default every call but a POST. */
  repeatable?: boolean;
}

const BEARER = [{ scheme: "bearer", type: "http" }] as const;

/**
 * Every call waits out rate limits, is made again where that is safe, and throws `SpillwayError`. The key is not a
 * property of this object: it appears in no log of it.
 */
export class Spillway {
  readonly origin: string;
  readonly exports: Exports;
  readonly events: Events;
  readonly eventDefinitions: EventDefinitions;
  readonly touchpoints: Touchpoints;
  readonly adObjects: AdObjects;
  readonly flows: Flows;
  readonly profiles: Profiles;
  readonly attributes: Attributes;
  readonly tags: Tags;
  readonly topics: Topics;
  readonly segments: Segments;
  readonly reachabilityEvents: ReachabilityEvents;
  readonly destinations: Destinations;
  readonly schedules: Schedules;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly webhookDeliveries: WebhookDeliveries;
  readonly space: OwnSpace;
  readonly apiKeys: ApiKeys;
  /** The operator's calls: the client's key is the operator's token then. */
  readonly spaces: Spaces;
  readonly #transport: Transport;

  /** @throws TypeError where the origin is no address, or the key cannot be one. */
  constructor(options: SpillwayOptions) {
    const transport = new Transport(options);
    this.#transport = transport;
    this.origin = transport.origin;
    this.exports = new Exports(transport);
    this.events = new Events(transport);
    this.eventDefinitions = new EventDefinitions(transport);
    this.touchpoints = new Touchpoints(transport);
    this.adObjects = new AdObjects(transport);
    this.flows = new Flows(transport);
    this.profiles = new Profiles(transport);
    this.attributes = new Attributes(transport);
    this.tags = new Tags(transport);
    this.topics = new Topics(transport);
    this.segments = new Segments(transport);
    this.reachabilityEvents = new ReachabilityEvents(transport);
    this.destinations = new Destinations(transport);
    this.schedules = new Schedules(transport);
    this.webhookEndpoints = new WebhookEndpoints(transport);
    this.webhookDeliveries = new WebhookDeliveries(transport);
    this.space = new OwnSpace(transport);
    this.apiKeys = new ApiKeys(transport);
    this.spaces = new Spaces(transport);
  }

  /** What happened in the space, day by day: exports, rows, bytes, failures, durations and webhooks. */
  stats(query: NonNullable<GetStatsData["query"]> = {}, options?: CallOptions): Promise<Stats> {
    return this.#transport.repeatable((wiring) => getStats({ ...wiring, query }), options);
  }

  /**
   * Makes any call of the API, with the same retries and errors: what this client has no method for.
   * @param body goes as JSON; a string goes as NDJSON, as it is.
   * @returns the parsed answer, which is JSON; an empty object where the answer is empty.
   * @throws SpillwayError `unexpected_answer` where the answer is not JSON.
   */
  async request<Body = unknown>(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    { body, headers, repeatable = method !== "POST", ...options }: RequestOptions = {},
  ): Promise<Body> {
    const sent = { method, url: path, ...(headers && { headers }), ...bodyOf(body) };
    return this.#transport.call(
      ({ client, ...wiring }) => client.request<{ any: Body }, unknown, true>({ ...wiring, ...sent, security: BEARER }),
      { repeatable, ...options },
    );
  }
}

function bodyOf(body: unknown): { body?: unknown } {
  if (body === undefined) return {};
  return typeof body === "string" ? ndjson(body) : { body };
}
