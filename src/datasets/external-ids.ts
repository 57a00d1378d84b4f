/** persons → their external ids at a snapshot; null for a person without one. */

import { externalIdsAt } from "../db/profiles/profiles.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

const MAX_PERSONS = 50_000;

export const externalIds = new SnapshotCache<string>(MAX_PERSONS, async ({ db, spaceId, seq }, personIds) => {
  const rows = await externalIdsAt(db, spaceId, seq, personIds);
  return rows.map((row) => [row.person_id, row.external_person_id]);
});
