/**
 * Merged people: whose rows are whose. A merge rewrites no row. It says that, from its sequence number on, the rows of
 * one person belong to another, and reads resolve this as of their snapshot. Writes name people by their current ids.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { asOf } from "../core/sequences.ts";
import type { PERSON_IDS, ResolvedPerson } from "./lookup.ts";

/** The most people who are merged into one person: a reader of the person reads the rows of each of them. */
export const MAX_MERGED = 100;

/** A merged person, and the person into whom this one is merged. */
export interface MergedPerson {
  person_id: string;
  into_id: string;
}

/** Which of these people are merged at present. */
export async function mergedNow(db: Database, spaceId: string, personIds: readonly string[]): Promise<MergedPerson[]> {
  const lists = jsonLists(personIds);
  if (lists.length === 0) return [];
  const results = await db.batch<MergedPerson>(
    lists.map((list) =>
      statement(
        `SELECT m.person_id, m.into_id FROM json_each(?2) j CROSS JOIN merges m
           ON m.space_id = ?1 AND m.person_id = j.value AND m.seq_to IS NULL`,
        [spaceId, list],
      ),
    ),
  );
  return results.flatMap(({ rows }) => rows);
}

/** A person whom an id names that only a merged person has or had. */
export interface FormerId {
  kind: (typeof PERSON_IDS)[number];
  id: string;
  person: ResolvedPerson;
}

/** The people whom these ids name since a merge. @param ids that no current profile has. */
export async function resolveFormerIds(
  db: Database,
  spaceId: string,
  ids: Readonly<Record<(typeof PERSON_IDS)[number], readonly string[]>>,
): Promise<FormerId[]> {
  const columns = "p.person_id, p.external_person_id, p.custom_id, p.company_id";
  const current = `JOIN profiles p ON p.space_id = ?1 AND p.person_id = m.into_id AND p.seq_to IS NULL`;
  const kinds = (["person_id", "external_person_id", "custom_id"] as const).flatMap((kind) =>
    jsonLists(ids[kind]).map((list) => [kind, list] as const),
  );
  if (kinds.length === 0) return [];
  const results = await db.batch<ResolvedPerson & { id: string }>(
    kinds.map(([kind, list]) =>
      kind === "person_id"
        ? statement(
            `SELECT j.value AS id, ${columns} FROM json_each(?2) j CROSS JOIN merges m
               ON m.space_id = ?1 AND m.person_id = j.value AND m.seq_to IS NULL CROSS ${current}`,
            [spaceId, list],
          )
        : statement(
            `SELECT j.value AS id, ${columns} FROM json_each(?2) j
             CROSS JOIN merged_ids f ON f.space_id = ?1 AND f.kind = ?3 AND f.id = j.value
             CROSS JOIN merges m ON m.space_id = ?1 AND m.person_id = f.person_id AND m.seq_to IS NULL CROSS ${current}`,
            [spaceId, list, kind],
          ),
    ),
  );
  return results.flatMap(({ rows }, n) =>
    rows.map(({ id, ...person }) => ({ kind: kinds[n]?.[0] ?? "person_id", id, person })),
  );
}

/** Fails the batch (`isGuardFailure`) if one of these people is merged by now. */
export const noneMerged = (spaceId: string, personIds: readonly string[]): Statement[] =>
  jsonLists(personIds).map((list) =>
    statement(
      `INSERT INTO guard SELECT 0 FROM json_each(?2) j CROSS JOIN merges m
         ON m.space_id = ?1 AND m.person_id = j.value AND m.seq_to IS NULL`,
      [spaceId, list],
    ),
  );

/** What reads of people's rows must look at besides: a space of which neither is true pays for neither. */
export interface PeopleChanges {
  /** Does the space have deletions up to the snapshot with rows not erased yet? See `pendingDeletions`. */
  excludeDeleted: boolean;
  /** Does the space have merges, or did it lately? */
  merged: boolean;
}

/** What has happened to people of the space up to a sequence number. */
export async function peopleChanges(db: Database, spaceId: string, seq: number): Promise<PeopleChanges> {
  const row = await db.first<{ deleted: number; merged: number }>(
    `SELECT EXISTS (SELECT 1 FROM profile_deletions d INDEXED BY profile_deletions_pending_by_seq
         WHERE d.space_id = ?1 AND d.completed_at IS NULL AND d.seq <= ?2) AS deleted,
       EXISTS (SELECT 1 FROM merges m WHERE m.space_id = ?1) AS merged`,
    [spaceId, seq],
  );
  return { excludeDeleted: row?.deleted === 1, merged: row?.merged === 1 };
}

/** Of these people, those who are merged as of a sequence number. */
export async function mergedAt(
  db: Database,
  spaceId: string,
  seq: number,
  personIds: readonly string[],
): Promise<MergedPerson[]> {
  const found: MergedPerson[] = [];
  for (const list of jsonLists(personIds))
    found.push(
      ...(await db.all<MergedPerson>(
        `SELECT m.person_id, m.into_id FROM json_each(?3) j CROSS JOIN merges m
           ON m.space_id = ?1 AND m.person_id = j.value AND ${asOf("m", "?2")}`,
        [spaceId, seq, list],
      )),
    );
  return found;
}

/** SQL, to follow FROM: a person's merged people `m` as of a sequence number. Both are SQL; the space is ?1. */
export const mergedInto = (person: string, seq: string): string =>
  `merges m INDEXED BY merges_by_into WHERE m.space_id = ?1 AND m.into_id = ${person} AND ${asOf("m", seq)}`;

/** People with whom one query of `mergedIntoAt` reads at most a hundred thousand rows. */
const PEOPLE_PER_QUERY = 1_000;

/** The people who are merged into these as of a sequence number, by both ids. */
export async function mergedIntoAt(
  db: Database,
  spaceId: string,
  seq: number,
  personIds: readonly string[],
): Promise<MergedPerson[]> {
  const found: MergedPerson[] = [];
  for (let from = 0; from < personIds.length; from += PEOPLE_PER_QUERY) {
    const rows = await db.all<MergedPerson>(
      `SELECT m.person_id, m.into_id FROM json_each(?3) j CROSS JOIN merges m INDEXED BY merges_by_into
         ON m.space_id = ?1 AND m.into_id = j.value AND ${asOf("m", "?2")} ORDER BY m.into_id, m.person_id`,
      [spaceId, seq, JSON.stringify(personIds.slice(from, from + PEOPLE_PER_QUERY))],
    );
    for (const row of rows) found.push(row);
  }
  return found;
}
