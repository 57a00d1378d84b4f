/**
 * A statement of the operator's own on the database of one space. It reads: whatever it writes is taken back, because
 * its transaction never commits.
 */

import type { Statement } from "./database.ts";

/** The most that an answer has. A row past these limits ends it. */
export const MAX_QUERY_ROWS = 1_000;
/** Of the rows as JSON. */
export const MAX_QUERY_BYTES = 1_000_000;

/** A value as JSON has it: the bytes of a blob are a text of hex digits. */
export type QueryValue = string | number | null;

export interface QueryResult {
  columns: string[];
  rows: QueryValue[][];
  /** Whether there are more rows. */
  truncated: boolean;
  /** Rows that the database scanned. */
  rowsRead: number;
}

/** `error` is SQLite's own text. `wrote`: the statement wrote, which was taken back. */
export type QueryAnswer = QueryResult | { error: string } | { wrote: true };

/** Ends the transaction of a statement that was read. */
class TakenBack extends Error {}

/** Runs one statement in a transaction that is always rolled back. */
export function queryReadOnly({ sql, transactionSync }: QueryStorage, statement: Statement): QueryAnswer {
  let answer: QueryAnswer = { wrote: true };
  try {
    transactionSync(() => {
      const before = totalChanges(sql);
      const result = read(sql, statement);
      if (totalChanges(sql) === before) answer = result;
      throw new TakenBack();
    });
  } catch (thrown) {
    if (!(thrown instanceof TakenBack)) return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  return answer;
}

/** What an object keeps its database with. */
interface QueryStorage {
  sql: SqlStorage;
  transactionSync: (work: () => void) => void;
}

function read(sql: SqlStorage, statement: Statement): QueryResult {
  const cursor = sql.exec(statement.sql, ...statement.params);
  const rows: QueryValue[][] = [];
  let bytes = 0;
  let truncated = false;
  for (const raw of cursor.raw()) {
    const row = raw.map(jsonValue);
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    truncated = rows.length === MAX_QUERY_ROWS || bytes > MAX_QUERY_BYTES;
    if (truncated) break;
    rows.push(row);
  }
  return { columns: cursor.columnNames, rows, truncated, rowsRead: cursor.rowsRead };
}

const jsonValue = (value: SqlStorageValue): QueryValue =>
  value instanceof ArrayBuffer ? Buffer.from(value).toString("hex") : value;

const totalChanges = (sql: SqlStorage): number => sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
