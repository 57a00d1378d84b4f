/** What the datasets of events share: the frozen window and names, their range, and its cut, count and pages. */

import type { EventRange, EventTable } from "../db/events/event-range.ts";
import type { EventRecord } from "../db/events/events.ts";
import { peopleChanges } from "../db/profiles/merges.ts";
import { definitionsAt } from "../ingest/definitions.ts";
import type { Files, FreezeContext, Key, Page, Snapshot, Source, TimeWindow } from "./dataset.ts";
import { expandNames } from "./wildcards.ts";

/** The frozen window of a query. */
export interface WindowQuery extends TimeWindow {
  /** Were people deleted by the snapshot whose events may still be stored? */
  excludeDeleted: boolean;
  /** May people be merged as of the snapshot? Absent: none are. */
  merged?: boolean | undefined;
}

/** The frozen query of a dataset of events. */
export interface EventQuery extends WindowQuery {
  /** Null: events of every definition. */
  definition_ids: readonly string[] | null;
}

/**
 * Resolves `event_names` at the snapshot.
 * @returns the space's definitions, and the frozen part of the query.
 * @throws invalid_request see expandNames.
 */
export async function freezeEvents(
  names: readonly string[] | undefined,
  { db, space, snapshotSeq, warn }: FreezeContext,
) {
  const [definitions, changes] = await Promise.all([
    definitionsAt(db, space.id, snapshotSeq),
    peopleChanges(db, space.id, snapshotSeq),
  ]);
  const ids = definitions.map(({ id }) => id);
  return {
    definitions,
    frozen: { definition_ids: names === undefined ? null : expandNames(names, ids, warn), ...changes },
  };
}

/** Whose deleted people's rows a read leaves out. */
export const deletionsToExclude = (
  query: { excludeDeleted: boolean },
  { excludeDeletedNow }: Pick<Snapshot, "excludeDeletedNow">,
): EventRange["excludeDeleted"] =>
  excludeDeletedNow === true ? "now" : query.excludeDeleted ? "at_snapshot" : undefined;

/** The events of a query at a snapshot. @param types definition ids or channels, null: all. */
export const rangeOf = (
  table: EventTable,
  query: WindowQuery,
  types: readonly string[] | null,
  snapshot: Omit<Snapshot, "db" | "events">,
): EventRange => ({
  table,
  spaceId: snapshot.spaceId,
  seq: snapshot.seq,
  had: snapshot.since?.steps ?? [],
  types,
  lower: { time: Math.min(query.start, snapshot.since?.lateFrom ?? query.start), id: "" },
  upper: { time: query.end, id: "" },
  person: snapshot.person,
  stored: snapshot.stored,
  excludeDeleted: deletionsToExclude(query, snapshot),
});

/**
 * The parts of a source that follow from its range of events, and `starts` of counted files.
 *
 * @param types definition ids or channels, null: all.
 */
export function rangeSource(
  snapshot: Snapshot,
  table: EventTable,
  query: WindowQuery,
  types: readonly string[] | null,
  pages: (range: EventRange) => AsyncGenerator<Page>,
): Omit<Source, "form" | "files"> & Pick<Extract<Files, { cut: "counted" }>, "starts"> {
  const { events } = snapshot;
  const whole = rangeOf(table, query, types, snapshot);
  return {
    bounds: { lower: whole.lower, upper: whole.upper },
    window: { start: query.start, end: query.end },
    readsFrom: whole.lower.time,
    emptyMessage: "0 events found for the time period queried.",
    cut: (bounds, max) => events.cut({ ...whole, ...bounds }, max),
    count: (bounds, budget) => events.count({ ...whole, ...bounds }, budget),
    startOfLast: (bounds, max) => events.startOfLast({ ...whole, ...bounds }, max),
    starts: (bounds, every) => events.timesOfEveryNth({ ...whole, ...bounds }, every),
    pages: (bounds) => pages({ ...whole, ...bounds }),
  };
}

export const eventKey = (event: Pick<EventRecord, "occurredAt" | "id">): Key => ({
  time: event.occurredAt,
  id: event.id,
});
