/** Whose events are in a range, and how large they are: what a cut of chunks asks, without the events' properties. */

import type { Database } from "../core/database.ts";
import {
  belongs,
  betweenKeys,
  type EventKey,
  type EventRange,
  eventRangeParams,
  justAfter,
  KEY_TEXT,
  parseKey,
} from "./event-range.ts";
import { endOfScan, maxScanOf } from "./event-scan.ts";
import { type CountedJourneys, journeyCount, MAX_SCAN_WITH_JOURNEYS } from "./journey-column.ts";
import type { EventRecord } from "./events.ts";

export interface OwnedEvent extends Pick<EventRecord, "occurredAt" | "id" | "personId" | "companyId"> {
  /** Of its properties. */
  bytes: number;
  /** The touchpoints of its person in its window; null where they were not counted. */
  touches: number | null;
}

/** Three ids of at most 200 bytes for each event: a page stays below D1's 2,000,000 bytes. */
const PAGE_ROWS = 2_500;
/** The same where touchpoints are counted, so that a query scans a bounded number of them. */
const COUNTED_ROWS = 1_000;

/** Of some events. */
export interface OwnedSum {
  records: number;
  bytes: number;
  /** Of those whose touchpoints were counted. */
  touches: number;
  /** Those whose touchpoints were not counted. */
  uncounted: number;
  /** The first place after them. */
  next: EventKey;
}

/**
 * Adds up the first events of a range.
 * @param counted the journeys of one person each, whose touchpoints are counted. @param max events, at most.
 * @returns null: none is among those that a query scans.
 */
export async function sumOwned(
  db: Database,
  range: EventRange,
  counted: CountedJourneys,
  max: number,
): Promise<OwnedSum | null> {
  const sum = await db.first<Omit<OwnedSum, "next"> & { last: string | null }>(
    `SELECT count(*) AS records, ifnull(sum(bytes), 0) AS bytes, ifnull(sum(touches), 0) AS touches,
       count(*) - count(touches) AS uncounted, max(key) AS last
     FROM (SELECT bytes, key, ${journeyCount(counted)} AS touches FROM (
       SELECT ${KEY_TEXT} AS key, occurred_at, person_id, octet_length(properties) AS bytes, ${belongs(range)} AS matches
       FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT ?9) e WHERE matches LIMIT ?10)`,
    [...eventRangeParams(range), MAX_SCAN_WITH_JOURNEYS, Math.min(max, COUNTED_ROWS)],
  );
  if (sum === null || sum.last === null) return null;
  const { last, ...sums } = sum;
  return { ...sums, next: justAfter(parseKey(last)) };
}

/**
 * The events of a range in their order, page by page.
 * @param count the number of events in the range: after so many, the end of the range is not looked for.
 * @param counted the journeys of one person each, whose touchpoints are counted; null: they are not.
 * @param rows events of a page. @param maxScan events that one query scans at most, whether they belong to the range or
 * not.
 */
export async function* readOwners(
  db: Database,
  range: EventRange,
  count: number,
  counted: CountedJourneys | null = null,
  rows = counted === null ? PAGE_ROWS : COUNTED_ROWS,
  maxScan = counted === null ? maxScanOf(range) : MAX_SCAN_WITH_JOURNEYS,
): AsyncGenerator<OwnedEvent[]> {
  const touches = counted === null ? "NULL" : journeyCount(counted);
  let left = count;
  for (let rest = range; left > 0;) {
    const page = await db.first<{ packed: string | null }>(
      `SELECT group_concat(occurred_at || char(9) || id || char(9) || person_id || char(9) || ifnull(company_id, '')
           || char(9) || bytes || char(9) || ifnull(touches, ''), char(10)) AS packed
       FROM (SELECT *, ${touches} AS touches FROM (
         SELECT occurred_at, id, person_id, company_id, octet_length(properties) AS bytes, ${belongs(range)} AS matches
         FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT ?9) e WHERE matches LIMIT ?10)`,
      [...eventRangeParams(rest), maxScan, rows],
    );
    const events = (page?.packed ?? "").split("\n").flatMap((line) => (line === "" ? [] : [parse(line)]));
    const last = events.at(-1);
    if (last !== undefined) yield events;
    left -= events.length;
    if (left <= 0) return;
    const isFull = last !== undefined && events.length === rows;
    const lower = isFull ? justAfter({ time: last.occurredAt, id: last.id }) : await endOfScan(db, rest, maxScan);
    if (lower === null) return;
    rest = { ...range, lower };
  }
}

function parse(line: string): OwnedEvent {
  const [occurredAt, id = "", personId = "", companyId = "", bytes, touches] = line.split("\t");
  return {
    occurredAt: Number(occurredAt),
    id,
    personId,
    companyId: companyId === "" ? null : companyId,
    bytes: Number(bytes),
    touches: touches === "" ? null : Number(touches),
  };
}
