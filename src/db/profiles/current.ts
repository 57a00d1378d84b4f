/**
 * Profiles for a write that looks first: the versions that stand, the guard that they have not moved meanwhile, and profiles
 * made where there were none.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/pagination.ts";
import { THIS_SEQUENCE } from "../core/sequences.ts";

/** The version of a person's profile that stands; `seq_from` and the rest are null where there is none. */
export interface CurrentProfile {
  person_id: string;
  seq_from: number | null;
  external_person_id: string | null;
  company_id: string | null;
  type: string | null;
  identifiers: string | null;
  attributes: string | null;
  tags: string | null;
  installations: string | null;
}

/** What a page of standing profiles may weigh. */
const PAGE_BYTES = 8_000_000;

/** The standing versions of as many of these persons, from the first on, as fit a page: one at least. */
export async function readCurrent(
  db: Database,
  spaceId: string,
  personIds: readonly string[],
): Promise<CurrentProfile[]> {
  return db.all<CurrentProfile>(
    `SELECT w.person_id, p.seq_from, p.external_person_id, p.company_id, p.type, p.identifiers, p.attributes, p.tags,
       p.installations
     FROM (SELECT j.key AS place, j.value AS person_id,
             sum(coalesce(octet_length(s.identifiers) + octet_length(s.attributes) + octet_length(s.tags)
               + octet_length(s.installations), 0)) OVER (ORDER BY j.key) AS bytes
           FROM json_each(?2) j LEFT JOIN profiles s ON s.space_id = ?1 AND s.person_id = j.value AND s.seq_to IS NULL) w
     LEFT JOIN profiles p ON p.space_id = ?1 AND p.person_id = w.person_id AND p.seq_to IS NULL
     WHERE w.place = 0 OR w.bytes <= ?3 ORDER BY w.place`,
    spaceId,
    JSON.stringify(personIds),
    PAGE_BYTES,
  );
}

/** A person with the number from which the standing version stands; null: there is no profile. */
export type ExpectedVersion = readonly [personId: string, seqFrom: number | null];

/** Fails the batch (`isGuardFailure`) where another version of one of these persons stands, or one where there was none. */
export function versionsUnchanged(spaceId: string, standing: readonly ExpectedVersion[]): Statement {
  return statement(
    `INSERT INTO guard SELECT 0 FROM json_each(?2) j LEFT JOIN profiles p
       ON p.space_id = ?1 AND p.person_id = j.value ->> 0 AND p.seq_to IS NULL
     WHERE p.seq_from IS NOT (j.value ->> 1)`,
    spaceId,
    JSON.stringify(standing),
  );
}

/** Fails the batch (`isGuardFailure`) where one of these persons has no profile. */
export function personsUnchanged(spaceId: string, personIds: readonly string[]): Statement[] {
  return jsonLists(personIds).map((list) =>
    statement(
      `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE NOT EXISTS
         (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = j.value AND p.seq_to IS NULL)`,
      spaceId,
      list,
    ),
  );
}

/** A profile that begins empty. */
export interface NewProfile {
  person_id: string;
  external_person_id: string | null;
  type: string;
}

/** Makes profiles, and fails the batch (`isGuardFailure`) where one of their ids is taken. */
export function insertProfiles(spaceId: string, profiles: readonly NewProfile[], now: number): Statement[] {
  return jsonLists(profiles).flatMap((list) => [
    statement(
      `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE
         EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = j.value ->> 'person_id' AND p.seq_to IS NULL)
         OR EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1
           AND p.external_person_id = j.value ->> 'external_person_id' AND p.seq_to IS NULL)`,
      spaceId,
      list,
    ),
    statement(
      `INSERT INTO profiles (space_id, seq_from, seq_to, person_id, external_person_id, company_id, type, identifiers,
         attributes, created_at, updated_at)
       SELECT ?1, ${THIS_SEQUENCE}, NULL, value ->> 'person_id', value ->> 'external_person_id', NULL, value ->> 'type',
         '{}', '{}', ?3, ?3 FROM json_each(?2)`,
      spaceId,
      list,
      now,
    ),
  ]);
}
