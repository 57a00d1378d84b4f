/** Records as lines: the NDJSON form, and pages with one line for each record. */

import type { Form, Key, Page, ValuePage, ValueRow } from "./dataset.ts";
import { boundedGroups } from "./groups.ts";

export const NDJSON: Form = {
  contentType: "application/x-ndjson",
  extension: ".ndjson",
  before: "",
  between: "",
  lineEnd: "\n",
  after: "",
};

/** Pages of records with one line each, of bounded size. */
export function* linePages<Item>(
  items: readonly Item[],
  lineOf: (item: Item, index: number) => string,
  keyOf: (item: Item) => Key,
): Generator<Page> {
  let from = 0;
  for (const lines of boundedGroups(items, lineOf, (line) => line.length)) {
    yield linePage(items.slice(from, from + lines.length), lines, keyOf);
    from += lines.length;
  }
}

/** Pages of records with one row each, of bounded size. */
export function* valuePages<Item>(
  items: readonly Item[],
  rowOf: (item: Item, index: number) => ValueRow,
  keyOf: (item: Item) => Key,
): Generator<ValuePage> {
  let from = 0;
  for (const rows of boundedGroups(items, rowOf, ({ rest }) => rest.length)) {
    yield { rows, ...recordsOf(items.slice(from, from + rows.length), keyOf) };
    from += rows.length;
  }
}

/** @param lines one for each record, in order. */
export const linePage = <Item>(items: readonly Item[], lines: readonly string[], keyOf: (item: Item) => Key): Page => ({
  lines,
  ...recordsOf(items, keyOf),
});

const recordsOf = <Item>(items: readonly Item[], keyOf: (item: Item) => Key): Pick<Page, "records" | "keyOf"> => ({
  records: items.length,
  keyOf(line) {
    const item = items[line];
    if (item === undefined) throw new RangeError(`A page of ${items.length} rows has no row ${line}.`);
    return keyOf(item);
  },
});
