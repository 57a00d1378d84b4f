/** Splits lists into batches that fit a JSON parameter of D1. */

/** D1 rejects a string of 2,000,000 bytes: parameters and packed pages stay below this. */
export const MAX_TEXT_BYTES = 1_900_000;

/** The items in their order, in batches that each fit a D1 parameter as JSON. A larger item is a batch of its own. */
export function inBatches<Item>(items: readonly Item[]): Item[][] {
  const batches: Item[][] = [[]];
  let bytes = 2;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + size > MAX_TEXT_BYTES && bytes > 2) {
      batches.push([]);
      bytes = 2;
    }
    batches.at(-1)?.push(item);
    bytes += size;
  }
  return batches;
}
