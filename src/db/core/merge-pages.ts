/** Merges streams of pages that are each in order into one, with a page of each stream in memory. */

/** @param compare orders items as each stream does. Pages may be empty. */
export async function* mergePages<Item>(
  streams: readonly AsyncGenerator<Item[]>[],
  compare: (a: Item, b: Item) => number,
): AsyncGenerator<Item[]> {
  const heads = streams.map((pages) => ({ pages, items: [] as Item[], at: 0, ended: false }));
  for (;;) {
    for (const head of heads)
      while (!head.ended && head.at === head.items.length) {
        const { value, done } = await head.pages.next();
        if (done === true) head.ended = true;
        else [head.items, head.at] = [value, 0];
      }
    const open = heads.filter((head) => head.at < head.items.length);
    if (open.length === 0) return;
    const merged: Item[] = [];
    // Until one of them has to be read on.
    for (let ended = false; !ended;) {
      let [first, least]: [(typeof open)[number] | null, Item | null] = [null, null];
      for (const head of open) {
        const item = head.items[head.at];
        if (item !== undefined && (least === null || compare(item, least) < 0)) [first, least] = [head, item];
      }
      if (first === null || least === null) break;
      merged.push(least);
      first.at += 1;
      ended = first.at === first.items.length && open.length > 1;
    }
    yield merged;
  }
}
