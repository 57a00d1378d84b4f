/**
 * Events by person: those of several persons with one query, each person's in the order of (occurred_at, id). A page is packed
 * by SQLite and taken apart here, as pages of events are; what is large comes as its size first.
 */

import type { Database } from "../core/database.ts";
import { excludeDeleted } from "../profiles/deletions.ts";

/** Which events: those with sequence ≤ seq, of these definitions, with occurred_at < before (epoch ms). */
export interface PersonEventRange {
  spaceId: string;
  seq: number;
  definitionIds: readonly string[];
  before: number;
  /** Without those of people who were deleted, up to `seq`. */
  excludeDeleted: boolean;
}

/** A person, and the key after which their events begin; an empty id comes before every event of its millisecond. */
export type FromKey = readonly [personId: string, time: number, id: string];

export interface PersonEvent {
  /** The person's, in the list that was asked for. */
  place: number;
  occurredAt: number;
  id: string;
  definitionId: string;
  definitionVersion: number;
  receivedAt: number;
  /** JSON object; of a large one its number of bytes: see `fillLarge`. */
  properties: string;
}

/** An event has 350 bytes beside its properties at most: with so many, a page stays under D1's 2,000,000 bytes. */
export const MAX_PERSON_EVENTS = 1_500;
export const PERSON_EVENTS_BYTES = 900_000;

/**
 * The first so many events of these persons, one person after the other. The order is that of the list and of the index: the join
 * is made in this order, and what does not come in it is an error.
 */
export async function readPersonEvents(
  db: Database,
  range: PersonEventRange,
  persons: readonly FromKey[],
  rows: number,
): Promise<PersonEvent[]> {
  const withoutDeleted = range.excludeDeleted ? ` AND ${excludeDeleted("e", "d.seq <= ?2")}` : "";
  const page = await db.first<{ packed: string | null }>(
    `SELECT group_concat(place || char(9) || occurred_at || char(9) || id || char(9) || definition_id || char(9)
         || definition_version || char(9) || received_at || char(9)
         || CASE WHEN octet_length(properties) > ?7 THEN octet_length(properties) ELSE properties END, char(10)) AS packed
     FROM (SELECT j.key AS place, e.occurred_at, e.id, e.definition_id, e.definition_version, e.received_at, e.properties
           FROM json_each(?3) j CROSS JOIN events e INDEXED BY events_by_person
             ON e.space_id = ?1 AND e.person_id = j.value ->> 0
               AND (e.occurred_at, e.id) > (j.value ->> 1, j.value ->> 2) AND e.occurred_at < ?5 AND e.seq <= ?2
               AND e.definition_id IN (SELECT value FROM json_each(?4))${withoutDeleted}
           LIMIT ?6)`,
    range.spaceId,
    range.seq,
    JSON.stringify(persons),
    JSON.stringify(range.definitionIds),
    range.before,
    rows,
    Math.floor(PERSON_EVENTS_BYTES / rows),
  );
  const packed = page?.packed;
  if (packed === null || packed === undefined) return [];
  let before: Pick<PersonEvent, "place" | "occurredAt"> = { place: -1, occurredAt: 0 };
  // Neither a JSON text nor an id has a raw tab or line feed in it.
  return packed.split("\n").map((line) => {
    const [place, occurredAt, id = "", definitionId = "", version, receivedAt, properties = ""] = line.split("\t");
    const event = {
      place: Number(place),
      occurredAt: Number(occurredAt),
      id,
      definitionId,
      definitionVersion: Number(version),
      receivedAt: Number(receivedAt),
      properties,
    };
    if (event.place < before.place || (event.place === before.place && event.occurredAt < before.occurredAt))
      throw new Error("events of persons came out of order");
    before = event;
    return event;
  });
}
