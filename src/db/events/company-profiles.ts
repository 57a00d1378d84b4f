/** How many profiles companies have: each query of a company's journey looks at all of them. */

import type { Database } from "../core/database.ts";
import { inBatches } from "../core/batching.ts";
import { PERSONS } from "./journeys.ts";

/** A company's profiles beyond this number are not counted. */
export const MAX_COMPANY_PROFILES = 20_000;

/** Rows that one query of this file scans, about. */
const ROWS_PER_QUERY = 200_000;
/** Most companies have fewer profiles: only the others are counted up to the maximum. */
const FEW = 400;

/**
 * Counts the profiles that have had these companies, in all their versions: so many rows are scanned for a journey.
 * @param merged whether to count the people who are merged into these too.
 * @returns company → number, at most `max` + 1.
 */
export async function countCompanyProfiles(
  db: Database,
  spaceId: string,
  companyIds: readonly string[],
  max = MAX_COMPANY_PROFILES,
  few = FEW,
  merged = false,
): Promise<Map<string, number>> {
  const counts = await countUpTo(db, spaceId, companyIds, Math.min(few, max + 1), merged);
  const many = [...counts].flatMap(([id, count]) => (count >= few ? [id] : []));
  for (const [id, count] of await countUpTo(db, spaceId, many, max + 1, merged)) counts.set(id, count);
  return counts;
}

/** SQL: people who are or were merged into a person. */
const LINKS = "CROSS JOIN merges m INDEXED BY merges_by_into ON m.space_id = ?1 AND m.into_id = p.person_id";

async function countUpTo(
  db: Database,
  spaceId: string,
  companyIds: readonly string[],
  limit: number,
  merged: boolean,
): Promise<Map<string, number>> {
  const ofCompany = "p.space_id = ?1 AND p.company_id = j.value";
  const counted = [
    `SELECT 1 FROM ${PERSONS} WHERE ${ofCompany}`,
    // Links of any time: a query of a journey looks at each of them.
    ...(merged ? [`SELECT 1 FROM ${PERSONS} ${LINKS} WHERE ${ofCompany}`] : []),
  ];
  const counts = new Map<string, number>();
  const perQuery = Math.max(1, Math.floor(ROWS_PER_QUERY / limit));
  for (let from = 0; from < companyIds.length; from += perQuery)
    for (const batch of inBatches(companyIds.slice(from, from + perQuery))) {
      const rows = await db.all<{ id: string; profiles: number }>(
        `SELECT j.value AS id, (SELECT count(*) FROM (${counted.join(" UNION ALL ")} LIMIT ?3)) AS profiles
         FROM json_each(?2) j`,
        [spaceId, JSON.stringify(batch), limit],
      );
      for (const { id, profiles } of rows) counts.set(id, profiles);
    }
  return counts;
}
