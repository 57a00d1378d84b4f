/** A space's sequence of writes. Every write takes the next number in its own transaction; an export reads it first. */

import { type Database, type Statement, statement } from "./database.ts";

/** The first statement of every batch that writes space data. */
export function nextSequence(spaceId: string): Statement {
  return statement(
    `INSERT INTO sequences (space_id, seq) VALUES (?1, 1)
     ON CONFLICT (space_id) DO UPDATE SET seq = seq + 1`,
    [spaceId],
  );
}

/** SQL for the sequence number of this batch; the space's id must be parameter ?1. */
export const THIS_SEQUENCE = "(SELECT seq FROM sequences WHERE space_id = ?1)";

/**
 * SQL: the version of a row as of a sequence number. `+seq_to` keeps SQLite from the index of superseded versions, which
 * would read all of a space's.
 */
export function asOf(table: string, parameter: string): string {
  return `${table}.seq_from <= ${parameter} AND (${table}.seq_to IS NULL OR +${table}.seq_to > ${parameter})`;
}

/** The sequence number of the last write; 0 for a space without one. */
export async function readSequence(db: Database, spaceId: string): Promise<number> {
  const row = await db.first<{ seq: number }>("SELECT seq FROM sequences WHERE space_id = ?1", [spaceId]);
  return row?.seq ?? 0;
}
