/**
 * Look-ups at a snapshot, a page at a time with one query. What stood at a snapshot never changes, so what one page looked up
 * serves the next, and the next chunk of the same export in the same isolate; the memory it takes is bounded.
 */

import type { Database } from "../db/core/database.ts";

/** @returns what was found of these ids; of an id that comes more than once, the last counts. */
type Find<Value> = (
  db: Database,
  spaceId: string,
  seq: number,
  ids: readonly string[],
) => Promise<(readonly [id: string, value: Value])[]>;

export class SnapshotCache<Value> {
  readonly #most: number;
  readonly #find: Find<Value>;
  #snapshot = "";
  #known = new Map<string, Value | null>();

  /** @param most how many ids are kept, a page's more at most. */
  constructor(most: number, find: Find<Value>) {
    this.#most = most;
    this.#find = find;
  }

  /** @returns a map that has every one of these ids; null where nothing was found. */
  async look(
    db: Database,
    spaceId: string,
    seq: number,
    ids: Iterable<string>,
  ): Promise<ReadonlyMap<string, Value | null>> {
    const snapshot = `${spaceId}@${seq}`;
    if (this.#snapshot !== snapshot || this.#known.size > this.#most) {
      this.#snapshot = snapshot;
      this.#known = new Map();
    }
    // A chunk of another export may start anew meanwhile: this one keeps the map it began with.
    const known = this.#known;
    const missing = [...new Set(ids)].filter((id) => !known.has(id));
    if (missing.length > 0) {
      const found = await this.#find(db, spaceId, seq, missing);
      for (const id of missing) known.set(id, null);
      for (const [id, value] of found) known.set(id, value);
    }
    return known;
  }
}
