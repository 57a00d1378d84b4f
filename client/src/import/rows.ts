/** The interface of every reader: rows with their line numbers, in the file's order, a piece at a time. */

/** A row that could be read, or its problem. `n` counts all rows of the file from 1, unreadable ones too. */
export type Row =
  | { n: number; line: number; value: unknown; problem?: undefined }
  | { n: number; line: number; problem: string };

export interface Piece {
  rows: Row[];
  /** How much of the file has been read, in the unit of `total`. */
  done: number;
}

export interface Reader {
  /** Column names; null where each row has its own keys. */
  columns: readonly string[] | null;
  /** The value of a column in a row's `value`; undefined where the row has none. */
  get(value: unknown, column: string): unknown;
  /** Can be read once. No more than a piece is in memory. */
  pieces(): AsyncIterable<Piece>;
  /** `done` of the last piece. */
  total: number;
}

/** A file, a mapping or an option that cannot be used. The message is for the person who typed the command. */
export class InputError extends Error {
  override name = "InputError";
}

const MAX_NAMED = 5;

/** @param of what, such as `an event`. @returns `a, b and 3 more are not fields of an event`. */
export function notFields(columns: readonly string[], of: string): string {
  const [first = ""] = columns;
  if (columns.length === 1) return `${first} is not a field of ${of}`;
  const more = columns.length - MAX_NAMED;
  return `${columns.slice(0, MAX_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""} are not fields of ${of}`;
}
