/** Records as lines: the NDJSON form, and pages with one line for each record. */

import type { Form, Key, Page } from "./dataset.ts";

export const NDJSON: Form = {
  contentType: "application/x-ndjson",
  extension: ".ndjson",
  before: "",
  between: "",
  lineEnd: "\n",
  after: "",
};

/** The characters of a page's lines. One line may have more. */
const PAGE_CHARACTERS = 2_000_000;

/**
 * Pages of records with one line each. Lines are made one at a time, and a page ends before its lines exceed about
 * 2 MB, so that memory is bounded however much longer than its record a line is.
 */
export function* linePages<Item>(
  items: readonly Item[],
  lineOf: (item: Item, index: number) => string,
  keyOf: (item: Item) => Key,
): Generator<Page> {
  let from = 0;
  let lines: string[] = [];
  let characters = 0;
  for (const [index, item] of items.entries()) {
    const line = lineOf(item, index);
    if (lines.length > 0 && characters + line.length > PAGE_CHARACTERS) {
      yield linePage(items.slice(from, index), lines, keyOf);
      [from, lines, characters] = [index, [], 0];
    }
    lines.push(line);
    characters += line.length;
  }
  if (lines.length > 0) yield linePage(items.slice(from), lines, keyOf);
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
