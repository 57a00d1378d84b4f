/** Writes the events of one request: each once, with the sequence number of the write, all or nothing. */

import { countChanges, type Database, statement } from "../core/database.ts";
import { type ExpectedDefinition, definitionsUnchanged } from "./definitions.ts";
import { type EventRows, insertRows, type NewEvent } from "./event-rows.ts";
import { recordFirstEvents } from "./first-events.ts";
import { jsonLists } from "../core/json-lists.ts";
import { nextSequence, SPACE_NO } from "../core/sequences.ts";
import { insertProfiles, type NewProfile, personsUnchanged } from "../profiles/current.ts";

export interface IngestWrite {
  events: EventRows;
  /** Of these events, those of definitions that were unused when the caller read them. */
  firstEvents: readonly Pick<NewEvent, "id" | "definition_id">[];
  /** Profiles that these events create. */
  profiles: readonly NewProfile[];
  /** Ids of the events that create profiles. Where the space already has one of these events, nothing is written. */
  profileCreatingIds: readonly string[];
  /** Events that the service derives from the new profiles. */
  derived: readonly NewEvent[];
  /** What the caller read before: versions of the definitions, and the persons of the events. */
  definitions: readonly ExpectedDefinition[];
  personIds: readonly string[];
}

/**
 * Writes events, all or nothing, with the next sequence number. An event whose id the space already has stays
 * unchanged.
 * @returns how many of `events` were new.
 * @throws a guard failure (`isGuardFailure`), with nothing written, when a definition or person changed since it was
 * read, or when a profile to create, or an event that creates one, exists by now.
 */
export async function insertEvents(
  db: Database,
  spaceId: string,
  write: IngestWrite,
  receivedAt: number,
): Promise<number> {
  const before = [
    nextSequence(spaceId),
    definitionsUnchanged(spaceId, write.definitions),
    ...insertProfiles(spaceId, write.profiles, receivedAt),
    ...personsUnchanged(spaceId, write.personIds),
    ...jsonLists(write.profileCreatingIds).map((list) =>
      statement(
        `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE EXISTS
           (SELECT 1 FROM events e WHERE e.space_no = ${SPACE_NO} AND e.id = j.value)`,
        [spaceId, list],
      ),
    ),
  ];
  const inserts = write.events.statements(spaceId, receivedAt).flatMap((insert) => [insert, countChanges()]);
  const after = [
    ...insertRows(spaceId, write.derived, receivedAt),
    ...recordFirstEvents(spaceId, write.definitions, [...write.firstEvents, ...write.derived]),
  ];
  const results = await db.batch<{ n?: number }>([...before, ...inserts, ...after]);
  const counts = results.slice(before.length, before.length + inserts.length);
  return counts.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0);
}
