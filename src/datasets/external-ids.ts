/**
 * persons → the external ids that they had at a snapshot. What stood at a snapshot never changes, so what one page looked up
 * serves the next, and the next chunk of the same export in the same isolate; the memory it takes is bounded.
 */

import type { Database } from "../db/database.ts";
import { externalIdsAt } from "../db/profiles.ts";

const MOST_PERSONS = 50_000;

const known: { snapshot: string; ids: Map<string, string | null> } = { snapshot: "", ids: new Map() };

/** @returns a map that has every one of these persons; null where one has no external id. */
export async function externalIds(
  db: Database,
  spaceId: string,
  seq: number,
  personIds: Iterable<string>,
): Promise<ReadonlyMap<string, string | null>> {
  const snapshot = `${spaceId}@${seq}`;
  if (known.snapshot !== snapshot || known.ids.size > MOST_PERSONS) {
    known.snapshot = snapshot;
    known.ids = new Map();
  }
  // A chunk of another export may start anew meanwhile: this one keeps the map it began with.
  const ids = known.ids;
  const missing = [...new Set(personIds)].filter((personId) => !ids.has(personId));
  if (missing.length > 0) {
    const found = await externalIdsAt(db, spaceId, seq, missing);
    for (const personId of missing) ids.set(personId, null);
    for (const row of found) ids.set(row.person_id, row.external_person_id);
  }
  return ids;
}
