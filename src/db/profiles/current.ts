/**
 * Profiles for a write that depends on current data: the current versions, guards that they did not change since they
 * were read, and inserts of new profiles.
 */

import { countChanges, type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";
import { noneMerged } from "./merges.ts";

/** The current version of a person's profile; `seq_from` and the rest are null for a person without one. */
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

/** The most bytes of a page of current profiles; its first profile may have more. */
const PAGE_BYTES = 2_000_000;

/** The current versions of the first of these persons, as many as fit a page, at least one. */
export const readCurrent = (db: Database, spaceId: string, personIds: readonly string[]) =>
  db.all<CurrentProfile>(
    `SELECT w.person_id, p.seq_from, p.external_person_id, p.company_id, p.type, p.identifiers, p.attributes, p.tags,
       p.installations
     FROM (SELECT j.key AS place, j.value AS person_id,
             sum(coalesce(octet_length(s.identifiers) + octet_length(s.attributes) + octet_length(s.tags)
               + octet_length(s.installations), 0)) OVER (ORDER BY j.key) AS bytes
           FROM json_each(?2) j LEFT JOIN profiles s ON s.space_id = ?1 AND s.person_id = j.value AND s.seq_to IS NULL) w
     LEFT JOIN profiles p ON p.space_id = ?1 AND p.person_id = w.person_id AND p.seq_to IS NULL
     WHERE w.place = 0 OR w.bytes <= ?3 ORDER BY w.place`,
    [spaceId, JSON.stringify(personIds), PAGE_BYTES],
  );

/** A person and the `seq_from` of the version that a write has read; null: there was no profile. */
export type ExpectedVersion = readonly [personId: string, seqFrom: number | null];

/** Fails the batch (`isGuardFailure`) if a person has another current version than expected. */
export function versionsUnchanged(spaceId: string, expected: readonly ExpectedVersion[]): Statement {
  return statement(
    `INSERT INTO guard SELECT 0 FROM json_each(?2) j LEFT JOIN profiles p
       ON p.space_id = ?1 AND p.person_id = j.value ->> 0 AND p.seq_to IS NULL
     WHERE p.seq_from IS NOT (j.value ->> 1)`,
    [spaceId, JSON.stringify(expected)],
  );
}

/** Fails the batch (`isGuardFailure`) if one of these persons has no profile. */
export function personsUnchanged(spaceId: string, personIds: readonly string[]): Statement[] {
  return jsonLists(personIds).map((list) =>
    statement(
      `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE NOT EXISTS
         (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = j.value AND p.seq_to IS NULL)`,
      [spaceId, list],
    ),
  );
}

/**
 * Inserts rows of persons, all or nothing, with the next sequence number.
 * @returns how many rows were new.
 * @throws a guard failure (`isGuardFailure`) when a person has no profile by now.
 */
export async function insertOfPersons(
  db: Database,
  spaceId: string,
  rows: readonly { person_id: string }[],
  inserts: readonly Statement[],
): Promise<number> {
  const personIds = [...new Set(rows.map((row) => row.person_id))];
  const before = [nextSequence(spaceId), ...personsUnchanged(spaceId, personIds)];
  const results = await db.batch<{ n?: number }>([...before, ...inserts.flatMap((insert) => [insert, countChanges()])]);
  return results.slice(before.length).reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0);
}

/** A profile without attributes, and without identifiers other than a custom id. */
export interface NewProfile {
  person_id: string;
  external_person_id: string | null;
  custom_id: string | null;
  type: string | null;
}

/** Inserts profiles, and fails the batch (`isGuardFailure`) if a profile has one of their ids, or one is merged. */
export function insertProfiles(spaceId: string, profiles: readonly NewProfile[], now: number): Statement[] {
  const ids = profiles.map((profile) => profile.person_id);
  const inserts = jsonLists(profiles).flatMap((list) => [
    statement(
      `INSERT INTO guard SELECT 0 FROM json_each(?2) j WHERE
         EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = j.value ->> 'person_id' AND p.seq_to IS NULL)
         OR EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1
           AND p.external_person_id = j.value ->> 'external_person_id' AND p.seq_to IS NULL)
         OR EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1
           AND p.custom_id = j.value ->> 'custom_id' AND p.seq_to IS NULL)`,
      [spaceId, list],
    ),
    statement(
      `INSERT INTO profiles (space_id, seq_from, seq_to, person_id, external_person_id, company_id, type, identifiers,
         attributes, created_at, updated_at)
       SELECT ?1, ${THIS_SEQUENCE}, NULL, value ->> 'person_id', value ->> 'external_person_id', NULL, value ->> 'type',
         json_patch('{}', json_object('custom_id', value ->> 'custom_id')), '{}', ?3, ?3 FROM json_each(?2)`,
      [spaceId, list, now],
    ),
  ]);
  return [...noneMerged(spaceId, ids), ...inserts];
}
