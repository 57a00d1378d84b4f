/**
 * What one chunk may cost, whatever its records are: a dataset's `cut` ends a chunk at these bounds. They depend on the
 * stored rows alone, so a repeated plan cuts at the same places.
 */

import { SpillwayError } from "../errors.ts";

/** Bytes of stored rows that one chunk reads; the record that reaches the bound is the chunk's last. */
export const CHUNK_BYTES = 25_000_000;
/** D1 queries that a chunk's pages need, as a cut estimates them. An invocation may have 1,000. */
export const CHUNK_QUERIES = 400;
/** The same for a chunk of one record, which cannot be divided. */
export const MAX_RECORD_QUERIES = 750;

export interface ChunkLimits {
  bytes: number;
  queries: number;
  recordQueries: number;
}

export const CHUNK_LIMITS: ChunkLimits = {
  bytes: CHUNK_BYTES,
  queries: CHUNK_QUERIES,
  recordQueries: MAX_RECORD_QUERIES,
};

/** The cost of a record. Queries are an estimate, and may be fractions: records share queries. */
export interface RecordCost {
  bytes: number;
  queries: number;
}

/** Adds up the records of a chunk until it is full. */
export class ChunkCost {
  readonly #limits: ChunkLimits;
  readonly #tooLarge: string;
  #records = 0;
  #bytes = 0;
  #queries = 0;

  /** @param tooLarge the detail of the error for a record that no step can read. */
  constructor(limits: ChunkLimits, tooLarge: string) {
    this.#limits = limits;
    this.#tooLarge = tooLarge;
  }

  get records(): number {
    return this.#records;
  }

  /**
   * @returns whether the record belongs to the chunk; the first one always does.
   * @throws export_too_large for a record that needs more queries than a step may have.
   */
  add({ bytes, queries }: RecordCost): boolean {
    if (queries > this.#limits.recordQueries) throw new SpillwayError("export_too_large", this.#tooLarge);
    if (this.#records > 0 && (this.#bytes >= this.#limits.bytes || this.#queries + queries > this.#limits.queries))
      return false;
    this.#records += 1;
    this.#bytes += bytes;
    this.#queries += queries;
    return true;
  }
}
