/**
 * Erasure of a deleted person's rows, in slices that each scan a bounded number of rows. Rows up to the deletion's
 * sequence number are erased; later rows are those of a new person with the same id, who may have many. So a slice goes
 * on after the last key that the slice before scanned: behind that key no row can be due any more, as every write takes
 * a higher sequence number.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { inSpace } from "../core/sequences.ts";

/** A table with rows of persons, by a key that begins with the space and the person. */
interface PersonTable {
  /** The name under which a deletion counts the rows. */
  of: string;
  table: string;
  /** The index to use, where SQLite would scan the whole space instead. */
  by?: string;
  /** The columns that order the rows of a person, each with a value before all others. */
  key: Readonly<Record<string, string>>;
  /** The column with the sequence number of the write. */
  seq: "seq" | "seq_from";
}

/** Before every time, kind or number. Every id sorts after an empty text. */
const FIRST = "-9000000000000000";

const PERSON_TABLES: readonly PersonTable[] = [
  {
    of: "events",
    table: "events",
    by: "INDEXED BY events_by_person",
    key: { occurred_at: FIRST, id: "''" },
    seq: "seq",
  },
  { of: "touchpoints", table: "touchpoints", key: { kind: FIRST, occurred_at: FIRST, id: "''" }, seq: "seq" },
  {
    of: "reachability_events",
    table: "reachability_events",
    by: "INDEXED BY reachability_events_by_person",
    key: { occurred_at: FIRST, id: "''" },
    seq: "seq",
  },
  { of: "profile_versions", table: "profiles", key: { seq_from: FIRST }, seq: "seq_from" },
];

/** The kinds of rows that a deletion counts. */
export const COUNTED: readonly string[] = PERSON_TABLES.map(({ of }) => of);

export interface DueDeletion {
  space_id: string;
  id: string;
  person_id: string;
  seq: number;
}

/** Has the space a deletion that is not completed? */
export async function hasPendingDeletion(db: Database, spaceId: string): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM profile_deletions INDEXED BY profile_deletions_pending_by_seq
    WHERE space_id = ?1 AND completed_at IS NULL LIMIT 1`;
  return (await db.first(sql, [spaceId])) !== null;
}

/** Leases due deletions of a space, and moves each one's due time to `againAt`. Epoch ms. */
export const leaseDueDeletions = (db: Database, spaceId: string, now: number, againAt: number, limit: number) =>
  db.all<DueDeletion>(
    `UPDATE profile_deletions SET due_at = ?3 WHERE completed_at IS NULL AND space_id = ?1 AND id IN (
       SELECT id FROM profile_deletions INDEXED BY profile_deletions_due_by_space
       WHERE space_id = ?1 AND completed_at IS NULL AND due_at <= ?2 ORDER BY due_at LIMIT ?4)
     RETURNING space_id, id, person_id, seq`,
    [spaceId, now, againAt, limit],
  );

/** Makes a deletion that is not completed due, after those that have waited longer. Epoch ms. */
export async function continueDeletion(db: Database, { space_id: spaceId, id }: DueDeletion, now: number) {
  const sql = "UPDATE profile_deletions SET due_at = ?3 WHERE space_id = ?1 AND id = ?2 AND completed_at IS NULL";
  await db.run(sql, [spaceId, id, now]);
}

/**
 * Erases and counts rows of a deleted person: of the next `rows` of each table those that are due. The last slice
 * completes the deletion. A slice may be repeated, also by several consumers at once.
 * @returns how many rows were erased, and whether this slice completed the deletion.
 */
export async function eraseSlice(
  db: Database,
  deletion: DueDeletion,
  rows: number,
  now: number,
): Promise<{ rows: number; completed: boolean }> {
  const { space_id: spaceId, id, person_id: personId } = deletion;
  const remaining = PERSON_TABLES.map((each) => `EXISTS (SELECT 1 ${after(each, "to", "?3")})`);
  const results = await db.batch([
    ...PERSON_TABLES.flatMap((each) => removal(each, deletion, rows)),
    statement(
      `UPDATE profile_deletions SET completed_at = ?4
       WHERE space_id = ?1 AND id = ?3 AND completed_at IS NULL AND NOT (${remaining.join(" OR ")})`,
      [spaceId, personId, id, now],
    ),
  ]);
  const removed = PERSON_TABLES.reduce((sum, _, n) => sum + (results[2 * n + 1]?.changes ?? 0), 0);
  return { rows: removed, completed: (results.at(-1)?.changes ?? 0) > 0 };
}

/**
 * SQL: an end of the slice that was erased last, as a row value; before the first slice both ends are before all keys.
 * The space is ?1. @param id the parameter with the deletion's id.
 */
function place({ of, key }: PersonTable, end: "from" | "to", id: string): string {
  const columns = Object.values(key).map(
    (first, n) => `(SELECT coalesce(x.erased ->> '$.${of}.${end}[${n}]', ${first}) FROM profile_deletions x
      WHERE x.space_id = ?1 AND x.id = ${id})`,
  );
  return `(${columns.join(", ")})`;
}

const columnsOf = ({ key }: PersonTable) => `(${Object.keys(key).join(", ")})`;

/** SQL: the person's rows (?2) after an end of the last slice. */
const after = (from: PersonTable, end: "from" | "to", id: string): string =>
  `FROM ${from.table} ${from.by ?? ""} WHERE ${inSpace(from.table)} AND person_id = ?2
     AND ${columnsOf(from)} > ${place(from, end, id)}`;

/** Moves a table's slice on and counts its rows that are due, then removes these rows, in the same transaction. */
function removal(from: PersonTable, deletion: DueDeletion, rows: number): Statement[] {
  const { of, table, by = "", key, seq: column } = from;
  const { space_id: spaceId, id, person_id: personId, seq } = deletion;
  const columns = Object.keys(key);
  const order = columns.join(", ");
  const last = `SELECT json_array(${order}) FROM slice ORDER BY ${columns.map((name) => `${name} DESC`).join(", ")} LIMIT 1`;
  return [
    statement(
      `WITH slice AS MATERIALIZED (
         SELECT ${order}, ${column} <= ?3 AS is_due ${after(from, "to", "?5")} ORDER BY ${order} LIMIT ?4)
       UPDATE profile_deletions SET
         deleted = json_set(deleted, '$.${of}',
           coalesce(deleted ->> '${of}', 0) + (SELECT ifnull(sum(is_due), 0) FROM slice)),
         erased = json_set(erased, '$.${of}', json_object('from', erased -> '$.${of}.to',
           'to', json(coalesce((${last}), erased -> '$.${of}.to'))))
       WHERE space_id = ?1 AND id = ?5`,
      [spaceId, personId, seq, rows, id],
    ),
    statement(
      `DELETE FROM ${table} ${by} WHERE ${inSpace(table)} AND person_id = ?2
         AND ${columnsOf(from)} > ${place(from, "from", "?4")} AND ${columnsOf(from)} <= ${place(from, "to", "?4")} AND ${column} <= ?3`,
      [spaceId, personId, seq, id],
    ),
  ];
}
