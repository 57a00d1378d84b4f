/** persons → the external ids that they had at a snapshot; null where one has none. */

import { externalIdsAt } from "../db/profiles.ts";
import { AtSnapshot } from "./at-snapshot.ts";

const MOST_PERSONS = 50_000;

export const externalIds = new AtSnapshot<string>(MOST_PERSONS, async (db, spaceId, seq, personIds) => {
  const rows = await externalIdsAt(db, spaceId, seq, personIds);
  return rows.map((row) => [row.person_id, row.external_person_id]);
});
