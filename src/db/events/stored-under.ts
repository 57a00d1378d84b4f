/** Where a list of one person's events finds them, if people are merged into the person. */

import type { Database } from "../core/database.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { mergedIntoAt } from "../profiles/merges.ts";
import type { StoredUnder } from "./event-range.ts";

/** Events that one query sorts. */
const FEW = 40_000;

/** The ids under which a person's events are stored as of a sequence number; undefined: the person's own alone. */
export async function storedUnder(
  db: Database,
  spaceId: string,
  seq: number,
  personId: string,
  few = FEW,
): Promise<StoredUnder | undefined> {
  const merged = await mergedIntoAt(db, spaceId, seq, [personId]);
  if (merged.length === 0) return undefined;
  const ids = [personId, ...merged.map((each) => each.person_id)];
  const row = await db.first<{ n: number }>(
    `SELECT count(*) AS n FROM (SELECT 1 FROM events e INDEXED BY events_by_person
       WHERE e.space_no = ${SPACE_NO} AND e.person_id IN (SELECT value FROM json_each(?2)) LIMIT ?3)`,
    [spaceId, JSON.stringify(ids), few + 1],
  );
  return { ids, few: (row?.n ?? 0) <= few };
}
