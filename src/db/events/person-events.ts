/**
 * Events by person: one query reads the events of several persons, each person's in the order of (occurred_at, id).
 * SQLite packs a page and this file unpacks it, as for pages of events; in place of large properties the page has their
 * size.
 */

import type { Database } from "../core/database.ts";
import { excludeDeleted } from "../profiles/deletions.ts";

/** The events with sequence number ≤ seq, of these definitions, with occurred_at < before (epoch ms). */
export interface PersonEventRange {
  spaceId: string;
  seq: number;
  definitionIds: readonly string[];
  before: number;
  /** Leaves out events of people who were deleted up to `seq`. */
  excludeDeleted: boolean;
}

/** A person, and the key after which their events begin; an empty id sorts before every event of its millisecond. */
export type FromKey = readonly [personId: string, time: number, id: string];

export interface PersonEvent {
  /** The index of the person in the requested list. */
  place: number;
  occurredAt: number;
  id: string;
  definitionId: string;
  definitionVersion: number;
  receivedAt: number;
  /** JSON object; in place of a large one its number of bytes: see `fillLarge`. */
  properties: string;
}

/** An event has at most 350 bytes beside its properties: this many events stay under D1's 2,000,000 bytes. */
export const MAX_PERSON_EVENTS = 1_500;
export const PERSON_EVENTS_BYTES = 900_000;

/**
 * The first `rows` events of these persons, one person after the other. CROSS JOIN and the index determine the order:
 * persons as listed, then each person's events. A page in another order throws.
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
    [
      range.spaceId,
      range.seq,
      JSON.stringify(persons),
      JSON.stringify(range.definitionIds),
      range.before,
      rows,
      Math.floor(PERSON_EVENTS_BYTES / rows),
    ],
  );
  const packed = page?.packed;
  if (packed === null || packed === undefined) return [];
  let before: Pick<PersonEvent, "place" | "occurredAt"> = { place: -1, occurredAt: 0 };
  // JSON texts and ids contain no raw tab or line feed.
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
      throw new Error("A page of persons' events is not in the order of the index.");
    before = event;
    return event;
  });
}
