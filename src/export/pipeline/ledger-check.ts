/**
 * Is an export complete? It is when its chunks cover the request's bounds and read the records that the plan counted,
 * and its files have the rows that the chunks wrote. The ledger is added page by page, in order.
 */

import type { Bounds, Key } from "../../datasets/dataset.ts";
import type { ChunkRow } from "../../db/exports/chunks.ts";
import type { FileRow } from "../../db/exports/files.ts";

type CheckedChunk = Pick<
  ChunkRow,
  "n" | "file_n" | "done" | "records" | "records_read" | "rows" | "lower_time" | "lower_id" | "upper_time" | "upper_id"
>;

export class LedgerCheck {
  readonly #bounds: Bounds;
  /** Where the chunks so far end. */
  #at: Key;
  #chunks = 0;
  /** The file of the last chunk that has one. */
  #file = -1;
  #hasSegments = false;
  #records = 0;
  #rows = 0;
  #rowsOfFiles = 0;
  #problem: string | null = null;

  /** @param bounds of the request. */
  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#at = bounds.lower;
  }

  /** Has a file several chunks, so that each of them wrote a segment? */
  get hasSegments(): boolean {
    return this.#hasSegments;
  }

  /** @param page the next chunks. */
  addChunks(page: readonly CheckedChunk[]): void {
    for (const chunk of page) {
      this.#problem ??= this.#problemOf(chunk);
      this.#at = { time: chunk.upper_time, id: chunk.upper_id };
      this.#chunks += 1;
      this.#hasSegments ||= chunk.file_n >= 0 && chunk.file_n === this.#file;
      if (chunk.file_n >= 0) this.#file = chunk.file_n;
      this.#records += chunk.records;
      this.#rows += chunk.rows ?? 0;
    }
  }

  addFiles(page: readonly Pick<FileRow, "done" | "rows">[]): void {
    for (const file of page) {
      if (file.done === 0) this.#problem ??= "a file is not written";
      this.#rowsOfFiles += file.rows ?? 0;
    }
  }

  /**
   * After all chunks and files were added.
   * @param rowsTotal the records that the plan counted.
   * @returns the first problem, in words for the log; null for a complete export.
   */
  problem(rowsTotal: number | null): string | null {
    const { upper } = this.#bounds;
    if (this.#problem !== null) return this.#problem;
    if (this.#records !== rowsTotal) return "the plan does not add up";
    if (this.#rowsOfFiles !== this.#rows) return "rows were lost or doubled";
    // A plan without records has no chunks, except where the result is one empty file.
    const reachesEnd = this.#at.time === upper.time && this.#at.id === upper.id;
    return this.#chunks === 0 || reachesEnd ? null : "the chunks do not reach the end";
  }

  #problemOf(chunk: CheckedChunk): string | null {
    if (chunk.done === 0) return "a chunk is not written";
    if (chunk.n !== this.#chunks) return "a chunk is missing";
    if (chunk.records_read !== chunk.records) return "records were lost or doubled";
    if (chunk.lower_time !== this.#at.time || chunk.lower_id !== this.#at.id) return "the chunks do not touch";
    return null;
  }
}
