/** Records as lines: the NDJSON form, and pages with one line for each record. */

import type { Form, Key, Page } from "./dataset.ts";
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

/** @param lines one for each record, in order. */
export function linePage<Item>(items: readonly Item[], lines: readonly string[], keyOf: (item: Item) => Key): Page {
  return {
    lines,
    records: items.length,
    keyOf(line) {
      const item = items[line];
      if (item === undefined) throw new RangeError(`A page of ${items.length} lines has no line ${line}.`);
      return keyOf(item);
    },
  };
}
