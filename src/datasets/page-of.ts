/** Pages of records that give one line each. */

import type { Key, Page } from "./dataset.ts";

/** @param lines one for each record, in order. */
export function pageOf<Item>(items: readonly Item[], lines: readonly string[], keyOf: (item: Item) => Key): Page {
  return {
    lines,
    records: items.length,
    keyOf(line) {
      const item = items[line];
      if (item === undefined) throw new RangeError(`a page of ${items.length} lines has no line ${line}`);
      return keyOf(item);
    },
  };
}
