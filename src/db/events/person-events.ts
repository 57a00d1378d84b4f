/**
 * Events by person: one query reads the events of several persons, each person's in the order of (occurred_at, id).
 * SQLite packs a page and this file unpacks it, as for pages of events; in place of large properties the page has their
 * size.
 */

import type { Database } from "../core/database.ts";
import { SPACE_NO } from "../core/sequences.ts";
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

/** The order of a person's events: by the time at which they occurred, then by the bytes of their ids. */
export const byKey = (a: PersonEvent, b: PersonEvent): number =>
  a.occurredAt - b.occurredAt || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));

/** An event has at most 350 bytes beside its properties: this many events stay under D1's 2,000,000 bytes. */
export const MAX_PERSON_EVENTS = 1_500;
export const PERSON_EVENTS_BYTES = 900_000;

/** Events that one query scans, of whatever definition: each counts as up to four rows, as D1 counts them. */
export const MAX_SCANNED_EVENTS = 60_000;

/** Events of persons that were read together, and where the next page begins: null after the last one. */
export interface PersonEventPage {
  events: PersonEvent[];
  /** `place` is the index of the person in the requested list. */
  next: { place: number; from: FromKey } | null;
}

/** SQL: the persons' events (?3), whether they belong to the range or not. */
const BETWEEN_KEYS = `json_each(?3) j CROSS JOIN events e INDEXED BY events_by_person
  ON e.space_no = ${SPACE_NO} AND e.person_id = j.value ->> 0
    AND (e.occurred_at, e.id) > (j.value ->> 1, j.value ->> 2) AND e.occurred_at < ?2`;

/**
 * The first `rows` events of these persons, one person after the other. CROSS JOIN and the index determine the order:
 * persons as listed, then each person's events. A page in another order throws. A page may have fewer events, or none,
 * where few of those that it scans belong to the range.
 * @param maxScan events that the query scans at most. @param bytes of the page, about.
 */
export async function readPersonEvents(
  db: Database,
  range: PersonEventRange,
  persons: readonly FromKey[],
  rows: number,
  maxScan = MAX_SCANNED_EVENTS,
  bytes = PERSON_EVENTS_BYTES,
): Promise<PersonEventPage> {
  const withoutDeleted = range.excludeDeleted ? ` AND ${excludeDeleted("e", "d.seq <= ?5")}` : "";
  const matches = `(e.seq <= ?5 AND e.definition_id IN (SELECT value FROM json_each(?4))${withoutDeleted})`;
  const list = JSON.stringify(persons);
  const page = await db.first<{ packed: string | null }>(
    `SELECT group_concat(place || char(9) || occurred_at || char(9) || id || char(9) || definition_id || char(9)
         || definition_version || char(9) || received_at || char(9)
         || CASE WHEN octet_length(properties) > ?7 THEN octet_length(properties) ELSE properties END, char(10)) AS packed
     FROM (SELECT * FROM (
       SELECT j.key AS place, e.occurred_at, e.id, e.definition_id, e.definition_version, e.received_at, e.properties,
         ${matches} AS matches
       FROM ${BETWEEN_KEYS} LIMIT ?8) WHERE matches LIMIT ?6)`,
    [
      range.spaceId,
      range.before,
      list,
      JSON.stringify(range.definitionIds),
      range.seq,
      rows,
      Math.floor(bytes / rows),
      maxScan,
    ],
  );
  const events = unpack(page?.packed ?? "");
  const last = events.at(-1);
  const end =
    last !== undefined && events.length === rows
      ? last
      : await db.first<Pick<PersonEvent, "place" | "occurredAt" | "id">>(
          `SELECT j.key AS place, e.occurred_at AS occurredAt, e.id FROM ${BETWEEN_KEYS} LIMIT 1 OFFSET ?4`,
          [range.spaceId, range.before, list, maxScan - 1],
        );
  if (end === null) return { events, next: null };
  const { place, occurredAt, id } = end;
  return { events, next: { place, from: [persons[place]?.[0] ?? "", occurredAt, id] } };
}

function unpack(packed: string): PersonEvent[] {
  if (packed === "") return [];
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
