/** Where chunks of events end, and where the files in a chunk begin. */

import type { Database } from "../core/database.ts";
import { type EventKey, type EventRange, parseKey } from "./event-range.ts";
import { keyAt, maxScanOf, scanSlice } from "./event-scan.ts";

/** What a chunk holds at most. */
export interface CutLimits {
  /** Events of the range. */
  records: number;
  /** Bytes of their text columns. */
  bytes: number;
  /** Events of the snapshot, of whatever type: those that a reader of the chunk looks through. */
  scanned: number;
}

/** A chunk that was cut off. */
export interface Cut {
  records: number;
  /** The key of its first event; null: it has none. */
  first: EventKey | null;
  /** The key of the next event, or the place where the limit of scanned events was reached; null: the range ends. */
  next: EventKey | null;
}

/** Events of the first slice of a cut: their sizes tell how many the next slice should have. */
const FIRST_SLICE = 4_000;
/** A slice that is meant to reach the limit of bytes has this much more, as events differ in size. */
const MARGIN = 1.1;

const SUMS = `ifnull(sum(matches), 0) AS n, ifnull(sum(iif(matches, bytes, 0)), 0) AS bytes,
  ifnull(sum(known), 0) AS known, min(iif(matches, key, NULL)) AS first, max(iif(matches, key, NULL)) AS last_match`;

interface Sums {
  n: number;
  bytes: number;
  known: number;
  first: string | null;
  last_match: string | null;
}

/**
 * Cuts the first events off a range: as many as the limits allow, and at least one where the limit of scanned events
 * allows it. The cut depends on the events of the snapshot alone, and not on how many a query scans.
 */
export async function cutEvents(
  db: Database,
  range: EventRange,
  max: CutLimits,
  maxScan = maxScanOf(range),
): Promise<Cut> {
  const left = { ...max };
  let first: EventKey | null = null;
  /** The place where the limit of scanned events is reached. */
  let limit: EventKey | null = null;
  let records = 0;
  let rows = Math.min(max.records + 1, FIRST_SLICE, maxScan);
  for (let rest = range; ;) {
    const slice = await scanSlice<Sums>(db, rest, rows, SUMS);
    if (limit === null && slice.known > left.scanned) {
      limit = await keyAt(db, rest, rows, "snapshot", left.scanned);
      rest = { ...rest, upper: limit };
      continue;
    }
    if (slice.first !== null) first ??= parseKey(slice.first);
    const fits = slice.bytes <= left.bytes;
    if (fits && slice.n === left.records + 1 && slice.last_match !== null)
      return { records: max.records, first, next: parseKey(slice.last_match) };
    const beyond = fits && slice.n <= left.records ? null : await firstBeyond(db, rest, rows, left, records === 0);
    if (beyond !== null) return { records: records + beyond.place, first, next: beyond.key };
    records += slice.n;
    left.records -= slice.n;
    left.bytes -= slice.bytes;
    left.scanned -= slice.known;
    if (slice.next === null) return { records, first, next: limit };
    rest = { ...rest, lower: slice.next };
    rows = Math.max(1, Math.min(maxScan, rowsToFill(left, slice)));
  }
}

/** How many events to scan until the limits are reached, if the next ones are as those of a slice. */
function rowsToFill(left: CutLimits, slice: Sums & { scanned: number }): number {
  if (slice.n === 0) return Infinity;
  const byRows = ((left.records + 1) * slice.scanned) / slice.n;
  const byBytes = (left.bytes * slice.scanned * MARGIN) / Math.max(slice.bytes, 1);
  return Math.ceil(Math.min(byRows, Math.max(byBytes, FIRST_SLICE)));
}

/**
 * The first event of a slice that exceeds what is left.
 * @param isEmpty whether the chunk has no event yet: it then takes the first one, whatever its size.
 * @returns its place among the slice's events of the range, from 0, and its key; null: all of them fit.
 */
async function firstBeyond(
  db: Database,
  range: EventRange,
  rows: number,
  left: CutLimits,
  isEmpty: boolean,
): Promise<{ place: number; key: EventKey } | null> {
  const { sizes } = await scanSlice<{ sizes: string | null }>(db, range, rows, `${list("bytes")} AS sizes`);
  let total = 0;
  const place = numbersIn(sizes).findIndex((bytes, n) => {
    total += bytes;
    return n >= left.records || (total > left.bytes && !(isEmpty && n === 0));
  });
  return place === -1 ? null : { place, key: await keyAt(db, range, rows, "range", place) };
}

/** When the first event of a range occurred, and every nth after it: the range is a chunk's, and read whole. */
export async function timesOfEveryNth(
  db: Database,
  range: EventRange,
  n: number,
  maxScan = maxScanOf(range),
): Promise<number[]> {
  const times: number[] = [];
  let before = 0;
  for (let next: EventKey | null = range.lower; next !== null;) {
    const rest: EventRange = { ...range, lower: next };
    const slice = await scanSlice<{ times: string | null }>(db, rest, maxScan, `${list("occurred_at")} AS times`);
    const found = numbersIn(slice.times);
    times.push(...found.filter((_, place) => (before + place) % n === 0));
    before += found.length;
    ({ next } = slice);
  }
  return times;
}

/**
 * SQL: a number of each event of the range, in their order. A window function would read every row several times. Each
 * number has at most 16 digits, so that the text of `MAX_SCAN` events stays below 2,000,000 bytes.
 */
const list = (column: "bytes" | "occurred_at") => `group_concat(${column}) FILTER (WHERE matches)`;

const numbersIn = (text: string | null): number[] => (text === null ? [] : text.split(",").map(Number));
