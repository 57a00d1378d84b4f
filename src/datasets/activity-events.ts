/** `activity_events`: a record is an event of any definition, with its properties. */

import * as z from "zod";
import { EVENTS, type EventRange } from "../db/events/event-range.ts";
import { type EventRecord, readEvents } from "../db/events/events.ts";
import { invalid } from "../errors.ts";
import { clashingNames } from "../ingest/row-fields.ts";
import { boundMs } from "../time/bounds.ts";
import { digits17, iso } from "../time/names.ts";
import type { Dataset, Page, Snapshot } from "./dataset.ts";
import { flatColumns, nestedColumns } from "./event-columns.ts";
import { filledEvents } from "./event-properties.ts";
import { definitionsForColumns, eventKey, type EventQuery, freezeEvents, rangeSource } from "./event-source.ts";
import { externalIds } from "./external-ids.ts";
import { flowEnrichment } from "./flow-enrichment.ts";
import { linePages, NDJSON } from "./lines.ts";
import { flatRow, nestedRow } from "./rows.ts";
import { EventNames } from "./wildcards.ts";
import { beforeRetention, CHECK_MARGIN_MS, oldestKept } from "./window.ts";

const time = z.iso.datetime({ offset: true });

const shape = {
  start: time.describe(
    "Start of the window, inclusive. A bound with more digits than milliseconds counts as it was sent.",
  ),
  end: time.describe("End of the window, exclusive. Must not be in the future."),
  event_names: EventNames.optional().describe(
    "Ids of event definitions; `*` matches any characters. Default: every event. In formats with columns, rows then have by default the columns of the definitions that have events in the window.",
  ),
  row_format: z
    .enum(["flat", "nested"])
    .default("flat")
    .describe(
      "`flat`: properties side by side with the mandatory fields; `sessionId` is the session that the event was sent with (`session_id`), else null. `nested`: properties as an object.",
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
  /** Definition → its properties that a flat row renames. */
  clashes: Record<string, string[]>;
  /** Do rows have the fields of their flow? */
  enriched: boolean;
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
    const { space, now } = context;
    const start = boundMs(request.start);
    const end = boundMs(request.end);
    if (start >= end) throw invalid({ pointer: "/end", detail: "end must be later than start." });
    if (Date.parse(request.end) > now) throw invalid({ pointer: "/end", detail: "end must not be in the future." });
    const oldest = oldestKept(space, now);
    if (start < oldest) throw invalid({ pointer: "/start", detail: beforeRetention("start", space, oldest) });
    const { definitions, frozen } = await freezeEvents(request.event_names, context);
    const enriched = request.enrich_with_moments_info;
    const clashes = definitions.map(
      ({ id, properties }) =>
        [
          id,
          clashingNames(
            properties.map(({ name }) => name),
            enriched,
          ),
        ] as const,
    );
    return {
      start,
      end,
      ...frozen,
      row_format: request.row_format,
      clashes: Object.fromEntries(clashes.filter(([, clashing]) => clashing.length > 0)),
      enriched,
    };
  },

  tabular: {
    async columns(query, context, ofRows) {
      const definitions = await definitionsForColumns(query, context, ofRows);
      return query.row_format === "flat"
        ? flatColumns(definitions, query.clashes, query.enriched)
        : nestedColumns(definitions, query.enriched);
    },
  },

  open(query, snapshot) {
    const { definition_ids: ids } = query;
    const { starts, ...source } = rangeSource(snapshot, EVENTS, query, ids, (range) => pages(snapshot, query, range));
    return {
      ...source,
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

async function* pages(snapshot: Snapshot, query: Query, range: EventRange): AsyncGenerator<Page> {
  const clashes = new Map(Object.entries(query.clashes));
  for await (const events of filledEvents(snapshot, readEvents(snapshot.db, range))) {
    const persons = events.map((event) => event.personId);
    const external = await externalIds.look(snapshot, persons);
    const flows = query.enriched ? await flowEnrichment(snapshot, events) : [];
    const lineOf = (event: EventRecord, n: number) => {
      const externalId = external.get(event.personId) ?? null;
      if (query.row_format === "nested") return nestedRow(event, externalId, flows[n]);
      return flatRow(event, externalId, clashes.get(event.definitionId) ?? [], flows[n]);
    };
    yield* linePages(events, lineOf, eventKey);
  }
}
