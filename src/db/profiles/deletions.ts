/**
 * Deletions of people. From the deletion's sequence number on, no result shows the person. Rows up to that number are
 * erased later, in slices; rows after it belong to a new person with the same id. The deletions themselves are kept.
 */

import type { Row } from "../core/columns.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { type Position, positionParams } from "../core/pagination.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";

interface ProfileDeletions {
  id: string;
  person_id: string;
  requested_at: number;
  completed_at: number | null;
  /** JSON object: kind of row → number of erased rows. */
  deleted: string;
}

const COLUMNS = "id, person_id, requested_at, completed_at, deleted";

export type DeletionRow = Row<ProfileDeletions, typeof COLUMNS>;

/** A table with rows of persons. */
interface PersonTable {
  /** The name under which a deletion counts the rows. */
  of: string;
  table: string;
  /** The index to use, where SQLite would scan the whole space instead. */
  by?: string;
  /** The columns that identify a row among the rows of a person. */
  key: string;
  /** The column with the sequence number of the write. */
  seq: "seq" | "seq_from";
}

const PERSON_TABLES: readonly PersonTable[] = [
  { of: "events", table: "events", by: "INDEXED BY events_by_person", key: "occurred_at, id", seq: "seq" },
  { of: "touchpoints", table: "touchpoints", key: "kind, occurred_at, id", seq: "seq" },
  {
    of: "reachability_events",
    table: "reachability_events",
    by: "INDEXED BY reachability_events_by_person",
    key: "occurred_at, id",
    seq: "seq",
  },
  { of: "profile_versions", table: "profiles", key: "seq_from", seq: "seq_from" },
];

/** The kinds of rows that a deletion counts. */
export const COUNTED: readonly string[] = PERSON_TABLES.map(({ of }) => of);

/**
 * Deletes the current profile of a person, and records the deletion, by which the person's rows are erased later.
 * @param deletion its id, and the time from which the rows may be erased, epoch ms.
 * @returns the deletion; without a current profile, the person's last deletion that is not completed, or null.
 */
export async function deletePerson(
  db: Database,
  spaceId: string,
  personId: string,
  deletion: { id: string; requestedAt: number; dueAt: number },
): Promise<DeletionRow | null> {
  const results = await db.batch<DeletionRow>([
    nextSequence(spaceId),
    statement(
      `INSERT INTO profile_deletions (space_id, id, person_id, external_person_id, seq, requested_at, due_at)
       SELECT ?1, ?3, p.person_id, p.external_person_id, ${THIS_SEQUENCE}, ?4, ?5 FROM profiles p
       WHERE p.space_id = ?1 AND p.person_id = ?2 AND p.seq_to IS NULL`,
      [spaceId, personId, deletion.id, deletion.requestedAt, deletion.dueAt],
    ),
    statement(
      `UPDATE profiles SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND person_id = ?2 AND seq_to IS NULL`,
      [spaceId, personId],
    ),
    statement(
      `SELECT ${COLUMNS} FROM profile_deletions WHERE space_id = ?1 AND person_id = ?2 AND completed_at IS NULL
       ORDER BY seq DESC LIMIT 1`,
      [spaceId, personId],
    ),
  ]);
  return results.at(-1)?.rows[0] ?? null;
}

export async function findDeletion(db: Database, spaceId: string, id: string): Promise<DeletionRow | null> {
  const sql = `SELECT ${COLUMNS} FROM profile_deletions WHERE space_id = ?1 AND id = ?2`;
  return db.first<DeletionRow>(sql, [spaceId, id]);
}

/** Deletions, newest first. `completed` null: completed or not. */
export async function listDeletions(
  db: Database,
  spaceId: string,
  filter: { completed: boolean | null; limit: number; after: Position | null },
): Promise<DeletionRow[]> {
  return db.all<DeletionRow>(
    `SELECT ${COLUMNS} FROM profile_deletions
     WHERE space_id = ?1 AND (?3 IS NULL OR (completed_at IS NOT NULL) = ?3)
       AND (?4 IS NULL OR (requested_at, id) < (?4, ?5))
     ORDER BY requested_at DESC, id DESC LIMIT ?2`,
    [
      spaceId,
      filter.limit,
      filter.completed === null ? null : Number(filter.completed),
      ...positionParams(filter.after),
    ],
  );
}

/** Does a space have deletions up to `seq` with rows not erased yet? Reads as of `seq` must leave these rows out. */
export async function pendingDeletions(db: Database, spaceId: string, seq: number): Promise<boolean> {
  // With the index by number, SQLite would scan every deletion of the space.
  const sql =
    "SELECT 1 AS found FROM profile_deletions INDEXED BY profile_deletions_pending WHERE space_id = ?1 AND completed_at IS NULL AND seq <= ?2 LIMIT 1";
  return (await db.first(sql, [spaceId, seq])) !== null;
}

/** Have rows of people who were deleted after `seq` been erased? A read as of `seq` is incomplete then. */
export async function erasedSince(db: Database, spaceId: string, seq: number): Promise<boolean> {
  const sql = "SELECT 1 AS found FROM profile_deletions WHERE space_id = ?1 AND seq > ?2 AND deleted <> '{}' LIMIT 1";
  return (await db.first(sql, [spaceId, seq])) !== null;
}

/**
 * SQL: a row of a table with `person_id` and `seq` does not belong to a person who was deleted after the row was
 * written. Reads as of a sequence number add this condition if `pendingDeletions` is true. Rows that are erased during
 * the read are rows that it leaves out, so counts do not change. The space's id must be parameter ?1.
 * @param within SQL that selects the deletions `d` that count: `d.seq <= ?6`.
 */
export const excludeDeleted = (table: string, within: string): string =>
  `NOT EXISTS (SELECT 1 FROM profile_deletions d WHERE d.space_id = ?1 AND d.person_id = ${table}.person_id
     AND d.seq >= ${table}.seq AND d.completed_at IS NULL AND ${within})`;

/** A deletion between two snapshots. */
export interface DeletedPerson {
  seq: number;
  id: string;
  person_id: string;
  external_person_id: string | null;
  requested_at: number;
}

/** Deletions with fromSeq < seq ≤ toSeq, by (seq, id). @param after the last one of the page before, or null. */
export async function deletionsBetween(
  db: Database,
  spaceId: string,
  fromSeqExclusive: number,
  toSeqInclusive: number,
  after: { seq: number; id: string } | null,
  limit: number,
): Promise<DeletedPerson[]> {
  return db.all<DeletedPerson>(
    `SELECT seq, id, person_id, external_person_id, requested_at FROM profile_deletions
     WHERE space_id = ?1 AND seq > ?2 AND seq <= ?3 AND (?4 IS NULL OR (seq, id) > (?4, ?5)) ORDER BY seq, id LIMIT ?6`,
    [spaceId, fromSeqExclusive, toSeqInclusive, after?.seq ?? null, after?.id ?? null, limit],
  );
}

export interface DueDeletion {
  space_id: string;
  id: string;
  person_id: string;
  seq: number;
}

/** Leases due deletions of every space, and moves each one's due time to `againAt`. Times in epoch ms. */
export const leaseDueDeletions = (db: Database, now: number, againAt: number, limit: number) =>
  db.all<DueDeletion>(
    `UPDATE profile_deletions SET due_at = ?2 WHERE completed_at IS NULL AND (space_id, id) IN (
       SELECT space_id, id FROM profile_deletions WHERE completed_at IS NULL AND due_at <= ?1 ORDER BY due_at LIMIT ?3)
     RETURNING space_id, id, person_id, seq`,
    [now, againAt, limit],
  );

/** Makes a deletion that is not completed due, after those that have waited longer. Epoch ms. */
export async function continueDeletion(db: Database, { space_id: spaceId, id }: DueDeletion, now: number) {
  const sql = "UPDATE profile_deletions SET due_at = ?3 WHERE space_id = ?1 AND id = ?2 AND completed_at IS NULL";
  await db.run(sql, [spaceId, id, now]);
}

/**
 * Erases and counts rows of a deleted person, at most `rows` of each table. The last slice completes the deletion. A
 * slice may be repeated, also by several consumers at once.
 */
export async function eraseSlice(
  db: Database,
  deletion: DueDeletion,
  rows: number,
  now: number,
): Promise<{ rows: number; completed: boolean }> {
  const { space_id: spaceId, id, person_id: personId, seq } = deletion;
  const removals = PERSON_TABLES.flatMap((each) => removal(each, deletion, rows));
  const remaining = PERSON_TABLES.map(
    ({ table, by = "", seq }) =>
      `EXISTS (SELECT 1 FROM ${table} ${by} WHERE space_id = ?1 AND person_id = ?2 AND ${seq} <= ?3)`,
  );
  const results = await db.batch([
    ...removals,
    statement(
      `UPDATE profile_deletions SET completed_at = ?5
       WHERE space_id = ?1 AND id = ?4 AND completed_at IS NULL AND NOT (${remaining.join(" OR ")})`,
      [spaceId, personId, seq, id, now],
    ),
  ]);
  const removed = PERSON_TABLES.reduce((sum, _, n) => sum + (results[2 * n + 1]?.changes ?? 0), 0);
  return { rows: removed, completed: (results.at(-1)?.changes ?? 0) > 0 };
}

/** Counts the rows of a table, then removes as many, in the same transaction. */
function removal(from: PersonTable, deletion: DueDeletion, rows: number): Statement[] {
  const { of, table, by = "", key } = from;
  const { space_id: spaceId, id, person_id: personId, seq } = deletion;
  const theirs = `FROM ${table} ${by} WHERE space_id = ?1 AND person_id = ?2 AND ${from.seq} <= ?3 LIMIT ?4`;
  return [
    statement(
      `UPDATE profile_deletions SET deleted = json_set(deleted, '$.${of}',
         coalesce(deleted ->> '${of}', 0) + (SELECT count(*) FROM (SELECT 1 ${theirs})))
       WHERE space_id = ?1 AND id = ?5`,
      [spaceId, personId, seq, rows, id],
    ),
    statement(`DELETE FROM ${table} WHERE space_id = ?1 AND person_id = ?2 AND (${key}) IN (SELECT ${key} ${theirs})`, [
      spaceId,
      personId,
      seq,
      rows,
    ]),
  ];
}
