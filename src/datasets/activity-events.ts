/** `activity_events`: a record is an event of any definition, with its properties. */

import * as z from "zod";
import { pendingDeletions } from "../db/profiles/deletions.ts";
import {
  countEvents,
  cutEvents,
  definitionsOf,
  type EventRange,
  type EventRecord,
  readEvents,
} from "../db/events/events.ts";
import { invalid } from "../errors.ts";
import { definitionsAt } from "../ingest/definitions.ts";
import { clashingNames } from "../ingest/row-fields.ts";
import { digits17, iso } from "../time/names.ts";
import type { Bounds, Dataset, Key, Opening, Page } from "./dataset.ts";
import { flatColumns, nestedColumns } from "./event-columns.ts";
import { externalIds } from "./external-ids.ts";
import { flowEnrichment } from "./flow-enrichment.ts";
import { pageOf } from "./page-of.ts";
import { flatRow, nestedRow } from "./rows.ts";
import { EventNames, expandNames } from "./wildcards.ts";

const DAY_MS = 86_400_000;
/** A request that is made now is checked a little later, by a clock that has gone on. */
const UNTIL_ASKED_MS = 60_000;

const time = z.iso.datetime({ offset: true });

const shape = {
  start: time.describe("The window's start: the first moment that is in it."),
  end: time.describe("The window's end: the first moment that is no longer in it. Not in the future."),
  event_names: EventNames.optional().describe(
    "Ids of event definitions, `*` for any characters. Left out: every event; rows with columns then have, by default, the columns of the definitions that the window has events of.",
  ),
  row_format: z
    .enum(["flat", "nested"])
    .default("flat")
    .describe(
      "`flat`: properties side by side with the mandatory fields, of which `sessionId` is the session that the event was sent with (`session_id`), else null. `nested`: properties as an object.",
    ),
  enrich_with_moments_info: z
    .boolean()
    .default(false)
    .describe(
      "Rows of events that a flow produced (their property `flowElementId` names its element, or `flowId` the flow) also have `campaignName`, `elementName`, `campaignStart` and `flowElementId`, each where it is known, right after the mandatory fields. In a flat row `flowElementId` stands there alone, and a property with another of these names becomes `<definitionId>_<name>`.",
    ),
} as const;

interface Query {
  start: number;
  end: number;
  /** null: any. */
  definition_ids: string[] | null;
  row_format: "flat" | "nested";
  /** Definition → its properties that a flat row renames. */
  clashes: Record<string, string[]>;
  /** Are rows told of their flows? */
  enriched?: true;
  /** Are people who were deleted left out? See EventRange. */
  sifted?: "at_snapshot" | "now";
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

  windowed: {
    parameters: ["start", "end"],
    oldest: (space, now) => now - space.retention_days * DAY_MS + UNTIL_ASKED_MS,
    parametersOf: ({ start, end }) => ({ parameters: { start: iso(start), end: iso(end) }, end }),
    sinceIsWhole: true,
  },

  async freeze(request, { db, space, now, snapshotSeq }) {
    const start = Date.parse(request.start);
    const end = Date.parse(request.end);
    if (start >= end) throw invalid({ pointer: "/end", detail: "end must be later than start." });
    if (end > now) throw invalid({ pointer: "/end", detail: "end must not be in the future." });
    const oldest = now - space.retention_days * DAY_MS;
    if (start < oldest)
      throw invalid({
        pointer: "/start",
        detail: `start is older than this space keeps events: ${space.retention_days} days, back to ${iso(oldest)}.`,
      });
    const [definitions, deletions] = await Promise.all([
      definitionsAt(db, space.id, snapshotSeq),
      pendingDeletions(db, space.id, snapshotSeq),
    ]);
    const ids = definitions.map((definition) => definition.id);
    const enriched = request.enrich_with_moments_info;
    const clashes = definitions.map((each) => [each.id, clashingNames(namesOf(each.properties), enriched)] as const);
    return {
      start,
      end,
      definition_ids: request.event_names === undefined ? null : expandNames(request.event_names, ids),
      row_format: request.row_format,
      clashes: Object.fromEntries(clashes.filter(([, clashing]) => clashing.length > 0)),
      ...(enriched ? { enriched } : {}),
      ...(deletions ? { sifted: "at_snapshot" } : {}),
    };
  },

  async columns(query, { db, space, snapshotSeq }, ofRows) {
    const definitions = await definitionsAt(db, space.id, snapshotSeq);
    const asked = definitions.filter(({ id }) => query.definition_ids?.includes(id) ?? true);
    // A space has a hundred definitions that it may never send an event of. Who names none means those that are there.
    const there =
      ofRows && query.definition_ids === null
        ? await definitionsOf(db, wholeRange(query, { spaceId: space.id, snapshotSeq, since: null }))
        : null;
    const rows = asked.map(({ id, properties }) => ({
      id,
      properties,
      clashes: query.clashes[id] ?? [],
      aside: there !== null && !there.has(id),
    }));
    const enriched = query.enriched === true;
    return query.row_format === "flat" ? flatColumns(rows, enriched) : nestedColumns(rows, enriched);
  },

  open(query, opening) {
    const whole = wholeRange(query, opening);
    const range = (bounds: Bounds): EventRange => ({ ...whole, ...bounds });
    return {
      bounds: { lower: whole.lower, upper: whole.upper },
      window: { start: query.start, end: query.end },
      readsFrom: query.start,
      form: {
        contentType: "application/x-ndjson",
        extension: ".json",
        before: "",
        between: "",
        lineEnd: "\n",
        after: "",
      },
      emptyMessage: "0 events found for the time period queried.",
      files: {
        cut: "counted",
        stem: (exportId, window) => `${exportId}-events-${digits17(window.start)}-${digits17(window.end)}`,
      },
      cut: (bounds, records) => cutEvents(opening.db, range(bounds), records),
      count: (bounds) => countEvents(opening.db, range(bounds)),
      pages: (bounds) => pages(opening, query, range(bounds)),
    };
  },
};

/** An empty id comes before every event of its millisecond. */
const wholeRange = (query: Query, { spaceId, snapshotSeq, since }: Omit<Opening, "db">): EventRange => ({
  spaceId,
  seq: snapshotSeq,
  since,
  definitionIds: query.definition_ids,
  lower: { time: query.start, id: "" },
  upper: { time: query.end, id: "" },
  sifted: query.sifted,
});

const keyOf = (event: EventRecord): Key => ({ time: event.occurredAt, id: event.id });

const namesOf = (properties: readonly { name: string }[]) => properties.map((property) => property.name);

async function* pages(opening: Opening, query: Query, range: EventRange): AsyncGenerator<Page> {
  const { db, spaceId, snapshotSeq } = opening;
  const none: readonly string[] = [];
  const clashes = new Map(Object.entries(query.clashes));
  for await (const events of readEvents(db, range)) {
    const persons = events.map((event) => event.personId);
    const external = await externalIds.look(db, spaceId, snapshotSeq, persons);
    const flows = query.enriched === true ? await flowEnrichment(opening, events) : [];
    const row =
      query.row_format === "flat"
        ? (event: EventRecord, n: number) =>
            flatRow(event, external.get(event.personId) ?? null, clashes.get(event.definitionId) ?? none, flows[n])
        : (event: EventRecord, n: number) => nestedRow(event, external.get(event.personId) ?? null, flows[n]);
    yield pageOf(events, events.map(row), keyOf);
  }
}
