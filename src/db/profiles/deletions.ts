/**
 * People who were deleted. From the deletion's number on nothing that is asked shows them; what they left goes later, in
 * slices, up to that number: what comes after is of somebody new under the same id. The deletions themselves stay.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import type { Position } from "../core/pagination.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";

export interface DeletionRow {
  id: string;
  person_id: string;
  requested_at: number;
  completed_at: number | null;
  /** JSON object: what of → how many rows are gone. */
  deleted: string;
}

const COLUMNS = "id, person_id, requested_at, completed_at, deleted";

/** A table with rows of persons. */
interface Trace {
  /** What they are counted as. */
  of: string;
  table: string;
  /** Where SQLite would rather read all of a space than look a person up: the index that it must take. */
  by?: string;
  /** What tells one of a person's rows from the others. */
  key: string;
  /** The number of its write. */
  seq: "seq" | "seq_from";
}

const TRACES: readonly Trace[] = [
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

/** What a deletion counts. */
export const COUNTED: readonly string[] = TRACES.map((trace) => trace.of);

/**
 * Deletes the profile that stands under an id, and notes that all of the person's rows are to go.
 * @param deletion its id, and from when on the rows may go, epoch ms.
 * @returns the deletion; where no profile stands, the last one that is not yet completed; null: there is none.
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
      spaceId,
      personId,
      deletion.id,
      deletion.requestedAt,
      deletion.dueAt,
    ),
    statement(
      `UPDATE profiles SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND person_id = ?2 AND seq_to IS NULL`,
      spaceId,
      personId,
    ),
    statement(
      `SELECT ${COLUMNS} FROM profile_deletions WHERE space_id = ?1 AND person_id = ?2 AND completed_at IS NULL
       ORDER BY seq DESC LIMIT 1`,
      spaceId,
      personId,
    ),
  ]);
  return results.at(-1)?.rows[0] ?? null;
}

export async function findDeletion(db: Database, spaceId: string, id: string): Promise<DeletionRow | null> {
  return db.first<DeletionRow>(`SELECT ${COLUMNS} FROM profile_deletions WHERE space_id = ?1 AND id = ?2`, spaceId, id);
}

/** Newest first. @param completed null: whether or not. */
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
    spaceId,
    filter.limit,
    filter.completed === null ? null : Number(filter.completed),
    filter.after?.time ?? null,
    filter.after?.id ?? null,
  );
}

/** Has a space deletions with numbers up to `seq` whose rows are not gone yet? What is read as of then must leave them out. */
export async function pendingDeletions(db: Database, spaceId: string, seq: number): Promise<boolean> {
  // By number SQLite would read every deletion there ever was.
  const sql =
    "SELECT 1 AS found FROM profile_deletions INDEXED BY profile_deletions_pending WHERE space_id = ?1 AND completed_at IS NULL AND seq <= ?2 LIMIT 1";
  return (await db.first(sql, spaceId, seq)) !== null;
}

/** Are rows gone, or going, that stood at a number and were of people who were deleted after it? */
export async function erasedSince(db: Database, spaceId: string, seq: number): Promise<boolean> {
  const sql = "SELECT 1 AS found FROM profile_deletions WHERE space_id = ?1 AND seq > ?2 AND deleted <> '{}' LIMIT 1";
  return (await db.first(sql, spaceId, seq)) !== null;
}

/**
 * SQL: a row of a table with `person_id` and `seq` is of nobody who was deleted after it was written. Whoever reads what stood
 * at a number puts this in where `pendingDeletions` says so, and nothing else: rows that go meanwhile are those that it leaves
 * out, so counts stay. The space's id must be parameter ?1.
 * @param within SQL that says which deletions `d` count: `d.seq <= ?6`.
 */
export const excludeDeleted = (table: string, within: string): string =>
  `NOT EXISTS (SELECT 1 FROM profile_deletions d WHERE d.space_id = ?1 AND d.person_id = ${table}.person_id
     AND d.seq >= ${table}.seq AND d.completed_at IS NULL AND ${within})`;

/** A deletion that was made between two snapshots. */
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
    spaceId,
    fromSeqExclusive,
    toSeqInclusive,
    after?.seq ?? null,
    after?.id ?? null,
    limit,
  );
}

export interface DueDeletion {
  space_id: string;
  id: string;
  person_id: string;
  seq: number;
}

/** Takes deletions of every space whose rows may go by now, and puts each off. */
export async function leaseDueDeletions(
  db: Database,
  now: number,
  againAt: number,
  limit: number,
): Promise<DueDeletion[]> {
  return db.all<DueDeletion>(
    `UPDATE profile_deletions SET due_at = ?2 WHERE completed_at IS NULL AND (space_id, id) IN (
       SELECT space_id, id FROM profile_deletions WHERE completed_at IS NULL AND due_at <= ?1 ORDER BY due_at LIMIT ?3)
     RETURNING space_id, id, person_id, seq`,
    now,
    againAt,
    limit,
  );
}

/**
 * Removes and counts some of what a deleted person left, `rows` of each table at most; with the last of it the deletion is
 * completed. It may be done again, and by several at once.
 */
export async function eraseSlice(
  db: Database,
  deletion: DueDeletion,
  rows: number,
  now: number,
): Promise<{ rows: number; completed: boolean }> {
  const { space_id: spaceId, id, person_id: personId, seq } = deletion;
  const removals = TRACES.flatMap((trace) => removal(trace, spaceId, id, personId, seq, rows));
  const left = TRACES.map(
    ({ table, by = "", seq }) =>
      `EXISTS (SELECT 1 FROM ${table} ${by} WHERE space_id = ?1 AND person_id = ?2 AND ${seq} <= ?3)`,
  );
  const results = await db.batch([
    ...removals,
    statement(
      `UPDATE profile_deletions SET completed_at = ?5
       WHERE space_id = ?1 AND id = ?4 AND completed_at IS NULL AND NOT (${left.join(" OR ")})`,
      spaceId,
      personId,
      seq,
      id,
      now,
    ),
  ]);
  const removed = TRACES.reduce((sum, _, n) => sum + (results[2 * n + 1]?.changes ?? 0), 0);
  return { rows: removed, completed: (results.at(-1)?.changes ?? 0) > 0 };
}

/** Rows of a table are counted, then removed: as many of them, in the same transaction. */
function removal(trace: Trace, spaceId: string, id: string, personId: string, seq: number, rows: number): Statement[] {
  const { of, table, by = "", key } = trace;
  const theirs = `FROM ${table} ${by} WHERE space_id = ?1 AND person_id = ?2 AND ${trace.seq} <= ?3 LIMIT ?4`;
  return [
    statement(
      `UPDATE profile_deletions SET deleted = json_set(deleted, '$.${of}',
         coalesce(deleted ->> '${of}', 0) + (SELECT count(*) FROM (SELECT 1 ${theirs})))
       WHERE space_id = ?1 AND id = ?5`,
      spaceId,
      personId,
      seq,
      rows,
      id,
    ),
    statement(
      `DELETE FROM ${table} WHERE space_id = ?1 AND person_id = ?2 AND (${key}) IN (SELECT ${key} ${theirs})`,
      spaceId,
      personId,
      seq,
      rows,
    ),
  ];
}
