/** Writing touchpoints: once, with the sequence number of their write, all of a call or none. */

import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/pagination.ts";
import { takeSequence, THIS_SEQUENCE } from "../core/sequences.ts";

export interface NewTouchpoint {
  id: string;
  person_id: string;
  /** 0 direct, 1 neither direct nor paid, 2 paid. */
  kind: 0 | 1 | 2;
  /** Epoch ms. */
  occurred_at: number;
  source: string;
  ad_id: string | null;
  adset_id: string | null;
  campaign_id: string | null;
  account_id: string | null;
}

/**
 * Writes touchpoints, all or nothing, with the next sequence number. An id that the space has is left as it is.
 * @returns how many were new.
 * @throws a guard failure (`isGuardFailure`) when a person of these has no profile by now; nothing is written then.
 */
export async function insertTouchpoints(
  db: Database,
  spaceId: string,
  touchpoints: readonly NewTouchpoint[],
  receivedAt: number,
): Promise<number> {
  const personIds = [...new Set(touchpoints.map((touchpoint) => touchpoint.person_id))];
  const before = [
    takeSequence(spaceId),
    ...jsonLists(personIds).map((list) =>
      statement(
        `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE NOT EXISTS
           (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = j.value AND p.seq_to IS NULL)`,
        spaceId,
        list,
      ),
    ),
  ];
  const rows = touchpoints.map((each) => [
    each.id,
    each.person_id,
    each.kind,
    each.occurred_at,
    each.source,
    each.ad_id,
    each.adset_id,
    each.campaign_id,
    each.account_id,
  ]);
  const inserts = jsonLists(rows).map((list) =>
    statement(
      `INSERT INTO touchpoints (space_id, id, person_id, kind, occurred_at, source, ad_id, adset_id, campaign_id, account_id,
         seq, received_at)
       SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
         value ->> 8, ${THIS_SEQUENCE}, ?3
       FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
      spaceId,
      list,
      receivedAt,
    ),
  );
  const results = await db.batch([...before, ...inserts]);
  return results.slice(before.length).reduce((sum, result) => sum + result.changes, 0);
}

/** Those of these ids of touchpoints that the space has. */
export async function knownTouchpoints(db: Database, spaceId: string, ids: readonly string[]): Promise<Set<string>> {
  const results = await db.batch<{ id: string }>(
    jsonLists(ids).map((list) =>
      statement(
        "SELECT t.id FROM json_each(?2) j CROSS JOIN touchpoints t ON t.space_id = ?1 AND t.id = j.value",
        spaceId,
        list,
      ),
    ),
  );
  return new Set(results.flatMap((result) => result.rows.map((row) => row.id)));
}
