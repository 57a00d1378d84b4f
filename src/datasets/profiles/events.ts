/** `profile_events`: a record is an event of any definition, with its profile's identifiers. */

import { pendingDeletions } from "../../db/profiles/deletions.ts";
import {
  countEvents,
  cutEvents,
  definitionsOf,
  type EventRange,
  type EventRecord,
  readEvents,
} from "../../db/events/events.ts";
import { definitionsAt } from "../../ingest/definitions.ts";
import { iso } from "../../time/names.ts";
import type { Bounds, Dataset, Key, Opening, Page } from "../dataset.ts";
import { pageOf } from "../page-of.ts";
import { columnsWithin } from "../event-columns.ts";
import { quote } from "../json-text.ts";
import { EventNames, expandNames } from "../wildcards.ts";
import { IdentifierRow, Identifiers, IDENTIFIERS_ARE, PersonsIdentifiers } from "./identifiers.ts";
import { LINES } from "./lines.ts";
import { windowed, windowOf, windowShape } from "./window.ts";

const shape = {
  ...windowShape,
  event_names: EventNames.optional().describe(
    "Ids of event definitions, `*` for any characters. Left out: every event.",
  ),
  identifiers: Identifiers.optional().describe(`What \`identifiers\` has of the event's profile. ${IDENTIFIERS_ARE}`),
} as const;

interface Query {
  start: number;
  end: number;
  /** null: any. */
  definition_ids: string[] | null;
  identifiers: string[];
  secret: string;
  /** Are people who were deleted left out? See EventRange. */
  sifted?: "at_snapshot";
}

export const profileEvents: Dataset<typeof shape, Query> = {
  name: "profile_events",
  title: "Events with the identifiers of their profiles",
  shape,
  example: {
    from: "2026-01-01T00:00:00.000Z",
    to: "2026-01-08T00:00:00.000Z",
    event_names: ["order_*"],
    identifiers: ["custom_id"],
  },

  windowed: windowed(),

  async freeze(request, { db, space, now, snapshotSeq, secret }) {
    const window = windowOf(request, space, now);
    const [definitions, deletions] = await Promise.all([
      definitionsAt(db, space.id, snapshotSeq),
      pendingDeletions(db, space.id, snapshotSeq),
    ]);
    const ids = definitions.map(({ id }) => id);
    return {
      ...window,
      definition_ids: request.event_names === undefined ? null : expandNames(request.event_names, ids),
      identifiers: request.identifiers ?? [],
      secret,
      ...(deletions ? { sifted: "at_snapshot" } : {}),
    };
  },

  async columns(query, { db, space, snapshotSeq }, ofRows) {
    const definitions = await definitionsAt(db, space.id, snapshotSeq);
    const asked = definitions.filter(({ id }) => query.definition_ids?.includes(id) ?? true);
    // What two definitions type differently is a text; one that no event is of has no say in that.
    const there =
      ofRows && query.definition_ids === null
        ? await definitionsOf(db, wholeRange(query, { spaceId: space.id, snapshotSeq, since: null }))
        : null;
    const properties = columnsWithin(
      ["event", "attributes"],
      asked.map(({ id, properties }) => ({ id, properties, aside: there !== null && !there.has(id) })),
    );
    return [
      { path: ["event", "id"], type: "text", edge: "id" },
      { path: ["event", "name"], type: "text" },
      { path: ["event", "timestamp"], type: "date", edge: "time" },
      { path: ["event", "attributes"], type: "json" },
      ...properties.map((column) => ({ ...column, within: true })),
      ...new IdentifierRow(query.identifiers).columns(),
    ];
  },

  open(query, opening) {
    const whole = wholeRange(query, opening);
    const range = (bounds: Bounds): EventRange => ({ ...whole, ...bounds });
    return {
      ...LINES,
      bounds: { lower: whole.lower, upper: whole.upper },
      window: { start: query.start, end: query.end },
      readsFrom: query.start,
      emptyMessage: "0 events found for the time period queried.",
      files: { cut: "written", secret: query.secret },
      cut: (bounds, records) => cutEvents(opening.db, range(bounds), records),
      count: (bounds) => countEvents(opening.db, range(bounds)),
      pages: (bounds) => pages(opening, query, range(bounds)),
    };
  },
};

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

async function* pages(opening: Opening, query: Query, range: EventRange): AsyncGenerator<Page> {
  const persons = new PersonsIdentifiers(opening, new IdentifierRow(query.identifiers));
  for await (const events of readEvents(opening.db, range)) {
    const identifiers = await persons.look(events.map((event) => event.personId));
    const lines = events.map((event, n) => line(event, identifiers[n] ?? "{"));
    yield pageOf(events, lines, keyOf);
  }
}

const line = (event: EventRecord, identifiers: string) =>
  `{"event":{"id":${quote(event.id)},"name":${quote(event.definitionId)},"timestamp":"${iso(event.occurredAt)}","attributes":${event.properties}},"identifiers":${identifiers}}}`;
