/** Where the last events of a range begin: scans from the end backwards, in slices, as event-scan.ts does. */

import type { Database } from "../core/database.ts";
import {
  belongs,
  betweenKeys,
  type EventKey,
  type EventRange,
  eventRangeParams,
  KEY_TEXT,
  parseKey,
} from "./event-range.ts";
import { maxScanOf } from "./event-scan.ts";

/** Events of the first slice: most lists have names that are not rare. */
const FIRST_SLICE = 4_000;

/** The last `?9` events between the keys, with whether they belong to the range. */
const fromEnd = (range: EventRange) =>
  `SELECT ${KEY_TEXT} AS key, ${belongs(range)} AS matches FROM ${betweenKeys(range)}
   ORDER BY occurred_at DESC, id DESC LIMIT ?9`;

/**
 * @param max `records`: how many events; `scanned`: how many are looked through for them, of whatever type.
 * @returns the key of the first of the last `records` events; the range's lower bound where it has fewer; the place
 * where the scan ended, if that is later.
 */
export async function startOfLast(
  db: Database,
  range: EventRange,
  max: { records: number; scanned: number },
  maxScan = maxScanOf(range),
): Promise<EventKey> {
  const left = { ...max };
  let rows = Math.min(left.records, FIRST_SLICE, maxScan, left.scanned);
  for (let rest = range; ;) {
    const slice = await db.first<{ scanned: number; matches: number; lowest: string | null }>(
      `SELECT count(*) AS scanned, ifnull(sum(matches), 0) AS matches, min(key) AS lowest FROM (${fromEnd(rest)})`,
      [...eventRangeParams(rest), rows],
    );
    if (slice === null) throw new Error("The scan of a slice of events returned no row.");
    if (slice.matches >= left.records) return keyFromEnd(db, rest, rows, left.records - 1);
    if (slice.lowest === null || slice.scanned < rows) return range.lower;
    left.records -= slice.matches;
    left.scanned -= slice.scanned;
    const lowest = parseKey(slice.lowest);
    if (left.scanned <= 0) return lowest;
    rest = { ...rest, upper: lowest };
    rows = Math.min(maxScan, left.scanned);
  }
}

/** @param place of the event among those of the range, from the end, from 0. */
async function keyFromEnd(db: Database, range: EventRange, rows: number, place: number): Promise<EventKey> {
  const found = await db.first<{ key: string }>(
    `SELECT key FROM (${fromEnd(range)}) WHERE matches LIMIT 1 OFFSET ?10`,
    [...eventRangeParams(range), rows, place],
  );
  if (found === null) throw new Error("An event of a slice was not found a second time.");
  return parseKey(found.key);
}
