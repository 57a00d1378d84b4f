/**
 * Events: written once with the sequence number of their write, read in the order of their key (occurred_at, id).
 * A page is one string that SQLite packs and this file unpacks: that costs a third less than rows do (`npm run bench`).
 */

import type { Database } from "../core/database.ts";
import { excludeDeleted } from "../profiles/deletions.ts";

/** A place in the order of events. An empty id comes before every event of its millisecond. */
export interface EventKey {
  time: number;
  id: string;
}

/** Which events: those of a space with sequence ≤ seq, of these definitions (null: of any), with lower ≤ key < upper. */
export interface EventRange {
  spaceId: string;
  seq: number;
  /** Without those with a sequence up to this one that occurred before this time, epoch ms; null: with all. */
  since: { seq: number; end: number } | null;
  definitionIds: readonly string[] | null;
  lower: EventKey;
  upper: EventKey;
  /** Without those of people who were deleted, up to the snapshot or up to now; left out: there are none such. */
  sifted?: "at_snapshot" | "now" | undefined;
}

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

/** The WHERE of a range; parameters ?1 to ?9. `from` says whether the event at the lower key itself is in. */
const inRange = (range: EventRange, from: ">" | ">=" = ">=") =>
  `space_id = ?1 AND (occurred_at, id) ${from} (?2, ?3) AND (occurred_at, id) < (?4, ?5) AND seq <= ?6 AND (seq > ?8 OR occurred_at >= ?9) ${
    range.definitionIds === null ? "AND ?7 IS NULL" : "AND definition_id IN (SELECT value FROM json_each(?7))"
  }${sifting(range)}`;

const sifting = ({ sifted }: EventRange) =>
  sifted === undefined ? "" : ` AND ${excludeDeleted("events", sifted === "now" ? "true" : "d.seq <= ?6")}`;

const rangeParams = (range: EventRange, lower: EventKey = range.lower) =>
  [
    range.spaceId,
    lower.time,
    lower.id,
    range.upper.time,
    range.upper.id,
    range.seq,
    range.definitionIds === null ? null : JSON.stringify(range.definitionIds),
    range.since?.seq ?? 0,
    range.since?.end ?? 0,
  ] as const;

/** Times are kept within ±4·10^15 ms; with this added they all have 16 digits, and compare as texts as they do as numbers. */
export const DIGITS_16 = 5_000_000_000_000_000;

/**
 * Cuts the first `rows` events off a range. Reads one row more than it counts, in one pass.
 * @returns how many there are, `rows` at most, and the key of the event after them, or null.
 */
export async function cutEvents(
  db: Database,
  range: EventRange,
  rows: number,
): Promise<{ records: number; next: EventKey | null }> {
  const found = await db.first<{ n: number; last: string | null }>(
    `SELECT count(*) AS n, max((occurred_at + ${DIGITS_16}) || id) AS last
     FROM (SELECT occurred_at, id FROM events WHERE ${inRange(range)} ORDER BY occurred_at, id LIMIT ?10)`,
    ...rangeParams(range),
    rows + 1,
  );
  if (found === null || found.last === null || found.n <= rows) return { records: found?.n ?? 0, next: null };
  return { records: rows, next: keyOf(found.last) };
}

/** A key from its text: 16 digits of its time, then its id. */
export const keyOf = (text: string): EventKey => ({ time: Number(text.slice(0, 16)) - DIGITS_16, id: text.slice(16) });

export async function countEvents(db: Database, range: EventRange): Promise<number> {
  const row = await db.first<{ n: number }>(
    `SELECT count(*) AS n FROM events WHERE ${inRange(range)}`,
    ...rangeParams(range),
  );
  return row?.n ?? 0;
}

/** What one query of `definitionsOf` reads: D1 gives a query 30 seconds. */
const SCAN_ROWS = 250_000;

/**
 * The definitions that events of a range are of. Events have no index by definition: this reads the whole range, one query
 * each 250,000 events, so it is for those who need it alone.
 */
export async function definitionsOf(db: Database, range: EventRange, rows = SCAN_ROWS): Promise<Set<string>> {
  const found = new Set<string>();
  let lower = range.lower;
  let from: ">" | ">=" = ">=";
  for (;;) {
    const groups = await db.all<{ definition_id: string; n: number; last: string }>(
      `SELECT definition_id, count(*) AS n, max(max((occurred_at + ${DIGITS_16}) || id)) OVER () AS last
       FROM (SELECT definition_id, occurred_at, id FROM events WHERE ${inRange(range, from)}
             ORDER BY occurred_at, id LIMIT ?10)
       GROUP BY definition_id`,
      ...rangeParams(range, lower),
      rows,
    );
    for (const group of groups) found.add(group.definition_id);
    const last = groups[0]?.last;
    if (last === undefined || groups.reduce((sum, group) => sum + group.n, 0) < rows) return found;
    lower = keyOf(last);
    from = ">";
  }
}

const FIRST_PAGE_ROWS = 500;
/** An event carries five ids of at most 200 bytes each: with their properties, a page stays under D1's 2,000,000 bytes. */
const MAX_PAGE_ROWS = 1_500;
const PAGE_BYTES = 900_000;

/**
 * The events of a range in their order, page by page. A page holds about 0.9 MB at most, whatever an event's size: how
 * many rows are asked follows the last page's average, and an event that is much larger than that average comes as its
 * size first and is then fetched by its key.
 */
export async function* readEvents(db: Database, range: EventRange): AsyncGenerator<EventRecord[]> {
  let lower = range.lower;
  let from: ">" | ">=" = ">=";
  let rows = FIRST_PAGE_ROWS;
  for (;;) {
    const inlineBytes = Math.floor(PAGE_BYTES / rows);
    const page = await db.first<{ packed: string | null }>(
      `SELECT group_concat(occurred_at || char(9) || id || char(9) || definition_id || char(9) || person_id || char(9)
           || ifnull(session_id, '') || char(9) || ifnull(company_id, '') || char(9) || received_at || char(9)
           || CASE WHEN octet_length(properties) > ?11 THEN octet_length(properties) ELSE properties END, char(10)) AS packed
       FROM (SELECT occurred_at, id, definition_id, person_id, session_id, company_id, received_at, properties
             FROM events WHERE ${inRange(range, from)} ORDER BY occurred_at, id LIMIT ?10)`,
      ...rangeParams(range, lower),
      rows,
      inlineBytes,
    );
    const packed = page?.packed;
    if (packed === null || packed === undefined) return;
    const records = unpack(packed);
    const last = records.at(-1);
    if (last === undefined) return;
    yield* fillLarge(db, range.spaceId, records);
    if (records.length < rows) return;
    lower = { time: last.occurredAt, id: last.id };
    from = ">";
    rows = Math.max(10, Math.min(MAX_PAGE_ROWS, Math.floor((PAGE_BYTES * records.length) / (2 * packed.length))));
  }
}

/** Neither a JSON text nor an id has a raw tab or line feed in it, so the packed page needs no quoting. */
function unpack(packed: string): EventRecord[] {
  const records: EventRecord[] = [];
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
    if (occurredAt < before) throw new Error("a page of events came out of order");
    before = occurredAt;
    const id = field();
    const definitionId = field();
    const personId = field();
    const sessionId = field();
    const companyId = field();
    const receivedAt = Number(field());
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
    });
  }
  return records;
}

/** What a record is found by, and what it has: a JSON object, or its number of bytes. */
type Fillable = Pick<EventRecord, "occurredAt" | "id" | "properties">;

/** Passes records on, those whose properties came as a size with their properties fetched, a page's bytes at a time. */
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

/** Replaces each record's properties by those that are stored. */
async function fetchProperties(db: Database, spaceId: string, records: readonly Fillable[]): Promise<void> {
  const found = await db.all<{ id: string; properties: string }>(
    `SELECT e.id, e.properties FROM json_each(?2) j CROSS JOIN events e
       ON e.space_id = ?1 AND e.occurred_at = j.value ->> 0 AND e.id = j.value ->> 1`,
    spaceId,
    JSON.stringify(records.map((record) => [record.occurredAt, record.id])),
  );
  const byId = new Map(found.map((row) => [row.id, row.properties]));
  for (const record of records) {
    const properties = byId.get(record.id);
    if (properties === undefined) throw new Error("an event went away while it was read");
    record.properties = properties;
  }
}
