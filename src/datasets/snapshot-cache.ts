/**
 * Look-ups at a snapshot, one query for each page. Data as of a snapshot never changes, so the cache serves later
 * pages, and later chunks of the same export in the same isolate. Its memory is bounded.
 */

import type { AsOf } from "./dataset.ts";

/** @returns the values found for these ids; of an id that is returned more than once, the last counts. */
type Find<Value> = (asOf: AsOf, ids: readonly string[]) => Promise<(readonly [id: string, value: Value])[]>;

export class SnapshotCache<Value> {
  readonly #max: number;
  readonly #find: Find<Value>;
  #snapshot = "";
  #known = new Map<string, Value | null>();

  /** @param max how many ids the cache keeps; the ids of one page may exceed it. */
  constructor(max: number, find: Find<Value>) {
    this.#max = max;
    this.#find = find;
  }

  /** @returns a map with every one of these ids; null where nothing was found. */
  async look(asOf: AsOf, ids: Iterable<string>): Promise<ReadonlyMap<string, Value | null>> {
    const snapshot = `${asOf.spaceId}@${asOf.seq}`;
    if (this.#snapshot !== snapshot || this.#known.size > this.#max) {
      this.#snapshot = snapshot;
      this.#known = new Map();
    }
    // A chunk of another export may replace the map during the query: this call keeps its own.
    const known = this.#known;
    const missing = new Set<string>();
    for (const id of ids) if (!known.has(id)) missing.add(id);
    if (missing.size > 0) {
      const found = await this.#find(asOf, [...missing]);
      for (const id of missing) known.set(id, null);
      for (const [id, value] of found) known.set(id, value);
    }
    return known;
  }
}
