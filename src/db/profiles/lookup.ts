/** Looks up current profiles: by the ids that name a person, and as a list. A deleted person has no current profile. */

import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { PROFILE_COLUMNS, type ProfileRow } from "./profiles.ts";

/** A person by all ids, with the company to which their events belong. */
export interface ResolvedPerson {
  person_id: string;
  external_person_id: string | null;
  custom_id: string | null;
  company_id: string | null;
}

/** The ids that name a person: each belongs to at most one current profile of a space. */
export const PERSON_IDS = ["person_id", "external_person_id", "custom_id"] as const;

/** The current profiles that these ids name. */
export async function resolvePersons(
  db: Database,
  spaceId: string,
  ids: Readonly<Record<(typeof PERSON_IDS)[number], readonly string[]>>,
): Promise<ResolvedPerson[]> {
  const statements = PERSON_IDS.flatMap((name) =>
    jsonLists(ids[name]).map((list) =>
      statement(
        `SELECT p.person_id, p.external_person_id, p.custom_id, p.company_id FROM json_each(?2) j CROSS JOIN profiles p
         ON p.space_id = ?1 AND p.${name} = j.value AND p.seq_to IS NULL`,
        [spaceId, list],
      ),
    ),
  );
  if (statements.length === 0) return [];
  return (await db.batch<ResolvedPerson>(statements)).flatMap((result) => result.rows);
}

/** An id that a write gives to a person. */
export type GivenId = readonly [personId: string, id: string];

/** Which of these ids other people have, and who. @param name the kind of id. */
export async function holdersOf(
  db: Database,
  spaceId: string,
  name: "external_person_id" | "custom_id",
  given: readonly GivenId[],
): Promise<{ person_id: string; id: string }[]> {
  const lists = jsonLists(given);
  if (lists.length === 0) return [];
  const results = await db.batch<{ person_id: string; id: string }>(
    lists.map((list) =>
      statement(
        `SELECT p.person_id, p.${name} AS id FROM json_each(?2) j CROSS JOIN profiles p
         ON p.space_id = ?1 AND p.${name} = j.value ->> 1 AND p.seq_to IS NULL
         WHERE p.person_id <> j.value ->> 0`,
        [spaceId, list],
      ),
    ),
  );
  return results.flatMap((result) => result.rows);
}

/** The bytes of these persons' current profiles together, without their ids and times. */
export async function currentBytes(db: Database, spaceId: string, personIds: readonly string[]): Promise<number> {
  const row = await db.first<{ bytes: number }>(
    `SELECT coalesce(sum(octet_length(p.identifiers) + octet_length(p.attributes) + octet_length(p.tags)
       + octet_length(p.topics) + octet_length(p.installations)), 0) AS bytes
     FROM json_each(?2) j CROSS JOIN profiles p ON p.space_id = ?1 AND p.person_id = j.value AND p.seq_to IS NULL`,
    [spaceId, JSON.stringify(personIds)],
  );
  return row?.bytes ?? 0;
}

export interface ProfileFilter {
  external_person_id: string | null;
  custom_id: string | null;
  /** The last profile of the page before. */
  afterId: string | null;
  limit: number;
}

/** The most bytes of a page of profiles; its first profile may have more. */
const PAGE_BYTES = 8_000_000;

/**
 * Current profiles by person_id, at most `limit`.
 * @returns the profiles that fit a page's bytes, and whether further ones follow among the first `limit`.
 */
export async function listProfiles(
  db: Database,
  spaceId: string,
  filter: ProfileFilter,
): Promise<{ rows: ProfileRow[]; cut: boolean }> {
  const named = (["external_person_id", "custom_id"] as const).map((name, n) =>
    filter[name] === null ? `?${n + 5} IS NULL` : `${name} = ?${n + 5}`,
  );
  const rows = await db.all<ProfileRow & { found: number }>(
    `SELECT w.found, ${PROFILE_COLUMNS.split(", ")
      .map((column) => `p.${column}`)
      .join(", ")}
     FROM (SELECT person_id, count(*) OVER () AS found, row_number() OVER (ORDER BY person_id) AS place,
             sum(bytes) OVER (ORDER BY person_id) AS bytes
           FROM (SELECT person_id, octet_length(identifiers) + octet_length(attributes) + octet_length(tags)
                   + octet_length(topics) + octet_length(installations) AS bytes
                 FROM profiles WHERE space_id = ?1 AND seq_to IS NULL AND person_id > ?2 AND ${named.join(" AND ")}
                 ORDER BY person_id LIMIT ?3)) w
     CROSS JOIN profiles p ON p.space_id = ?1 AND p.person_id = w.person_id AND p.seq_to IS NULL
     WHERE w.place = 1 OR w.bytes <= ?4 ORDER BY w.person_id`,
    [spaceId, filter.afterId ?? "", filter.limit, PAGE_BYTES, filter.external_person_id, filter.custom_id],
  );
  return { rows, cut: rows.length < (rows[0]?.found ?? 0) };
}
