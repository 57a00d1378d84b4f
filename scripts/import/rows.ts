/** What every kind of file is read as: rows with their places, in the file's order, a piece at a time. */

/** A row that could be read, or what was wrong with it. `n` counts rows from 1, wrong ones with them: always the same for a file. */
export type Row =
  | { n: number; line: number; value: unknown; problem?: undefined }
  | { n: number; line: number; problem: string };

export interface Piece {
  rows: Row[];
  /** How much of the file is read, in the reader's own measure. */
  done: number;
}

export interface Reader {
  /** Of the table; null where each row has keys of its own. */
  columns: readonly string[] | null;
  /** What stands in a column of a row's `value`; undefined where it has none. */
  get(value: unknown, column: string): unknown;
  /** Once. Rows are held for a piece at most. */
  pieces(): AsyncIterable<Piece>;
  /** What `done` comes to in the end. */
  total: number;
}

/** A file or a mapping that cannot be loaded, whatever its rows say. The message is for whoever typed the command. */
export class Unusable extends Error {
  override name = "Unusable";
}
