/** The rows of one page of events: as many as fit, and the record that the next page begins with. */

import type { Page } from "../../datasets/dataset.ts";
import type { Walk } from "./cursor.ts";

/** Bytes of an answer's rows: small beside an isolate's memory, however large events are. */
export const MAX_PAGE_BYTES = 8_000_000;

export class PageRows {
  /** JSON rows, separated by commas. */
  rows = "";
  /** The record that the next page begins with, and how many of its rows came before; null if the page was not cut. */
  next: Pick<Walk, "next" | "skip"> | null = null;
  readonly #limit: number;
  #skip: number;
  #count = 0;
  #bytes = 0;
  #record = "";
  /** Rows of the current record before the next row. */
  #rowsOfRecord = 0;

  /** @param skip rows of the first record that earlier pages had. A page has at least one row if there is any. */
  constructor(limit: number, skip: number) {
    this.#limit = limit;
    this.#skip = skip;
  }

  /** @returns whether more rows fit. */
  add(page: Page): boolean {
    for (const [index, line] of page.lines.entries()) {
      const key = page.keyOf(index);
      const record = `${key.time} ${key.id}`;
      if (record !== this.#record) this.#rowsOfRecord = 0;
      this.#record = record;
      if (this.#skip > 0) this.#skip -= 1;
      else {
        this.#bytes += Buffer.byteLength(line) + 1;
        if (this.#count === this.#limit || (this.#count > 0 && this.#bytes > MAX_PAGE_BYTES)) {
          this.next = { next: key, skip: this.#rowsOfRecord };
          return false;
        }
        this.rows += this.#count === 0 ? line : `,${line}`;
        this.#count += 1;
      }
      this.#rowsOfRecord += 1;
    }
    return true;
  }
}
