/** The strings of a text of JSON: where they end, and whether they hold what this service cannot store. */

const [SPACE, BACKSLASH, LOWER_U] = [0x20, 0x5c, 0x75];
const [HIGH_SURROGATE, LOW_SURROGATE, AFTER_SURROGATES] = [0xd800, 0xdc00, 0xe000];
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('"\\/bfnrt', (unit) => unit.charCodeAt(0)));

/** Reads strings in the order in which they stand. Its fields describe the string that was read last. */
export class JsonStrings {
  /** The place after the closing quote. */
  end = 0;
  /** Whether it has an escape. */
  escaped = false;
  /** What it holds that no text may have, in words. */
  unstorable: string | null = null;
  /** Where it is no JSON, and what the place should have. */
  broken: { at: number; expected: string } | null = null;
  readonly #text: string;
  readonly #strict: boolean;
  /** The next backslash, or the text's length. */
  #backslash = -1;

  /** @param strict whether a control character is found too, which costs time. */
  constructor(text: string, strict: boolean) {
    this.#text = text;
    this.#strict = strict;
  }

  /** @param start the place of the opening quote. */
  read(start: number): this {
    const text = this.#text;
    this.escaped = false;
    this.unstorable = null;
    let quote = this.#find('"', start + 1);
    if (this.#backslash < start) this.#backslash = this.#find("\\", start);
    while (this.#backslash < quote) {
      const after = this.#escape(this.#backslash);
      if (this.broken !== null) return this;
      this.#backslash = this.#find("\\", after);
      if (after > quote) quote = this.#find('"', after);
    }
    this.end = quote + 1;
    if (quote === text.length) this.broken = { at: quote, expected: "a closing quote is expected" };
    // Escaped names are parsed before the whole text is.
    else if (this.#strict || this.escaped) this.#refuseControls(start + 1, quote);
    return this;
  }

  #find(what: string, from: number): number {
    const at = this.#text.indexOf(what, from);
    return at === -1 ? this.#text.length : at;
  }

  /** @param at the place of a backslash. @returns the place after the escape. */
  #escape(at: number): number {
    this.escaped = true;
    if (SHORT_ESCAPES.has(this.#text.charCodeAt(at + 1))) return at + 2;
    const unit = this.#unitAt(at);
    if (unit === null) {
      this.broken = { at, expected: "JSON has no such escape" };
      return at;
    }
    if (unit === 0) this.unstorable = "U+0000, which no text and no name may have";
    if (unit < HIGH_SURROGATE || unit >= AFTER_SURROGATES) return at + 6;
    const low = unit < LOW_SURROGATE ? this.#unitAt(at + 6) : null;
    if (low !== null && low >= LOW_SURROGATE && low < AFTER_SURROGATES) return at + 12;
    this.unstorable = "half of a surrogate pair, which is not a character";
    return at + 6;
  }

  /** The UTF-16 unit that is escaped at this place; null for any other text there. */
  #unitAt(at: number): number | null {
    const text = this.#text;
    if (text.charCodeAt(at) !== BACKSLASH || text.charCodeAt(at + 1) !== LOWER_U) return null;
    let unit = 0;
    for (let place = at + 2; place < at + 6; place += 1) {
      const digit = hexDigit(text.charCodeAt(place));
      if (digit === -1) return null;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  #refuseControls(start: number, end: number): void {
    for (let at = start; at < end; at += 1)
      if (this.#text.charCodeAt(at) < SPACE) {
        this.broken = { at, expected: "a control character in a text must be escaped" };
        return;
      }
  }
}

/** @param unit NaN after the end of a text. @returns -1 for what is no digit. */
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
