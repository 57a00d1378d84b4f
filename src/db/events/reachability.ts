/**
 * Reachability events: written once with the sequence number of their write, read in the order of their key
 * (occurred_at, id). An event has at most 1,000 bytes with its ids, so a page is a thousand rows.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { belongs, betweenKeys, type EventRange, eventRangeParams, justAfter } from "./event-range.ts";
import { endOfScan, MAX_SCAN } from "./event-scan.ts";
import { jsonLists } from "../core/json-lists.ts";
import { SPACE_NO, THIS_SEQUENCE } from "../core/sequences.ts";
import { insertOfPersons } from "../profiles/current.ts";

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

/** The bytes of an event's texts. */
export const reachabilityBytes = ({ id, person_id, channel, installation_id, event }: NewReachability): number =>
  [id, person_id, channel, installation_id ?? "", event].reduce((sum, text) => sum + Buffer.byteLength(text), 0);

export interface ReachabilityRecord extends NewReachability {
  received_at: number;
}

/**
 * Inserts events with the sequence number of the batch. An event whose id the space already has stays unchanged.
 * @param lists JSON lists of NewReachability.
 */
export function insertReachability(spaceId: string, lists: readonly string[], receivedAt: number): Statement[] {
  return lists.map((list) =>
    statement(
      `INSERT INTO reachability_events
         (space_no, occurred_at, id, seq, person_id, channel, installation_id, received_at, event)
       SELECT ${SPACE_NO}, value ->> 'occurred_at', value ->> 'id', ${THIS_SEQUENCE}, value ->> 'person_id', value ->> 'channel',
         value ->> 'installation_id', ?3, value ->> 'event'
       FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
      [spaceId, list, receivedAt],
    ),
  );
}

/**
 * Writes the events of a request, all or nothing, with the next sequence number. An event whose id the space already
 * has stays unchanged.
 * @returns how many were new.
 * @throws a guard failure (`isGuardFailure`) when a person no longer has a profile; nothing is written then.
 */
export async function loadReachability(
  db: Database,
  spaceId: string,
  events: readonly NewReachability[],
  receivedAt: number,
): Promise<number> {
  return insertOfPersons(db, spaceId, events, insertReachability(spaceId, jsonLists(events), receivedAt));
}

const PAGE_ROWS = 1_000;

/**
 * The events of a range in their order, page by page.
 * @param maxScan events that one query scans at most, whether they belong to the range or not.
 */
export async function* readReachability(
  db: Database,
  range: EventRange,
  rows = PAGE_ROWS,
  maxScan = MAX_SCAN,
): AsyncGenerator<ReachabilityRecord[]> {
  for (let rest = range; ;) {
    const page = await db.all<ReachabilityRecord>(
      `SELECT occurred_at, id, person_id, channel, installation_id, received_at, event FROM (
         SELECT *, ${belongs(range)} AS matches FROM ${betweenKeys(range)} ORDER BY occurred_at, id LIMIT ?9)
       WHERE matches LIMIT ?10`,
      [...eventRangeParams(rest), maxScan, rows],
    );
    if (page.some((each, n) => each.occurred_at < (page[n - 1]?.occurred_at ?? each.occurred_at)))
      throw new Error("A page of reachability events is not in the order of occurred_at.");
    const last = page.at(-1);
    if (last !== undefined) yield page;
    const isFull = last !== undefined && page.length === rows;
    const lower = isFull ? justAfter({ time: last.occurred_at, id: last.id }) : await endOfScan(db, rest, maxScan);
    if (lower === null) return;
    rest = { ...range, lower };
  }
}
