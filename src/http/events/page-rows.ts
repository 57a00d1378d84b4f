/** The rows of one page of events, as many as fit: the first ones; of a page that is read backwards, the last ones. */

import type { Key, Page } from "../../datasets/dataset.ts";
import type { RowPlace } from "./cursor.ts";

/** Bytes of an answer's rows: small beside an isolate's memory, however large events are. */
export const MAX_PAGE_BYTES = 8_000_000;

/** Numbers the rows of each record. */
class Places {
  #record = "";
  #rows = 0;

  /** The place before the next row. */
  before(key: Key): RowPlace {
    const record = `${key.time} ${key.id}`;
    if (record !== this.#record) this.#rows = 0;
    this.#record = record;
    const place = { key, skip: this.#rows };
    this.#rows += 1;
    return place;
  }
}

/** Are both places within one record, or before it? */
const isOf = (a: RowPlace, b: RowPlace) => a.key.time === b.key.time && a.key.id === b.key.id;

/** A page that begins at a place. It has at least one row if there is any. */
export class FirstRows {
  /** JSON rows, separated by commas. */
  rows = "";
  /** The number of these rows. */
  count = 0;
  /** Where the next page begins; null if every row fitted. */
  next: RowPlace | null = null;
  readonly #limit: number;
  readonly #places = new Places();
  readonly #start: RowPlace | null;
  #bytes = 0;

  /** @param start null: at the first row. */
  constructor(limit: number, start: RowPlace | null) {
    this.#limit = limit;
    this.#start = start;
  }

  /** @returns whether more rows fit. */
  add(page: Page): boolean {
    for (const [index, line] of page.lines.entries()) {
      const place = this.#places.before(page.keyOf(index));
      if (this.#start !== null && isOf(this.#start, place) && place.skip < this.#start.skip) continue;
      this.#bytes += Buffer.byteLength(line) + 1;
      if (this.count === this.#limit || (this.count > 0 && this.#bytes > MAX_PAGE_BYTES)) {
        this.next = place;
        return false;
      }
      this.rows += this.count === 0 ? line : `,${line}`;
      this.count += 1;
    }
    return true;
  }
}

/** A page that ends at a place: the last rows before it. It has at least one row if there is any. */
export class LastRows {
  /** Whether rows before the page were left out. */
  hasEarlier = false;
  readonly #limit: number;
  readonly #end: RowPlace;
  readonly #places = new Places();
  /** The rows from `#first` on fit. */
  #kept: { line: string; bytes: number; place: RowPlace }[] = [];
  #first = 0;
  #bytes = 0;

  constructor(limit: number, end: RowPlace) {
    this.#limit = limit;
    this.#end = end;
  }

  /** @returns whether rows after these may be before the end. */
  add(page: Page): boolean {
    for (const [index, line] of page.lines.entries()) {
      const place = this.#places.before(page.keyOf(index));
      if (isOf(this.#end, place) && place.skip >= this.#end.skip) return false;
      const bytes = Buffer.byteLength(line) + 1;
      this.#kept.push({ line, bytes, place });
      this.#bytes += bytes;
      this.#leaveOut();
    }
    return true;
  }

  #leaveOut(): void {
    while (this.#count > 1 && (this.#count > this.#limit || this.#bytes > MAX_PAGE_BYTES)) {
      this.#bytes -= this.#kept[this.#first]?.bytes ?? 0;
      this.#first += 1;
      this.hasEarlier = true;
    }
    // The array is cut seldom, so that each row is moved once on average.
    if (this.#first <= this.#limit) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }

  get #count(): number {
    return this.#kept.length - this.#first;
  }

  /** JSON rows, separated by commas. */
  get rows(): string {
    const kept = this.#kept.slice(this.#first);
    return kept.map(({ line }) => line).join(",");
  }

  /** The place before the first row; null without rows. */
  get start(): RowPlace | null {
    return this.#kept[this.#first]?.place ?? null;
  }
}
