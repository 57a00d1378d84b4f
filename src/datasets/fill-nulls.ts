/**
 * Fills in null for what an event left out, in the order of its definition: properties, and the fields of the items of
 * its list. Works on the stored text, whose keys are in the definition's order already, and copies values unchanged.
 */

import type { ObjectShape, ShapeField } from "../ingest/object-shape.ts";

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
    while (text.charCodeAt(this.#at) !== BRACE_END) {
      if (text.charCodeAt(this.#at) === COMMA) this.#at += 1;
      // Most objects have most fields, in the definition's order.
      const next = shape.fields[place];
      const known = next !== undefined && text.startsWith(next.nameText, this.#at) ? next : this.#find(shape);
      if (known !== undefined && known.place > place) this.#insert(`${shape.nulls(place, known.place)},`);
      if (known !== undefined) place = Math.max(place, known.place + 1);
      this.#at = text.indexOf('":', this.#at) + 2;
      empty = false;
      if (known?.items === undefined || known.items === null || !this.#items) this.#at = endOfValue(text, this.#at);
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
    while (this.#text.charCodeAt(this.#at) !== BRACKET_END) {
      if (this.#text.charCodeAt(this.#at) === COMMA) this.#at += 1;
      if (!this.#object(items)) return false;
    }
    this.#at += 1;
    return true;
  }

  #insert(nulls: string): void {
    this.#filled += this.#text.slice(this.#copied, this.#at) + nulls;
    this.#copied = this.#at;
  }

  /** Names contain no quotation mark and nothing that JSON escapes. */
  #find(shape: ObjectShape): ShapeField | undefined {
    return shape.find(this.#text.slice(this.#at + 1, this.#text.indexOf('":', this.#at)));
  }
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d];

/** @param from the index of a value's first character. @returns the index behind the value. */
function endOfValue(text: string, from: number): number {
  let at = from;
  let depth = 0;
  do {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else {
      if (code === BRACE || code === BRACKET) depth += 1;
      if (code === BRACE_END || code === BRACKET_END) depth -= 1;
      at += 1;
    }
  } while (at < text.length && (depth > 0 || !endsValue(text.charCodeAt(at))));
  return at;
}

const endsValue = (code: number) => code === COMMA || code === BRACE_END || code === BRACKET_END;

function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
}
