/**
 * Ranges of events in the order of their key (occurred_at, id). Both tables of events, `events` and
 * `reachability_events`, share this key, the sequence number of the write, and one column for the event's type, so they
 * share these queries.
 */

import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/pagination.ts";
import { excludeDeleted } from "../profiles/deletions.ts";

/** A place in the order of events. An empty id sorts before every event of its millisecond. */
export interface EventKey {
  time: number;
  id: string;
}

/** A table of events. `typeColumn` is the column that `EventRange.types` filters by. */
export interface EventTable {
  name: "events" | "reachability_events";
  typeColumn: "definition_id" | "channel";
}

export const EVENTS: EventTable = { name: "events", typeColumn: "definition_id" };
export const REACHABILITY_EVENTS: EventTable = { name: "reachability_events", typeColumn: "channel" };

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
  /** Leaves out people who were deleted up to the snapshot, or up to now; undefined: no deletion is pending. */
  excludeDeleted?: "at_snapshot" | "now" | undefined;
}

/** SQL: the WHERE of a range, with parameters ?1 to ?7. @param from `>` leaves out the event at the lower key. */
export const inEventRange = (range: EventRange, from: ">" | ">=" = ">=") =>
  `${betweenKeys(from)} AND ${belongs(range)}`;

/** SQL: the event's key is in the range. */
export const betweenKeys = (from: ">" | ">=" = ">=") =>
  `space_id = ?1 AND (occurred_at, id) ${from} (?2, ?3) AND (occurred_at, id) < (?4, ?5)`;

/** SQL: what an event between the keys must be besides. */
export const belongs = (range: EventRange) =>
  `seq <= ?6 AND ${hasType(range)}${withoutHad(range)}${withoutDeleted(range)}`;

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

const hasType = ({ types, table }: EventRange) =>
  types === null ? "?7 IS NULL" : `${table.typeColumn} IN (SELECT value FROM json_each(?7))`;

const withoutDeleted = (range: EventRange) =>
  range.excludeDeleted === undefined
    ? ""
    : ` AND ${excludeDeleted(range.table.name, range.excludeDeleted === "now" ? "true" : "d.seq <= ?6")}`;

/** The parameters ?1 to ?7 of `inEventRange`. */
export const eventRangeParams = (range: EventRange, lower: EventKey = range.lower) =>
  [
    range.spaceId,
    lower.time,
    lower.id,
    range.upper.time,
    range.upper.id,
    range.seq,
    range.types === null ? null : JSON.stringify(range.types),
  ] as const;

/** Times lie within ±4·10^15 ms. With this added they have 16 digits, so their text sorts as the number does. */
export const DIGITS_16 = 5_000_000_000_000_000;

/** Parses a key's text: 16 digits of its time, then its id. */
export const parseKey = (text: string): EventKey => ({
  time: Number(text.slice(0, 16)) - DIGITS_16,
  id: text.slice(16),
});

/** Orders by (time, id); ids by their UTF-8 bytes, as SQLite does. */
export function compareKeys(a: EventKey, b: EventKey): number {
  return a.time - b.time || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}

/**
 * Cuts the first `max` events off a range. Reads one row more than it counts, in one pass.
 * @returns how many there are, at most `max`, and the key of the event after them, or null.
 */
export async function cutEvents(
  db: Database,
  range: EventRange,
  max: number,
): Promise<{ records: number; next: EventKey | null }> {
  const found = await db.first<{ n: number; last: string | null }>(
    `SELECT count(*) AS n, max((occurred_at + ${DIGITS_16}) || id) AS last
     FROM (SELECT occurred_at, id FROM ${range.table.name} WHERE ${inEventRange(range)} ORDER BY occurred_at, id LIMIT ?8)`,
    [...eventRangeParams(range), max + 1],
  );
  if (found === null || found.last === null || found.n <= max) return { records: found?.n ?? 0, next: null };
  return { records: max, next: parseKey(found.last) };
}

/** When the first event of a range occurred, and every nth after it: the range is a chunk's, and read whole. */
export async function timesOfEveryNth(db: Database, range: EventRange, n: number): Promise<number[]> {
  const rows = await db.all<{ time: number }>(
    `SELECT occurred_at AS time FROM (SELECT occurred_at, row_number() OVER (ORDER BY occurred_at, id) - 1 AS place
       FROM ${range.table.name} WHERE ${inEventRange(range)}) WHERE place % ?8 = 0 ORDER BY place`,
    [...eventRangeParams(range), n],
  );
  return rows.map((row) => row.time);
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
    `DELETE FROM ${name} WHERE space_id = ?1 AND (occurred_at, id) IN
       (SELECT occurred_at, id FROM ${name} WHERE space_id = ?1 AND occurred_at < ?2 ORDER BY occurred_at, id LIMIT ?3)`,
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
      statement(`SELECT e.id FROM json_each(?2) j CROSS JOIN ${table} e ON e.space_id = ?1 AND e.id = j.value`, [
        spaceId,
        list,
      ]),
    ),
  );
  return new Set(results.flatMap((result) => result.rows.map((row) => row.id)));
}
