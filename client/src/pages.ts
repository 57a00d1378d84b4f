/** A list of the service as an async iterable: of its items, or of its pages. */

export interface Page<Item> {
  data: Item[];
  /** For the next page; null on the last one. */
  next_cursor: string | null;
}

/** Reads a page when it is needed. Each loop begins with the first page again. */
export class Pages<Item> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<Page<Item>>;

  constructor(read: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#read = read;
  }

  /** The first page alone. */
  first(): Promise<Page<Item>> {
    return this.#read(undefined);
  }

  /** Page by page, with the cursor of the next one. */
  async *pages(): AsyncGenerator<Page<Item>, void> {
    let cursor: string | undefined;
    do {
      const page = await this.#read(cursor);
      yield page;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for await (const { data } of this.pages()) yield* data;
  }

  /** Every item, in memory. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const { data } of this.pages()) items.push(...data);
    return items;
  }
}
