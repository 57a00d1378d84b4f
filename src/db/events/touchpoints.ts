/** Writes the touchpoints of one request: each once, with the sequence number of the write, all or nothing. */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { SPACE_NO, THIS_SEQUENCE } from "../core/sequences.ts";
import { insertOfPersons } from "../profiles/current.ts";

interface Touchpoints {
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

const COLUMNS = "id, person_id, kind, occurred_at, source, ad_id, adset_id, campaign_id, account_id";

export type NewTouchpoint = Row<Touchpoints, typeof COLUMNS>;

/**
 * Writes touchpoints, all or nothing, with the next sequence number. A touchpoint whose id the space
 * already has stays unchanged.
 * @returns how many were new.
 * @throws a guard failure (`isGuardFailure`) when a person no longer has a profile; nothing is written then.
 */
export async function insertTouchpoints(
  db: Database,
  spaceId: string,
  touchpoints: readonly NewTouchpoint[],
  receivedAt: number,
): Promise<number> {
  const rows = touchpoints.map((each) => valuesOf(each, COLUMNS));
  const inserts = jsonLists(rows).map((list) =>
    statement(
      `INSERT INTO touchpoints (space_no, ${COLUMNS}, seq, received_at)
       SELECT ${SPACE_NO}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
         value ->> 8, ${THIS_SEQUENCE}, ?3
       FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
      [spaceId, list, receivedAt],
    ),
  );
  return insertOfPersons(db, spaceId, touchpoints, inserts);
}
