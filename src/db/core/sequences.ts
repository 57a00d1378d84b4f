/**
 * A space's sequence of writes: every write takes the next number in its own transaction, and an export reads it first.
 * The same row gives the space its number inside the database, which large tables have in place of its id.
 */

import { type Database, type Statement, statement } from "./database.ts";

/** The first statement of every batch that writes space data. The space's first write gives it its number, too. */
export function nextSequence(spaceId: string): Statement {
  return statement(
    `INSERT INTO sequences (space_id, seq) VALUES (?1, 1)
     ON CONFLICT (space_id) DO UPDATE SET seq = seq + 1`,
    [spaceId],
  );
}

/**
 * SQL for the number by which large tables name the space; the space's id must be parameter ?1. A space without a write
 * has none, and the null matches no row.
 */
export const SPACE_NO = "(SELECT space_no FROM sequences WHERE space_id = ?1)";

/** The tables with a column `space_no`. The others have `space_id`. */
export const NUMBERED_TABLES: readonly string[] = ["events", "touchpoints", "reachability_events"];

/** SQL: a row of a table is the space's, whichever way the table names it; the space's id must be parameter ?1. */
export const inSpace = (table: string): string =>
  NUMBERED_TABLES.includes(table) ? `space_no = ${SPACE_NO}` : "space_id = ?1";

/** SQL for the sequence number of this batch; the space's id must be parameter ?1. */
export const THIS_SEQUENCE = "(SELECT seq FROM sequences WHERE space_id = ?1)";

/**
 * SQL: the version of a row as of a sequence number. `+seq_to` keeps SQLite from the index of superseded versions,
 * which would read all of a space's.
 */
export function asOf(table: string, parameter: string): string {
  return `${table}.seq_from <= ${parameter} AND (${table}.seq_to IS NULL OR +${table}.seq_to > ${parameter})`;
}

/**
 * SQL: a row is the version as of a sequence number, and one seek finds it, however many versions came before. The
 * space's id must be parameter ?1.
 * @param alias the name of the table in the query.
 * @param key its key's columns between the space and the sequence number, and SQL for their values.
 */
export function versionAsOf(
  table: string,
  alias: string,
  key: Readonly<Record<string, string>>,
  parameter: string,
): string {
  const isSame = Object.entries(key).map(([column, value]) => `AND v.${column} = ${value}`);
  return `${alias}.seq_from = (SELECT max(v.seq_from) FROM ${table} v
      WHERE v.space_id = ?1 ${isSame.join(" ")} AND v.seq_from <= ${parameter})
    AND (${alias}.seq_to IS NULL OR ${alias}.seq_to > ${parameter})`;
}

/** A sequence number that no write reaches: as of it, everything is as it is now. */
export const AFTER_EVERY_WRITE = Number.MAX_SAFE_INTEGER;

/** The sequence number of the last write; 0 for a space without one. */
export async function readSequence(db: Database, spaceId: string): Promise<number> {
  const row = await db.first<{ seq: number }>("SELECT seq FROM sequences WHERE space_id = ?1", [spaceId]);
  return row?.seq ?? 0;
}
