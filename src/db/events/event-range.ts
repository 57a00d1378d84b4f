/**
 * Ranges of events in the order of their key (occurred_at, id). Both tables of events, `events` and
 * `reachability_events`, share this key, the sequence number of the write, and one column for the event's type, so they
 * share these queries.
 */

import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { excludeDeleted } from "../profiles/deletions.ts";

/** A place in the order of events. An empty id sorts before every event of its millisecond. */
export interface EventKey {
  time: number;
  id: string;
}

/**
 * A table of events. `typeColumn` is the column that `EventRange.types` filters by, `textColumn` the one whose length
 * is not bounded by that of ids: a JSON object.
 */
export interface EventTable {
  name: "events" | "reachability_events";
  typeColumn: "definition_id" | "channel";
  textColumn: "properties" | "event";
}

export const EVENTS: EventTable = { name: "events", typeColumn: "definition_id", textColumn: "properties" };
export const REACHABILITY_EVENTS: EventTable = {
  name: "reachability_events",
  typeColumn: "channel",
  textColumn: "event",
};

/**
 * One step of what earlier exports had: of the events that occurred before `until` (epoch ms), and not before the step
 * before ends, those with a sequence number ≤ `seq`.
 */
export interface HadStep {
  until: number;
  seq: number;
}

/** The events of a space with sequence number ≤ seq, of these types (null: of every type), with lower ≤ key < upper. */
export interface EventRange {
  table: EventTable;
  spaceId: string;
  seq: number;
  /** Leaves out the events of these steps, which are in ascending order. */
  had: readonly HadStep[];
  types: readonly string[] | null;
  lower: EventKey;
  upper: EventKey;
  /** Only this person's events, of the table `events`; undefined: everybody's. */
  person?: string | undefined;
  /** The ids under which the person's events are stored, where people are merged into the person. */
  stored?: StoredUnder | undefined;
  /** Leaves out people who were deleted up to the snapshot, or up to now; undefined: no deletion is pending. */
  excludeDeleted?: "at_snapshot" | "now" | undefined;
}

/** Several ids under which a person's events are stored. */
export interface StoredUnder {
  ids: readonly string[];
  /**
   * Do the ids have so few events that one query may sort them? Else the events of the range are looked through for
   * theirs: the index of people has each id's events in their order, and not those of several.
   */
  few: boolean;
}

/** SQL: the event's key is in the range, with parameters ?1 to ?5; of one person's events also ?8. */
const BETWEEN_KEYS = `space_no = ${SPACE_NO} AND (occurred_at, id) >= (?2, ?3) AND (occurred_at, id) < (?4, ?5)`;

const UNDER_IDS = "person_id IN (SELECT value FROM json_each(?8))";

/** SQL, to follow FROM: the events between the keys of a range. One person's are found by their index. */
export const betweenKeys = ({ table, person, stored }: Pick<EventRange, "table" | "person" | "stored">) =>
  person === undefined || stored?.few === false
    ? `${table.name} WHERE ${BETWEEN_KEYS}`
    : `${table.name} INDEXED BY events_by_person WHERE ${BETWEEN_KEYS} AND ${stored === undefined ? "person_id = ?8" : UNDER_IDS}`;

/** SQL: what an event between the keys must be besides, with parameters ?1, ?6, ?7 and ?8. */
export const belongs = (range: EventRange) =>
  `seq <= ?6 AND ${hasType(range)}${withoutHad(range)}${range.stored?.few === false ? ` AND ${UNDER_IDS}` : ""}${withoutDeleted(range)}`;

/**
 * SQL: the snapshot has the event, whatever its type. How many such events lie between two keys never changes: later
 * writes, and the erasure of people who were deleted before, do not count.
 */
export const inSnapshot = (range: EventRange) => `seq <= ?6${withoutDeleted(range)}`;

/** Steps that end before the range begins, and those after it, match no event of it. */
function withoutHad({ had, lower, upper }: EventRange): string {
  const first = had.findIndex(({ until }) => until > lower.time);
  if (first === -1) return "";
  const last = had.findIndex(({ until }) => until > upper.time);
  return ` AND seq > ${hadUpTo(had.slice(first, last === -1 ? undefined : last + 1))}`;
}

/** SQL: the sequence number up to which an event was had. A binary search, so that many steps cost little a row. */
function hadUpTo(steps: readonly HadStep[]): string {
  const middle = steps.length >> 1;
  const step = steps[middle === 0 ? 0 : middle - 1];
  if (step === undefined) return "0";
  const [before, after] =
    middle === 0 ? [String(step.seq), "0"] : [hadUpTo(steps.slice(0, middle)), hadUpTo(steps.slice(middle))];
  return `CASE WHEN occurred_at < ${step.until} THEN ${before} ELSE ${after} END`;
}

/** SQL: the event has one of the range's types. */
const hasType = ({ types, table }: EventRange) =>
  types === null ? "?7 IS NULL" : `${table.typeColumn} IN (SELECT value FROM json_each(?7))`;

const withoutDeleted = (range: EventRange) =>
  range.excludeDeleted === undefined
    ? ""
    : ` AND ${excludeDeleted(range.table.name, range.excludeDeleted === "now" ? "true" : "d.seq <= ?6")}`;

/** The parameters ?1 to ?8 of `betweenKeys` and `belongs`. */
export const eventRangeParams = (range: EventRange) =>
  [
    range.spaceId,
    range.lower.time,
    range.lower.id,
    range.upper.time,
    range.upper.id,
    range.seq,
    range.types === null ? null : JSON.stringify(range.types),
    range.stored === undefined ? (range.person ?? null) : JSON.stringify(range.stored.ids),
  ] as const;

/** Times lie within ±4·10^15 ms. With this added they have 16 digits, so their text sorts as the number does. */
export const DIGITS_16 = 5_000_000_000_000_000;

/** SQL: a key as text that sorts as the key does. */
export const KEY_TEXT = `(occurred_at + ${DIGITS_16}) || id`;

/** Parses a key's text: 16 digits of its time, then its id. */
export const parseKey = (text: string): EventKey => ({
  time: Number(text.slice(0, 16)) - DIGITS_16,
  id: text.slice(16),
});

/** The first place after an event: no id sorts between this one and the same with a control character behind it. */
export const justAfter = ({ time, id }: EventKey): EventKey => ({ time, id: `${id}\u0001` });

/** Orders by (time, id); ids by their UTF-8 bytes, as SQLite does. */
export function compareKeys(a: EventKey, b: EventKey): number {
  return a.time - b.time || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}

/** Deletes the space's oldest events that occurred before `before` (epoch ms), at most `limit`. @returns how many. */
export async function deleteEventsBefore(
  db: Database,
  { name }: EventTable,
  spaceId: string,
  before: number,
  limit: number,
): Promise<number> {
  return db.run(
    `DELETE FROM ${name} WHERE space_no = ${SPACE_NO} AND (occurred_at, id) IN
       (SELECT occurred_at, id FROM ${name} WHERE space_no = ${SPACE_NO} AND occurred_at < ?2 ORDER BY occurred_at, id LIMIT ?3)`,
    [spaceId, before, limit],
  );
}

/** Which of these ids the space already has in a table. */
export async function findKnownIds(
  db: Database,
  table: EventTable["name"] | "touchpoints",
  spaceId: string,
  ids: Iterable<string>,
): Promise<Set<string>> {
  const results = await db.batch<{ id: string }>(
    jsonLists([...new Set(ids)]).map((list) =>
      statement(
        `SELECT e.id FROM json_each(?2) j CROSS JOIN ${table} e ON e.space_no = ${SPACE_NO} AND e.id = j.value`,
        [spaceId, list],
      ),
    ),
  );
  return new Set(results.flatMap((result) => result.rows.map((row) => row.id)));
}
