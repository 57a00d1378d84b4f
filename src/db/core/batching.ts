/** Lists that are written by JSON parameters: in parts that D1 takes. */

/** D1 rejects a string of 2,000,000 bytes: parameters and packed pages stay below this. */
export const MAX_TEXT_BYTES = 1_900_000;

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
