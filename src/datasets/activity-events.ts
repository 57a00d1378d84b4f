/** `activity_events`: a record is an event of any definition, with its properties. */

import * as z from "zod";
import { EVENTS, type EventRange } from "../db/events/event-range.ts";
import type { EventRecord } from "../db/events/events.ts";
import { invalid } from "../errors.ts";
import { clashesOf, type FlatFields } from "../ingest/row-fields.ts";
import { digits17, iso } from "../time/names.ts";
import { withLookUp } from "./ahead.ts";
import type { Bounds, Dataset, Page, Snapshot, ValuePage } from "./dataset.ts";
import { flatColumns, nestedColumns } from "./event-columns.ts";
import { propertyFiller } from "./event-properties.ts";
import { schemaOf } from "./event-schema.ts";
import { eventKey, type EventQuery, freezeEvents, rangeOf, rangeSource } from "./event-source.ts";
import { propertiesAt } from "./open-object.ts";
import { externalIds } from "./external-ids.ts";
import { flowEnrichment } from "./flow-enrichment.ts";
import { linePages, NDJSON, valuePages } from "./lines.ts";
import { withOwners } from "./merged-people.ts";
import { eventRow, flatValues, type RowParts } from "./rows.ts";
import { EventNames } from "./wildcards.ts";
import { CHECK_MARGIN_MS, instantWindow, oldestKept } from "./window.ts";
import { Instant } from "../time/instant.ts";

const shape = {
  start: Instant.describe(
    "Start of the window, inclusive. A bound with more digits than milliseconds counts as it was sent.",
  ),
  end: Instant.describe("End of the window, exclusive. Must not be in the future."),
  event_names: EventNames.optional().describe(
    "Ids of event definitions; `*` matches any characters. Default: every event. In formats with columns, rows then have by default the columns of the definitions that the space ever had events of.",
  ),
  row_format: z
    .enum(["flat", "nested"])
    .default("flat")
    .describe(
      "`flat`: properties side by side with the mandatory fields. `occuredTime` is when the service received the event, `occurredAt` when it occurred; `sessionId` is the session that the event was sent with (`session_id`), else null. A property that is named like a mandatory field, in any case of letters, becomes `<definitionId>_<name>`. `nested`: properties as an object; `timestamp` is when the event occurred.",
    ),
  extra_fields: z
    .boolean()
    .default(true)
    .describe(
      "`false` leaves out `occurredAt` of flat rows and `eventId` of nested rows, and renames a property of a flat row only if its name equals that of a mandatory field exactly.",
    ),
  enrich_with_moments_info: z
    .boolean()
    .default(false)
    .describe(
      "Adds `campaignName`, `elementName`, `campaignStart` and `flowElementId`, each where it is known, right after the mandatory fields of events that a flow produced (the property `flowElementId` names the flow's element, or `flowId` the flow). A flat row then has `flowElementId` only there, and a property with the name of another of these fields becomes `<definitionId>_<name>`.",
    ),
} as const;

interface Query extends EventQuery {
  row_format: "flat" | "nested";
  /** Definitions with their properties that a flat row renames. */
  clashes: readonly (readonly [definitionId: string, names: readonly string[]])[];
  /** Which fields rows have beside the properties. */
  fields: FlatFields;
}

export const activityEvents: Dataset<typeof shape, Query> = {
  name: "activity_events",
  title: "Events of any definition, with their properties",
  shape,
  example: {
    start: "2026-01-01T00:00:00.000Z",
    end: "2026-01-08T00:00:00.000Z",
    event_names: ["order_*"],
    row_format: "flat",
  },

  eventNames: (request) => request.event_names ?? [],

  schedulable: {
    parameters: ["start", "end"],
    oldest: (space, now) => oldestKept(space, now) + CHECK_MARGIN_MS,
    toParameters: (window) => ({ parameters: { start: iso(window.start), end: iso(window.end) }, window }),
    readsLate: true,
  },

  async freeze(request, context) {
    const window = instantWindow(request, context);
    if ("pointer" in window) throw invalid(window);
    const { definitions, frozen } = await freezeEvents(request.event_names, context);
    const fields = { enriched: request.enrich_with_moments_info, extra: request.extra_fields };
    return {
      ...window,
      ...frozen,
      row_format: request.row_format,
      clashes: clashesOf(definitions, fields),
      fields,
    };
  },

  tabular: {
    async columns(query, asOf) {
      const schema = await schemaOf(query, asOf);
      return query.row_format === "flat"
        ? flatColumns(schema, new Map(query.clashes), query.fields)
        : nestedColumns(schema, query.fields);
    },
    open: ({ row_format: format }, context) => propertiesAt(format === "flat" ? [] : ["properties"], context),
  },

  open(query, snapshot) {
    const { definition_ids: ids } = query;
    const { starts, ...source } = rangeSource(snapshot, EVENTS, query, ids, (range) => pages(snapshot, query, range));
    const whole = rangeOf(EVENTS, query, ids, snapshot);
    return {
      ...source,
      // A nested row has nearly all of its values in its properties.
      ...(query.row_format === "flat" && {
        valuePages: (bounds: Bounds) => pagesOfValues(snapshot, query, { ...whole, ...bounds }),
      }),
      form: { ...NDJSON, extension: ".json" },
      files: {
        cut: "counted",
        // The name of a file with late events shows the part of its window that lies within the request's.
        stem: (exportId, { start, end }) =>
          `${exportId}-events-${digits17(Math.max(start, query.start))}-${digits17(Math.max(end, query.start))}`,
        starts,
      },
    };
  },
};

/** A page of events, and what the rows of each have beside it. */
interface Looked {
  events: readonly EventRecord[];
  /** The event with its properties filled, the names of those that a flat row renames, and the parts of its row. */
  partsOf: (stored: EventRecord, n: number) => [event: EventRecord, clashing: readonly string[], parts: RowParts];
}

async function* looked(snapshot: Snapshot, query: Query, range: EventRange): AsyncGenerator<Looked> {
  const { enriched, extra } = query.fields;
  const clashes = new Map(query.clashes);
  const look = (events: readonly EventRecord[]) =>
    Promise.all([
      externalIds.look(
        snapshot,
        events.map((event) => event.personId),
      ),
      propertyFiller(
        snapshot,
        events.map((event) => event.definitionId),
      ),
      enriched ? flowEnrichment(snapshot, events) : [],
    ]);
  const stored = withOwners(snapshot, query, snapshot.events.pages(range), "personId");
  for await (const [events, [external, fill, flows]] of withLookUp(stored, look))
    yield {
      events,
      partsOf: (stored, n) => [
        { ...stored, properties: fill(stored) },
        clashes.get(stored.definitionId) ?? [],
        { externalId: external.get(stored.personId) ?? null, extra, moments: flows[n] },
      ],
    };
}

/** Filled, a page of stored events may be a thousand pages of rows. */
async function* pages(snapshot: Snapshot, query: Query, range: EventRange): AsyncGenerator<Page> {
  for await (const { events, partsOf } of looked(snapshot, query, range)) {
    const lineOf = (stored: EventRecord, n: number) => eventRow(query.row_format, ...partsOf(stored, n));
    yield* linePages(events, lineOf, eventKey);
  }
}

async function* pagesOfValues(snapshot: Snapshot, query: Query, range: EventRange): AsyncGenerator<ValuePage> {
  for await (const { events, partsOf } of looked(snapshot, query, range))
    yield* valuePages(events, (stored, n) => flatValues(...partsOf(stored, n)), eventKey);
}
