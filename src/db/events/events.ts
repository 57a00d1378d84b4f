/**
 * Events: written once with the sequence number of their write, read in the order of their key (occurred_at, id).
 * SQLite packs a page into one string and this file unpacks it: that costs a third less than rows do (`npm run bench`).
 */

import type { Database } from "../core/database.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { belongs, betweenKeys, type EventRange, eventRangeParams, justAfter } from "./event-range.ts";
import { endOfScan, maxScanOf } from "./event-scan.ts";
import { type JourneyColumn, journeyText, MAX_SCAN_WITH_JOURNEYS } from "./journey-column.ts";

export interface EventRecord {
  occurredAt: number;
  id: string;
  definitionId: string;
  personId: string;
  sessionId: string | null;
  companyId: string | null;
  receivedAt: number;
  /** JSON object. */
  properties: string;
}

/** An event of a page. */
export interface PageEvent extends EventRecord {
  /** What the page's column of journeys tells (journey-column.ts); empty where it tells nothing. */
  journey: string;
}

const FIRST_PAGE_ROWS = 500;
const PAGE_BYTES = 900_000;

/** What bounds a page: rows, and bytes of the properties that come with it, and as many of its journeys. */
const LIMITS = {
  /** Five ids of at most 200 bytes per event and 0.9 MB of properties: a page stays under D1's 2,000,000 bytes. */
  plain: { rows: 1_500, bytes: PAGE_BYTES },
  withJourneys: { rows: 1_000, bytes: 550_000 },
} as const;

/**
 * The events of a range in their order, page by page. A page has about 0.9 MB at most, whatever the size of an event:
 * the number of rows follows the last page's average, and for an event much larger than that average the query returns
 * only the size of its properties; `fillLarge` then fetches the properties by the event's key.
 * @param column what each event tells of its person's journey; null: nothing.
 * @param maxScan events that one query scans at most, whether they belong to the range or not.
 */
export async function* readEvents(
  db: Database,
  range: EventRange,
  column: JourneyColumn | null = null,
  maxScan = column === null ? maxScanOf(range) : MAX_SCAN_WITH_JOURNEYS,
): AsyncGenerator<PageEvent[]> {
  const max = LIMITS[column === null ? "plain" : "withJourneys"];
  let rows = Math.min(FIRST_PAGE_ROWS, maxScan);
  for (let rest = range; ;) {
    const inlineBytes = Math.floor(max.bytes / rows);
    // Properties may be long: they are copied for events of the range alone, which are those that have some here.
    const page = await db.first<{ packed: string | null }>(
      `SELECT group_concat(occurred_at || char(9) || id || char(9) || definition_id || char(9) || person_id || char(9)
           || ifnull(session_id, '') || char(9) || ifnull(company_id, '') || char(9) || received_at || char(9)
           ${column === null ? "" : "|| iif(octet_length(journey) <= ?11, journey, '') || char(9)"}
           || CASE WHEN octet_length(properties) > ?11 THEN octet_length(properties) ELSE properties END, char(10)) AS packed
       FROM (SELECT *${column === null ? "" : `, ${journeyText(column)} AS journey`} FROM (
         SELECT occurred_at, id, definition_id, person_id, session_id, company_id, received_at,
           CASE WHEN ${belongs(range)} THEN properties END AS properties
         FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT ?9) e WHERE properties IS NOT NULL LIMIT ?10)`,
      [...eventRangeParams(rest), maxScan, rows, inlineBytes],
    );
    const packed = page?.packed ?? "";
    const records = unpack(packed, column !== null);
    const last = records.at(-1);
    if (last !== undefined) yield* fillLarge(db, range.spaceId, records);
    const isFull = last !== undefined && records.length === rows;
    const lower = isFull ? justAfter({ time: last.occurredAt, id: last.id }) : await endOfScan(db, rest, maxScan);
    if (lower === null) return;
    rest = { ...range, lower };
    if (packed.length > 0)
      rows = Math.max(10, Math.min(max.rows, Math.floor((PAGE_BYTES * records.length) / (2 * packed.length))));
  }
}

/** JSON texts and ids contain no raw tab or line feed, so the packed page needs no quoting. */
function unpack(packed: string, withJourneys: boolean): PageEvent[] {
  const records: PageEvent[] = [];
  let at = 0;
  let before = Number.NEGATIVE_INFINITY;
  const field = (): string => {
    const end = packed.indexOf("\t", at);
    const text = packed.slice(at, end);
    at = end + 1;
    return text;
  };
  while (at < packed.length) {
    const occurredAt = Number(field());
    if (occurredAt < before) throw new Error("A page of events is not in the order of occurred_at.");
    before = occurredAt;
    const id = field();
    const definitionId = field();
    const personId = field();
    const sessionId = field();
    const companyId = field();
    const receivedAt = Number(field());
    const journey = withJourneys ? field() : "";
    const lineEnd = packed.indexOf("\n", at);
    const end = lineEnd === -1 ? packed.length : lineEnd;
    const properties = packed.slice(at, end);
    at = end + 1;
    records.push({
      occurredAt,
      id,
      definitionId,
      personId,
      sessionId: sessionId === "" ? null : sessionId,
      companyId: companyId === "" ? null : companyId,
      receivedAt,
      properties,
      journey,
    });
  }
  return records;
}

/** A record's key and its properties: a JSON object, or in place of a large one its number of bytes. */
type Fillable = Pick<EventRecord, "occurredAt" | "id" | "properties">;

/** Yields the records in their order, with the properties of large ones fetched, at most a page's bytes at a time. */
export async function* fillLarge<Item extends Fillable>(
  db: Database,
  spaceId: string,
  records: readonly Item[],
): AsyncGenerator<Item[]> {
  let ready: Item[] = [];
  let large: Item[] = [];
  let largeBytes = 0;
  for (const record of records) {
    if (!record.properties.startsWith("{")) {
      const bytes = Number(record.properties);
      if (large.length > 0 && largeBytes + bytes > PAGE_BYTES) {
        await fetchProperties(db, spaceId, large);
        yield ready;
        ready = [];
        large = [];
        largeBytes = 0;
      }
      large.push(record);
      largeBytes += bytes;
    }
    ready.push(record);
  }
  if (large.length > 0) await fetchProperties(db, spaceId, large);
  yield ready;
}

/** Replaces each record's properties with the stored ones. */
async function fetchProperties(db: Database, spaceId: string, records: readonly Fillable[]): Promise<void> {
  const found = await db.all<{ id: string; properties: string }>(
    `SELECT e.id, e.properties FROM json_each(?2) j CROSS JOIN events e
       ON e.space_no = ${SPACE_NO} AND e.occurred_at = j.value ->> 0 AND e.id = j.value ->> 1`,
    [spaceId, JSON.stringify(records.map((record) => [record.occurredAt, record.id]))],
  );
  const byId = new Map(found.map((row) => [row.id, row.properties]));
  for (const record of records) {
    const properties = byId.get(record.id);
    if (properties === undefined) throw new Error("An event was deleted while its page was read.");
    record.properties = properties;
  }
}
