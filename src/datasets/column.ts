/** The columns that a dataset's rows have in CSV, Parquet, `columns` and the manifest. */

/** The type of a column's values. `json`: an object or a list. */
export type ColumnType = "text" | "boolean" | "number" | "date" | "json";

/** Which value of a file's first and last record the manifest shows. */
export type Edge = "time" | "id";

/** One value of a row: its path in the row's JSON, and its type. */
export interface Column {
  /** Names from the row inwards. */
  path: readonly string[];
  /** The column's name, where it is not the path with full stops. */
  name?: string;
  type: ColumnType;
  /** Every row has a value. */
  required?: true;
  /** Of a list of objects: the names in them, with which a path may continue. */
  fields?: readonly string[];
  /** Included only when named: the column is part of another column, or no row has a value in it. */
  within?: boolean;
  /** No row of this space has a value in it: who names it gets nulls, and a warning. */
  unused?: boolean;
  /** The rows whose value belongs to the column, where the rows of several columns have values at the path. */
  rows?: RowCondition;
  /** The path of a second copy of the value: redaction of one applies to both. */
  alias?: readonly string[];
  /** The manifest shows this value of a file's first and last record, unless the column is redacted. */
  edge?: Edge;
}

/** Rows whose text at a path is one of these, or none of these. */
export type RowCondition =
  | { at: readonly string[]; only: readonly string[] }
  | { at: readonly string[]; except: readonly string[] };
