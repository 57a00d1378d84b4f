/** Lists that are written by JSON parameters: in parts that D1 takes. */

import { MAX_TEXT_BYTES } from "../events/event-rows.ts";

/** The items in their order, as lists that fit a D1 parameter each as JSON; an item too large for that stands alone. */
export function inBatches<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [[]];
  let bytes = 2;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + size > MAX_TEXT_BYTES && bytes > 2) {
      parts.push([]);
      bytes = 2;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  return parts;
}
