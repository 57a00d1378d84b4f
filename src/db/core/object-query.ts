/**
 * A statement of the operator's own on the database of one space. It reads: whatever it writes is taken back, because
 * its transaction never commits. One whose plan writes is not run at all.
 */

import type { Statement } from "./database.ts";
import { firstWord } from "./read-statement.ts";

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

/** `error` is SQLite's own text. `writes`: the statement would write. */
export type QueryAnswer = QueryResult | { error: string } | { writes: true };

/** Ends the transaction of a statement that was read. */
class TakenBack extends Error {}

/** Runs one statement in a transaction that is always rolled back. */
export function queryReadOnly({ sql, transactionSync }: QueryStorage, statement: Statement): QueryAnswer {
  let answer: QueryAnswer = { writes: true };
  try {
    transactionSync(() => {
      if (!writes(sql, statement)) answer = read(sql, statement);
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

/**
 * Does the plan of a statement open the database for writing, whether there is a row to change or not? Its opcode
 * `Transaction` says so: sqlite.org/opcode.html#Transaction
 */
function writes(sql: SqlStorage, { sql: text, params }: Statement): boolean {
  // Such a statement shows a plan, and runs nothing.
  if (firstWord(text) === "EXPLAIN") return false;
  const plan = sql.exec<{ opcode: string; p2: number }>(`EXPLAIN ${text}`, ...params);
  return [...plan].some(({ opcode, p2 }) => opcode === "Transaction" && p2 !== 0);
}
