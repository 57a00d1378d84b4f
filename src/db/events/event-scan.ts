/**
 * Scans of a range of events. One query reads a slice: a number of events from a key on, whether they belong to the
 * range or not. The next query goes on after the last event that was read, so that a rare type among millions of events
 * costs many short queries and never a long one.
 */

import type { Database, Param } from "../core/database.ts";
import {
  belongs,
  inSnapshot,
  betweenKeys,
  type EventKey,
  type EventRange,
  eventRangeParams,
  justAfter,
  KEY_TEXT,
  parseKey,
} from "./event-range.ts";

/**
 * The most events that one query scans. D1 counts up to four rows for each: the event, two look-ups of its type, and
 * that of its person's deletion. Together they stay below 250,000 rows.
 */
export const MAX_SCAN = 60_000;
/** Of one person's events the entry of the index counts too. */
const MAX_PERSON_SCAN = 48_000;

/** The most events that one query of a range scans. */
export const maxScanOf = ({ person }: Pick<EventRange, "person">): number =>
  person === undefined ? MAX_SCAN : MAX_PERSON_SCAN;

/** What every slice tells: `next` is where the next slice begins, or null at the end of the range. */
export interface Slice {
  scanned: number;
  next: EventKey | null;
}

/**
 * Scans the first `rows` events between the keys of a range, as a table
 * `scanned (key, occurred_at, matches, bytes, known)`: `matches` is 1 for an event of the range, `known` for one of the
 * snapshot, `bytes` is the length of its text column.
 * @param select SQL of the result's further columns. @param more its parameters, from ?10 on.
 */
export async function scanSlice<Row>(
  db: Database,
  range: EventRange,
  rows: number,
  select: string,
  more: readonly Param[] = [],
): Promise<Row & Slice> {
  const { textColumn } = range.table;
  const found = await db.first<Row & { scanned: number; last: string | null }>(
    `WITH scanned (key, occurred_at, matches, bytes, known) AS (
       SELECT ${KEY_TEXT}, occurred_at, ${belongs(range)}, octet_length(${textColumn}), ${inSnapshot(range)}
       FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT ?9)
     SELECT count(*) AS scanned, max(key) AS last, ${select} FROM scanned`,
    [...eventRangeParams(range), rows, ...more],
  );
  if (found === null) throw new Error("The scan of a slice of events returned no row.");
  return { ...found, next: found.last === null || found.scanned < rows ? null : justAfter(parseKey(found.last)) };
}

/**
 * The place where a scan of `rows` events ends, for a page that found fewer than it asked for.
 * @returns the key after the last scanned event, or null at the end of the range.
 */
export async function endOfScan(db: Database, range: EventRange, rows: number): Promise<EventKey | null> {
  const found = await db.first<{ key: string }>(
    `SELECT ${KEY_TEXT} AS key FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT 1 OFFSET ?9`,
    [...eventRangeParams(range), rows - 1],
  );
  return found === null ? null : justAfter(parseKey(found.key));
}

/**
 * The key of one event of a slice.
 * @param of which events count: those of the range, or all of the snapshot.
 * @param place its number among them in the slice, from 0.
 */
export async function keyAt(
  db: Database,
  range: EventRange,
  rows: number,
  of: "range" | "snapshot",
  place: number,
): Promise<EventKey> {
  const counts = of === "range" ? belongs(range) : `${inSnapshot(range)} AND ?7 IS ?7`;
  const found = await db.first<{ key: string }>(
    `SELECT key FROM (SELECT ${KEY_TEXT} AS key, ${counts} AS counts
       FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT ?9) WHERE counts LIMIT 1 OFFSET ?10`,
    [...eventRangeParams(range), rows, place],
  );
  if (found === null) throw new Error("An event of a slice was not found a second time.");
  return parseKey(found.key);
}
