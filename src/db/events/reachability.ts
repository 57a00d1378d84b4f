/**
 * Reachability events: written once with the sequence number of their write, read in the order of their key (occurred_at, id).
 * They are small, 1,000 bytes with their ids at most: a thousand of them are a page.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { excludeDeleted } from "../profiles/deletions.ts";
import { DIGITS_16, type EventKey, type EventRange, keyOf } from "./events.ts";
import { jsonLists } from "../core/pagination.ts";
import { takeSequence, THIS_SEQUENCE } from "../core/sequences.ts";
import { personsUnchanged } from "../profiles/current.ts";

export interface NewReachability {
  id: string;
  person_id: string;
  channel: string;
  installation_id: string | null;
  /** Epoch ms. */
  occurred_at: number;
  /** JSON object: the reasons, then the channel's fields. */
  event: string;
}

export interface ReachabilityRecord extends NewReachability {
  received_at: number;
}

/** Which events: those of a space with sequence ≤ seq, of these channels (null: of any), with lower ≤ key < upper. */
export interface ReachabilityRange extends Omit<EventRange, "definitionIds" | "sifted"> {
  channels: readonly string[] | null;
  /** Without those of people who were deleted up to the snapshot; left out: there are none such. */
  sifted?: "at_snapshot" | undefined;
}

/** Writes events with the number that the batch took. An id that the space has is left as it is. */
export function insertReachability(
  spaceId: string,
  events: readonly NewReachability[],
  receivedAt: number,
): Statement[] {
  return jsonLists(events).map((list) =>
    statement(
      `INSERT INTO reachability_events
         (space_id, occurred_at, id, seq, person_id, channel, installation_id, received_at, event)
       SELECT ?1, value ->> 'occurred_at', value ->> 'id', ${THIS_SEQUENCE}, value ->> 'person_id', value ->> 'channel',
         value ->> 'installation_id', ?3, value ->> 'event'
       FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
      spaceId,
      list,
      receivedAt,
    ),
  );
}

/**
 * Writes events that were sent, all or nothing, with the next sequence number. An id that the space has is left as it is.
 * @returns how many were new.
 * @throws a guard failure (`isGuardFailure`) when one of their persons has no profile any more; nothing is written then.
 */
export async function loadReachability(
  db: Database,
  spaceId: string,
  events: readonly NewReachability[],
  receivedAt: number,
): Promise<number> {
  const before = [
    takeSequence(spaceId),
    ...personsUnchanged(spaceId, [...new Set(events.map((event) => event.person_id))]),
  ];
  const results = await db.batch([...before, ...insertReachability(spaceId, events, receivedAt)]);
  return results.slice(before.length).reduce((sum, result) => sum + result.changes, 0);
}

/** Those of these ids of reachability events that the space has. */
export async function knownReachability(db: Database, spaceId: string, ids: readonly string[]): Promise<Set<string>> {
  const results = await db.batch<{ id: string }>(
    jsonLists(ids).map((list) =>
      statement(
        `SELECT e.id FROM json_each(?2) j CROSS JOIN reachability_events e ON e.space_id = ?1 AND e.id = j.value`,
        spaceId,
        list,
      ),
    ),
  );
  return new Set(results.flatMap((result) => result.rows.map((row) => row.id)));
}

/** The WHERE of a range; parameters ?1 to ?9. `from` says whether the event at the lower key itself is in. */
const inRange = (range: ReachabilityRange, from: ">" | ">=" = ">=") =>
  `space_id = ?1 AND (occurred_at, id) ${from} (?2, ?3) AND (occurred_at, id) < (?4, ?5) AND seq <= ?6
     AND (seq > ?8 OR occurred_at >= ?9) AND (?7 IS NULL OR channel IN (SELECT value FROM json_each(?7)))${sifting(range)}`;

const sifting = ({ sifted }: ReachabilityRange) =>
  sifted === undefined ? "" : ` AND ${excludeDeleted("reachability_events", "d.seq <= ?6")}`;

const rangeParams = (range: ReachabilityRange, lower: EventKey = range.lower) =>
  [
    range.spaceId,
    lower.time,
    lower.id,
    range.upper.time,
    range.upper.id,
    range.seq,
    range.channels === null ? null : JSON.stringify(range.channels),
    range.since?.seq ?? 0,
    range.since?.end ?? 0,
  ] as const;

/**
 * Cuts the first `rows` events off a range. Reads one row more than it counts, in one pass.
 * @returns how many there are, `rows` at most, and the key of the event after them, or null.
 */
export async function cutReachability(
  db: Database,
  range: ReachabilityRange,
  rows: number,
): Promise<{ records: number; next: EventKey | null }> {
  const found = await db.first<{ n: number; last: string | null }>(
    `SELECT count(*) AS n, max((occurred_at + ${DIGITS_16}) || id) AS last
     FROM (SELECT occurred_at, id FROM reachability_events WHERE ${inRange(range)} ORDER BY occurred_at, id LIMIT ?10)`,
    ...rangeParams(range),
    rows + 1,
  );
  if (found === null || found.last === null || found.n <= rows) return { records: found?.n ?? 0, next: null };
  return { records: rows, next: keyOf(found.last) };
}

export async function countReachability(db: Database, range: ReachabilityRange): Promise<number> {
  const row = await db.first<{ n: number }>(
    `SELECT count(*) AS n FROM reachability_events WHERE ${inRange(range)}`,
    ...rangeParams(range),
  );
  return row?.n ?? 0;
}

const PAGE_ROWS = 1_000;

/** The events of a range in their order, page by page. */
export async function* readReachability(
  db: Database,
  range: ReachabilityRange,
  rows = PAGE_ROWS,
): AsyncGenerator<ReachabilityRecord[]> {
  let lower = range.lower;
  let from: ">" | ">=" = ">=";
  for (;;) {
    const page = await db.all<ReachabilityRecord>(
      `SELECT occurred_at, id, person_id, channel, installation_id, received_at, event
       FROM reachability_events WHERE ${inRange(range, from)} ORDER BY occurred_at, id LIMIT ?10`,
      ...rangeParams(range, lower),
      rows,
    );
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < rows) return;
    lower = { time: last.occurred_at, id: last.id };
    from = ">";
  }
}

/** Deletes the space's oldest events, as many as `limit`, that occurred before `before`. @returns how many went. */
export async function deleteReachabilityBefore(
  db: Database,
  spaceId: string,
  before: number,
  limit: number,
): Promise<number> {
  return db.run(
    `DELETE FROM reachability_events WHERE space_id = ?1 AND (occurred_at, id) IN
       (SELECT occurred_at, id FROM reachability_events WHERE space_id = ?1 AND occurred_at < ?2
        ORDER BY occurred_at, id LIMIT ?3)`,
    spaceId,
    before,
    limit,
  );
}
