/**
 * Reads ahead. Pages follow each other by key, so the next page can only be requested when the last one has arrived;
 * the work on a page, and the look-ups for it, need not wait for that.
 */

/** The same items: the next one is requested while the caller works on the present one. */
export async function* ahead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done === true) return;
      next = items.next();
      // A caller that stops early never awaits it.
      next.catch(() => {});
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}

/**
 * Pages with what is looked up for each. While the caller works on a page, the look-up of the next one and the read of
 * the one after that are under way: two round trips at a time.
 */
export async function* withLookUp<Item, Found>(
  pages: AsyncGenerator<Item[]>,
  look: (items: readonly Item[]) => Promise<Found>,
): AsyncGenerator<readonly [items: Item[], found: Found]> {
  async function* looked(): AsyncGenerator<readonly [Item[], Found]> {
    for await (const items of ahead(pages)) yield [items, await look(items)];
  }
  yield* ahead(looked());
}
