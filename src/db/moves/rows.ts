/**
 * Rows of any table, as a move reads, writes and compares them: each is the JSON array of its columns but the space's,
 * which begins with its key. A row that is too large for that is read and written by itself, column by column.
 */

import { MAX_TEXT_BYTES } from "../core/batching.ts";
import { type Database, type Param, type Statement, statement } from "../core/database.ts";
import { inSpace, SPACE_NO } from "../core/sequences.ts";
import type { MovedTable } from "./moved-tables.ts";

/** A larger row is a page by itself. As JSON inside of JSON a text may take twice its bytes. */
export const LARGE_ROW_BYTES = 500_000;
/** Of the rows of a page. */
const PAGE_BYTES = 1_000_000;

/** A key with the size of its row; null: there is no such row. */
export interface SizedKey {
  key: string;
  bytes: number | null;
}

export interface MovedRow {
  key: string;
  /** JSON array; null for a row that is too large. */
  text: string | null;
}

const own = ({ space }: MovedTable): string => (space === "space_no" ? SPACE_NO : "?1");
const of = (columns: readonly string[]): string => columns.map((column) => `t.${column}`).join(", ");
const bytes = ({ columns }: MovedTable): string =>
  columns.map((column) => `ifnull(octet_length(t.${column}), 0)`).join(" + ");
/** SQL: the key in a JSON array, as a row value. */
const keyIn = ({ key }: MovedTable, json: string): string => `(${key.map((_, n) => `${json} ->> ${n}`).join(", ")})`;
/** SQL: a row has the key in a JSON array. */
const isKey = ({ key }: MovedTable, json: string): string =>
  key.map((column, n) => `t.${column} = ${json} ->> ${n}`).join(" AND ");
const text = (table: MovedTable): string =>
  `CASE WHEN ${bytes(table)} <= ${LARGE_ROW_BYTES} THEN json_array(${of(table.columns)}) END AS text`;

/** SQL: a row's key is in the range after ?2 and up to ?3; null: no bound. */
function inRange(table: MovedTable, { after, upTo }: Range): string {
  const key = `(${of(table.key)})`;
  const bounds = [
    after === null ? null : `${key} > ${keyIn(table, "?2")}`,
    upTo === null ? null : `${key} <= ${keyIn(table, "?3")}`,
  ];
  return bounds
    .filter((bound) => bound !== null)
    .map((bound) => ` AND ${bound}`)
    .join("");
}

export interface Range {
  /** Keys, as JSON arrays; null: no bound. */
  after: string | null;
  upTo: string | null;
}

/** Keys after one, in order. */
export const readKeys = (db: Database, spaceId: string, table: MovedTable, after: string | null, limit: number) =>
  db.all<{ key: string; bytes: number }>(
    `SELECT json_array(${of(table.key)}) AS key, ${bytes(table)} AS bytes FROM ${table.name} t
     WHERE ${inSpace(table.name)}${inRange(table, { after, upTo: null })} ORDER BY ${of(table.key)} LIMIT ?3`,
    [spaceId, after, limit],
  );

/** Reads the rows of a range, in order. */
export const rowsInRange = (spaceId: string, table: MovedTable, range: Range, limit: number): Statement =>
  statement(
    `SELECT json_array(${of(table.key)}) AS key, ${text(table)} FROM ${table.name} t
     WHERE ${inSpace(table.name)}${inRange(table, range)} ORDER BY ${of(table.key)} LIMIT ?4`,
    [spaceId, range.after, range.upTo, limit],
  );

/** Reads the sizes of the rows with these keys, in any order. */
export const sizesOf = (spaceId: string, table: MovedTable, keys: readonly string[]): Statement =>
  statement(
    `SELECT j.value AS key, CASE WHEN t.${table.key[0] ?? ""} IS NOT NULL THEN ${bytes(table)} END AS bytes
     FROM json_each(?2) j LEFT JOIN ${table.name} t ON ${inSpace(table.name)} AND ${isKey(table, "j.value")}`,
    [spaceId, `[${keys.join()}]`],
  );

/** Reads the rows with these keys that are there, in any order. CROSS JOIN: a seek for each key, no scan. */
export const rowsOf = (spaceId: string, table: MovedTable, keys: readonly string[]): Statement =>
  statement(
    `SELECT j.value AS key, ${text(table)}
     FROM json_each(?2) j CROSS JOIN ${table.name} t ON ${inSpace(table.name)} AND ${isKey(table, "j.value")}`,
    [spaceId, `[${keys.join()}]`],
  );

/** Reads the columns of one row. */
export const largeRow = (spaceId: string, table: MovedTable, key: string): Statement =>
  statement(`SELECT ${of(table.columns)} FROM ${table.name} t WHERE ${inSpace(table.name)} AND ${isKey(table, "?2")}`, [
    spaceId,
    key,
  ]);

/** A row of `largeRow` as its columns' values, in their order. */
export const valuesIn = (row: Readonly<Record<string, Param>>): Param[] => Object.values(row);

/**
 * Writes rows over those of the same keys. A row that one of them excludes (two current versions of a profile, say) was
 * changed in the old home since it was copied: it is deleted, and comes again with the log.
 */
export function writeRows(spaceId: string, table: MovedTable, texts: readonly string[]): Statement[] {
  const values = table.columns.map((_, n) => `value ->> ${n}`).join(", ");
  return listsOf(texts).map((list) =>
    statement(
      `INSERT OR REPLACE INTO ${table.name} (${table.space}, ${table.columns.join(", ")})
       SELECT ${own(table)}, ${values} FROM json_each(?2)`,
      [spaceId, list],
    ),
  );
}

/** Writes one large row. */
export const writeLargeRow = (spaceId: string, table: MovedTable, values: readonly Param[]): Statement =>
  statement(
    `INSERT OR REPLACE INTO ${table.name} (${table.space}, ${table.columns.join(", ")})
     SELECT ${own(table)}, ${values.map((_, n) => `?${n + 2}`).join(", ")}`,
    [spaceId, ...values],
  );

export const deleteRows = (spaceId: string, table: MovedTable, keys: readonly string[]): Statement[] =>
  keys.length === 0
    ? []
    : [
        statement(
          `DELETE FROM ${table.name} WHERE ${inSpace(table.name)}
             AND (${table.key.join(", ")}) IN (SELECT ${table.key.map((_, n) => `value ->> ${n}`).join(", ")} FROM json_each(?2))`,
          [spaceId, `[${keys.join()}]`],
        ),
      ];

/** The first keys whose rows are a page together: small ones, or one large one. */
export function pageOf<Key extends SizedKey>(keys: readonly Key[]): { keys: readonly Key[]; isLarge: boolean } {
  const sizeOf = (at: number) => keys[at]?.bytes ?? 0;
  if (sizeOf(0) > LARGE_ROW_BYTES) return { keys: keys.slice(0, 1), isLarge: true };
  let end = 0;
  for (let sum = 0; end < keys.length && sizeOf(end) <= LARGE_ROW_BYTES; end += 1) {
    sum += sizeOf(end);
    if (sum > PAGE_BYTES && end > 0) break;
  }
  return { keys: keys.slice(0, end), isLarge: false };
}

/** JSON texts as lists that each fit a parameter. */
function listsOf(texts: readonly string[]): string[] {
  const lists: string[][] = [];
  let room = 0;
  for (const each of texts) {
    const size = Buffer.byteLength(each) + 1;
    if (size > room) {
      lists.push([]);
      room = MAX_TEXT_BYTES - 2;
    }
    lists.at(-1)?.push(each);
    room -= size;
  }
  return lists.map((list) => `[${list.join()}]`);
}
