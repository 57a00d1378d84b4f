/**
 * Deletions of people. From the deletion's sequence number on, no result shows the person. Rows up to that number are
 * erased later, in slices (erasure.ts); rows after it belong to a new person with the same id. The deletions themselves
 * are kept.
 */

import type { Row } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { isOlder, type Position, positionParams } from "../core/pagination.ts";
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

/** SQL: the person ?2, or the person into whom ?2 was merged. */
const SURVIVOR = `ifnull((SELECT m.into_id FROM merges m WHERE m.space_id = ?1 AND m.person_id = ?2 AND m.seq_to IS NULL), ?2)`;

/**
 * Deletes the current profile of a person, and records the deletion, by which the person's rows are erased later. The
 * people who were merged into the person have rows under their own ids: a deletion is recorded for each of them too.
 * @param personId also that of a merged person: it names the person into whom this one was merged.
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
       WHERE p.space_id = ?1 AND p.person_id = ${SURVIVOR} AND p.seq_to IS NULL`,
      [spaceId, personId, deletion.id, deletion.requestedAt, deletion.dueAt],
    ),
    statement(
      `INSERT INTO profile_deletions (space_id, id, person_id, external_person_id, seq, requested_at, due_at)
       SELECT ?1, ?3 || printf('-%04d', row_number() OVER (ORDER BY n.person_id)), n.person_id, NULL, ${THIS_SEQUENCE},
         ?4, ?5
       FROM merges n WHERE n.space_id = ?1 AND n.into_id = ${SURVIVOR} AND n.seq_to IS NULL`,
      [spaceId, personId, deletion.id, deletion.requestedAt, deletion.dueAt],
    ),
    statement(
      `UPDATE profiles SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND person_id = ${SURVIVOR} AND seq_to IS NULL`,
      [spaceId, personId],
    ),
    statement(
      `DELETE FROM merged_ids WHERE space_id = ?1 AND person_id IN (
         SELECT n.person_id FROM merges n WHERE n.space_id = ?1 AND n.into_id = ${SURVIVOR} AND n.seq_to IS NULL)`,
      [spaceId, personId],
    ),
    statement(
      `UPDATE merges SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND into_id = ${SURVIVOR} AND seq_to IS NULL`,
      [spaceId, personId],
    ),
    statement(
      `SELECT ${COLUMNS} FROM profile_deletions WHERE space_id = ?1 AND (id = ?3 OR (person_id = ?2 AND completed_at IS NULL))
       ORDER BY id = ?3 DESC, seq DESC LIMIT 1`,
      [spaceId, personId, deletion.id],
    ),
  ]);
  return results.at(-1)?.rows[0] ?? null;
}

export async function findDeletion(db: Database, spaceId: string, id: string): Promise<DeletionRow | null> {
  const sql = `SELECT ${COLUMNS} FROM profile_deletions WHERE space_id = ?1 AND id = ?2 AND is_merge = 0`;
  return db.first<DeletionRow>(sql, [spaceId, id]);
}

/** The index of each status that lists its deletions alone. */
const BY_AGE = {
  pending: "INDEXED BY profile_deletions_pending_by_age WHERE completed_at IS NULL",
  completed: "INDEXED BY profile_deletions_completed_by_age WHERE completed_at IS NOT NULL AND is_merge = 0",
} as const;

/** Deletions, newest first. `completed` null: completed or not. */
export async function listDeletions(
  db: Database,
  spaceId: string,
  filter: { completed: boolean | null; limit: number; after: Position | null },
): Promise<DeletionRow[]> {
  const { completed, limit, after } = filter;
  const statuses =
    completed === null ? (["pending", "completed"] as const) : ([completed ? "completed" : "pending"] as const);
  const first = statuses.map(
    (status) => `SELECT * FROM (SELECT ${COLUMNS} FROM profile_deletions ${BY_AGE[status]} AND space_id = ?1
       AND ${isOlder("requested_at, id", "?3", "?4")} ORDER BY requested_at DESC, id DESC LIMIT ?2)`,
  );
  return db.all<DeletionRow>(
    `SELECT ${COLUMNS} FROM (${first.join(" UNION ALL ")}) ORDER BY requested_at DESC, id DESC LIMIT ?2`,
    [spaceId, limit, ...positionParams(after)],
  );
}

/** Does a space have deletions up to `seq` with rows not erased yet? Reads as of `seq` must leave these rows out. */
export async function pendingDeletions(db: Database, spaceId: string, seq: number): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM profile_deletions INDEXED BY profile_deletions_pending_by_seq
    WHERE space_id = ?1 AND completed_at IS NULL AND seq <= ?2 LIMIT 1`;
  return (await db.first(sql, [spaceId, seq])) !== null;
}

/** Have rows of people who were deleted after `seq` been erased? A read as of `seq` is incomplete then. */
export async function erasedSince(db: Database, spaceId: string, seq: number): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM profile_deletions INDEXED BY profile_deletions_begun
    WHERE space_id = ?1 AND seq > ?2 AND deleted <> '{}' LIMIT 1`;
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
     WHERE space_id = ?1 AND seq > ?2 AND seq <= ?3 AND (seq, id) > (?4, ?5) ORDER BY seq, id LIMIT ?6`,
    [spaceId, fromSeqExclusive, toSeqInclusive, after?.seq ?? fromSeqExclusive, after?.id ?? "", limit],
  );
}
