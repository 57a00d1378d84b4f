/**
 * Which batches must not be in flight at the same time, so that the file's order decides and not the order in which
 * calls arrive: of two events with one id the service keeps the first, and an event needs its person, whom an earlier
 * event may create.
 */

import type { Item } from "./events.ts";

/** The built-in definitions whose events create the profile of a person who has none. */
export const CREATES_PERSON: ReadonlySet<unknown> = new Set([
  "chatbotSessionStarted",
  "chatbotSessionEnded",
  "chatbotSessionFailedToStart",
]);

/** The ids and people of a batch, by which batches depend on each other. */
export interface Names {
  ids: ReadonlySet<unknown>;
  persons: ReadonlySet<string>;
  /** The people of those whom an event of the batch creates where they do not exist. */
  created: ReadonlySet<string>;
}

/** @param arePersonsThere the people exist already, so that no event creates one. */
export function namesIn(batch: readonly Item[], arePersonsThere: boolean): Names {
  const names = { ids: new Set<unknown>(), persons: new Set<string>(), created: new Set<string>() };
  for (const { id, definitionId, person } of batch) {
    names.ids.add(id);
    if (arePersonsThere) continue;
    const { person_id: personId, external_person_id: externalId } = person;
    const key = typeof personId === "string" ? `p${personId}` : `x${String(externalId)}`;
    names.persons.add(key);
    if (createsPerson(definitionId)) names.created.add(key);
  }
  return names;
}

/** @returns whether the two batches share an id, or one may create a person of the other. */
export function mustFollow(batch: Names, before: Names): boolean {
  return meet(batch.ids, before.ids) || meet(batch.persons, before.created) || meet(batch.created, before.persons);
}

function meet<Name>(these: ReadonlySet<Name>, those: ReadonlySet<Name>): boolean {
  for (const name of these) if (those.has(name)) return true;
  return false;
}

/** A custom definition may have the id of such a built-in one: its batches then wait without need. */
function createsPerson(definitionId: unknown): boolean {
  return CREATES_PERSON.has(definitionId);
}
