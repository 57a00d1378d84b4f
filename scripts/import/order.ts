/**
 * Which batches may not be under way at the same time. The service takes calls as they come, in either order: of two events of one
 * id the first one stays, and an event needs its person, whom the event before it may make. The file's order is to decide that.
 */

import { rulesOf } from "../../src/ingest/catalogue/rules.ts";
import type { Item } from "./events.ts";

/** What a batch has to do with others. */
export interface Names {
  ids: ReadonlySet<unknown>;
  persons: ReadonlySet<string>;
  /** Of those persons: whom its events make, where they are not there yet. */
  made: ReadonlySet<string>;
}

/** @param arePersonsThere no event has to make one. */
export function namesIn(batch: readonly Item[], arePersonsThere: boolean): Names {
  const names = { ids: new Set<unknown>(), persons: new Set<string>(), made: new Set<string>() };
  for (const { id, definitionId, person } of batch) {
    names.ids.add(id);
    if (arePersonsThere) continue;
    const { person_id: personId, external_person_id: externalId } = person;
    const key = typeof personId === "string" ? `p${personId}` : `x${String(externalId)}`;
    names.persons.add(key);
    if (makesPersons(definitionId)) names.made.add(key);
  }
  return names;
}

/** Either would make a difference to the other. */
export function mustFollow(batch: Names, before: Names): boolean {
  return meet(batch.ids, before.ids) || meet(batch.persons, before.made) || meet(batch.made, before.persons);
}

function meet<Name>(these: ReadonlySet<Name>, those: ReadonlySet<Name>): boolean {
  for (const name of these) if (those.has(name)) return true;
  return false;
}

/** A definition of the space's own may have such an id: its events wait then, and need not. */
function makesPersons(definitionId: unknown): boolean {
  return rulesOf({ id: String(definitionId), category: "" }).createsProfileOfType !== undefined;
}
