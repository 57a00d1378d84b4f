/** Writing events that were sent: once, with the sequence number of their write, all of a call or none. */

import { type Database, statement } from "../core/database.ts";
import { type DefinitionPremise, definitionsUnchanged } from "./definitions.ts";
import { insertRows, type NewEvent } from "./event-rows.ts";
import { jsonLists } from "../core/pagination.ts";
import { takeSequence } from "../core/sequences.ts";
import { insertProfiles, type NewProfile, personsUnchanged } from "../profiles/current.ts";

export interface IngestWrite {
  events: readonly NewEvent[];
  /** Profiles that these events make. */
  profiles: readonly NewProfile[];
  /** The ids of the events that do: had the space one of these, the event would not be written, nor the profile made. */
  makers: readonly string[];
  /** Events that the service makes of that. */
  made: readonly NewEvent[];
  /** What was looked at: definitions, and the persons of the events. */
  definitions: readonly DefinitionPremise[];
  personIds: readonly string[];
}

/**
 * Writes events, all or nothing, with the next sequence number. An id that the space has is left as it is.
 * @returns how many of `events` were new.
 * @throws a guard failure (`isGuardFailure`) when what was looked at has moved, and when a profile that is to be made or an event
 * that makes one is there by now; nothing is written then.
 */
export async function insertEvents(
  db: Database,
  spaceId: string,
  write: IngestWrite,
  receivedAt: number,
): Promise<number> {
  const before = [
    takeSequence(spaceId),
    definitionsUnchanged(spaceId, write.definitions),
    ...insertProfiles(spaceId, write.profiles, receivedAt),
    ...personsUnchanged(spaceId, write.personIds),
    ...jsonLists(write.makers).map((list) =>
      statement(
        `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE EXISTS
           (SELECT 1 FROM events e WHERE e.space_id = ?1 AND e.id = j.value)`,
        spaceId,
        list,
      ),
    ),
  ];
  const inserts = insertRows(spaceId, write.events, receivedAt);
  const results = await db.batch([...before, ...inserts, ...insertRows(spaceId, write.made, receivedAt)]);
  return results.slice(before.length, before.length + inserts.length).reduce((sum, result) => sum + result.changes, 0);
}

/** Those of these ids of events that the space has. */
export async function knownEvents(db: Database, spaceId: string, ids: readonly string[]): Promise<Set<string>> {
  const results = await db.batch<{ id: string }>(
    jsonLists(ids).map((list) =>
      statement(
        "SELECT e.id FROM json_each(?2) j CROSS JOIN events e ON e.space_id = ?1 AND e.id = j.value",
        spaceId,
        list,
      ),
    ),
  );
  return new Set(results.flatMap((result) => result.rows.map((row) => row.id)));
}
