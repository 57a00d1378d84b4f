/** Whose events are in a range, and how large they are: what a cut of chunks asks, without the events' properties. */

import type { Database } from "../core/database.ts";
import { belongs, betweenKeys, type EventRange, eventRangeParams, justAfter } from "./event-range.ts";
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
