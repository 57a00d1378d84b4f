/** Events: sending them in any number, checking a call of them, listing them. */

import { type Accepted, type SendOptions, sendInBatches } from "../batches.ts";
import { listEvents, sendEvents } from "../generated/sdk.gen.ts";
import type {
  ConversionRow,
  DryRun,
  FlatEventRow,
  ListEventsData,
  NestedEventRow,
  SendEventsData,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import { ndjson } from "../ndjson.ts";
import type { CallOptions, Transport } from "../transport.ts";

export type NewEvent = SendEventsData["body"]["events"][number];
export type ListEventsQuery = NonNullable<ListEventsData["query"]>;

/** The rows of a list: `view` and `row_format` of its query say which. */
export type ListedRow<Query extends ListEventsQuery> = Query extends { view: "conversions" }
  ? ConversionRow
  : Query extends { row_format: infer Format }
    ? RowOf<Format>
    : FlatEventRow;
type RowOf<Format> = Format extends "nested" ? NestedEventRow : FlatEventRow;

export interface EventOptions {
  /** Creates a profile for each person who has none. */
  createProfiles?: boolean;
}

export class Events {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Sends events in calls of at most 5,000. Each call is all or nothing, and is made again where it may have failed:
   * an event without an id gets one here, so that no event is stored twice.
   * @param events are read as needed, never all at once.
   */
  send(
    events: Iterable<NewEvent> | AsyncIterable<NewEvent>,
    { createProfiles = false, ...options }: SendOptions & EventOptions = {},
  ): Promise<Accepted> {
    const call = { createProfiles, ...(options.signal && { signal: options.signal }) };
    return sendInBatches(events, (body) => this.sendBatch(body, call), options, withId);
  }

  /**
   * Makes one call. @param events at most 5,000, or their NDJSON as it is to be sent, each event with an id: the call
   * is made again where it may have failed.
   */
  sendBatch(
    events: readonly NewEvent[] | string,
    { createProfiles = false, ...options }: EventOptions & CallOptions = {},
  ): Promise<Accepted> {
    const body = typeof events === "string" ? events : events.map((event) => JSON.stringify(withId(event))).join("\n");
    const query = createProfiles ? { create_profiles: "true" as const } : {};
    return this.#transport.repeatable(
      // Without `dry_run` the answer is the counts.
      (wiring) => sendEvents({ ...wiring, query, ...ndjson(body) }) as Promise<{ data: Accepted; response: Response }>,
      options,
    );
  }

  /** Checks a call, and answers the rows that an export would have. Writes nothing. */
  dryRun(
    events: readonly NewEvent[] | string,
    query: Omit<NonNullable<SendEventsData["query"]>, "dry_run"> = {},
    options?: CallOptions,
  ): Promise<DryRun> {
    const body = typeof events === "string" ? events : events.map((event) => JSON.stringify(event)).join("\n");
    return this.#transport.repeatable(
      (wiring) =>
        sendEvents({ ...wiring, query: { ...query, dry_run: "true" }, ...ndjson(body) }) as Promise<{
          data: DryRun;
          response: Response;
        }>,
      options,
    );
  }

  /** The events of a window, oldest first, in the shape that an export gives them. */
  list<const Query extends ListEventsQuery>(query: Query, options?: CallOptions): Pages<ListedRow<Query>> {
    return this.#transport.pages(
      query,
      (wiring, query) => listEvents({ ...wiring, query }),
      options,
    ) as Pages<unknown> as Pages<ListedRow<Query>>;
  }
}

function withId(event: NewEvent): NewEvent {
  return event.id === undefined || event.id === null ? { ...event, id: crypto.randomUUID() } : event;
}
