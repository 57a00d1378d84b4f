/** The type of a row follows from the list of columns that its query names, so that the two cannot differ. */

import type { Param } from "./database.ts";

type Trim<Text extends string> = Text extends ` ${infer Rest}` | `\n${infer Rest}` ? Trim<Rest> : Text;

type Names<List extends string> = List extends `${infer Name},${infer Rest}` ? Trim<Name> | Names<Rest> : Trim<List>;

/**
 * What a query that names these columns returns.
 * @typeParam Table the table's columns with their types, declared once.
 * @typeParam List the columns as SQL lists them: "id, name". A name that the table does not have fails to compile.
 */
export type Row<Table, List extends string> = Names<List> extends keyof Table ? Pick<Table, Names<List>> : never;

/** The names of each list of columns in this code. */
const known = new Map<string, readonly string[]>();

function namesIn(list: string): readonly string[] {
  const names = known.get(list) ?? list.split(",").map((name) => name.trim());
  known.set(list, names);
  return names;
}

/** A row's values of these columns, in the order of the list: the parameters of an INSERT. */
export const valuesOf = <List extends string>(row: Record<Names<List>, Param>, list: List): Param[] =>
  namesIn(list).map((name) => row[name as Names<List>]);
