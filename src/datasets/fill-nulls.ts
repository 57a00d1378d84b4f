/**
 * Fills in null for what an event left out, in the order of its definition: properties, and the fields of the items of
 * its list. Works on the stored text, whose keys are in the definition's order already, and copies values unchanged.
 */

import type { ObjectShape } from "../ingest/object-shape.ts";

/**
 * The most characters of a row. When an event is ingested, its row is smaller. It may become larger when its list gets
 * more fields: then its items stay as they were sent, without the nulls.
 */
const MAX_CHARACTERS = 4_000_000;

/**
 * @param shape of the definition's properties as of the snapshot: at least those that the event has.
 * @param stored a JSON object as ingest writes it, without white space.
 */
export function fillNulls(shape: ObjectShape, stored: string): string {
  const whole = new Filler(stored, true).fill(shape);
  return whole ?? new Filler(stored, false).fill(shape) ?? stored;
}

class Filler {
  readonly #text: string;
  readonly #items: boolean;
  #at = 0;
  /** The text up to `#copied` is in `#filled` already. */
  #copied = 0;
  #filled = "";

  /** @param items whether to fill the items of lists too. */
  constructor(text: string, items: boolean) {
    this.#text = text;
    this.#items = items;
  }

  /** @returns null if the result is too large. */
  fill(shape: ObjectShape): string | null {
    if (!this.#object(shape)) return null;
    return this.#copied === 0 ? this.#text : this.#filled + this.#text.slice(this.#copied);
  }

  /** From `{` to behind `}`. @returns false if the result is too large. */
  #object(shape: ObjectShape): boolean {
    const text = this.#text;
    let place = 0;
    let empty = true;
    this.#at += 1;
    while (text[this.#at] !== "}") {
      if (text[this.#at] === ",") this.#at += 1;
      // Names contain no quotation mark and nothing that JSON escapes.
      const end = text.indexOf('":', this.#at);
      const known = shape.find(text.slice(this.#at + 1, end));
      if (known !== undefined && known.place > place) this.#insert(`${shape.nulls(place, known.place)},`);
      if (known !== undefined) place = Math.max(place, known.place + 1);
      this.#at = end + 2;
      empty = false;
      if (known?.items === undefined || known.items === null || !this.#items) this.#skip();
      else if (!this.#list(known.items)) return false;
    }
    const rest = shape.nulls(place);
    if (rest !== "") this.#insert(empty ? rest : `,${rest}`);
    this.#at += 1;
    return !this.#items || this.#filled.length <= MAX_CHARACTERS;
  }

  /** From `[` to behind `]`. */
  #list(items: ObjectShape): boolean {
    this.#at += 1;
    while (this.#text[this.#at] !== "]") {
      if (this.#text[this.#at] === ",") this.#at += 1;
      if (!this.#object(items)) return false;
    }
    this.#at += 1;
    return true;
  }

  #insert(nulls: string): void {
    this.#filled += this.#text.slice(this.#copied, this.#at) + nulls;
    this.#copied = this.#at;
  }

  /** To behind the value. */
  #skip(): void {
    let depth = 0;
    do {
      const first = this.#text[this.#at];
      if (first === '"') this.#skipString();
      else {
        if (first === "{" || first === "[") depth += 1;
        if (first === "}" || first === "]") depth -= 1;
        this.#at += 1;
      }
    } while (this.#at < this.#text.length && (depth > 0 || !this.#valueEnds()));
  }

  #valueEnds(): boolean {
    const next = this.#text[this.#at];
    return next === "," || next === "}" || next === "]";
  }

  #skipString(): void {
    for (let end = this.#text.indexOf('"', this.#at + 1); ; end = this.#text.indexOf('"', end + 1)) {
      let backslashes = 0;
      while (this.#text[end - 1 - backslashes] === "\\") backslashes += 1;
      if (backslashes % 2 === 1) continue;
      this.#at = end + 1;
      return;
    }
  }
}
