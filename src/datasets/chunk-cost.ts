/**
 * What one chunk may cost where records differ in what it takes to read them: a dataset's `cut` ends a chunk at these
 * bounds. They depend on the stored rows alone, so a repeated plan cuts at the same places.
 */

import { SpillwayError } from "../errors.ts";

/** What a chunk holds at most: records, and bytes of the stored rows that they are read from. */
export interface ChunkSize {
  records: number;
  /** The record that reaches this number is the chunk's last. */
  bytes: number;
}

/** D1 queries, as a cut estimates them. An invocation may have 1,000. */
export interface QueryLimits {
  /** Of a chunk. */
  queries: number;
  /** Of a chunk of one record, which cannot be divided. */
  recordQueries: number;
  /** Rows that the queries of a chunk scan. An invocation may have 25,000,000, and a plan cuts several chunks. */
  rows: number;
}

export const QUERY_LIMITS: QueryLimits = { queries: 400, recordQueries: 750, rows: 8_000_000 };

/** The cost of a record. Queries and rows are estimates. Queries may be fractions: records share queries. */
export interface RecordCost {
  bytes: number;
  queries: number;
  /** Rows that are scanned for it. */
  rows: number;
}

/** Adds up the records of a chunk until it is full. */
export class ChunkCost {
  readonly #max: ChunkSize & QueryLimits;
  readonly #tooLarge: string;
  #records = 0;
  #bytes = 0;
  #queries = 0;
  #rows = 0;

  /** @param tooLarge the detail of the error for a record that no step can read. */
  constructor(max: ChunkSize & QueryLimits, tooLarge: string) {
    this.#max = max;
    this.#tooLarge = tooLarge;
  }

  get records(): number {
    return this.#records;
  }

  /**
   * @returns whether the record belongs to the chunk; the first one always does.
   * @throws export_too_large for a record that needs more queries than a step may have.
   */
  add({ bytes, queries, rows }: RecordCost): boolean {
    const max = this.#max;
    if (queries > max.recordQueries) throw new SpillwayError("export_too_large", this.#tooLarge);
    const isFull =
      this.#records >= max.records ||
      this.#bytes >= max.bytes ||
      this.#queries + queries > max.queries ||
      this.#rows + rows > max.rows;
    if (this.#records > 0 && isFull) return false;
    this.#count(1, { bytes, queries, rows });
    return true;
  }

  /**
   * Adds records of which each costs less than the limit of one.
   * @param cost of all of them.
   * @returns whether all belong to the chunk; else none is added.
   */
  addAll(records: number, cost: RecordCost): boolean {
    const max = this.#max;
    const fits =
      this.#records + records <= max.records &&
      this.#bytes + cost.bytes <= max.bytes &&
      this.#queries + cost.queries <= max.queries &&
      this.#rows + cost.rows <= max.rows;
    if (fits) this.#count(records, cost);
    return fits;
  }

  #count(records: number, { bytes, queries, rows }: RecordCost): void {
    this.#records += records;
    this.#bytes += bytes;
    this.#queries += queries;
    this.#rows += rows;
  }
}
