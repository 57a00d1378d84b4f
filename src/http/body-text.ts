/**
 * The text of a body, of which a window is in memory. The window moves forward only: what is before `at` is dropped
 * when more text is needed, and the bytes that it was decoded from are dropped with it.
 */

import { SpillwayError } from "../errors.ts";

/** Bytes that are decoded at once. */
const WINDOW_BYTES = 131_072;
/**
 * UTF-16 units of one record, or of one text between records: the window grows no further. An event that can be stored
 * has 6,000,000 at most, where each of its characters is escaped.
 */
export const MAX_RECORD_UNITS = 8_000_000;

export class BodyText {
  /** The window. */
  text = "";
  /** The place in the window that is read next. */
  at = 0;
  /** Whether the window reaches the end of the body. */
  isComplete = false;
  /** Of the window's first unit: its line from 1, and the units before it in this line. */
  #line = 1;
  #column = 0;
  readonly #windowBytes: number;
  readonly #pieces: Uint8Array[];
  /** Bytes of the first piece that are decoded. */
  #decoded = 0;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

  /**
   * @param pieces the body's bytes; they are taken out of this list as they are decoded.
   * @param windowBytes how many are decoded at once.
   */
  constructor(pieces: Uint8Array[], windowBytes = WINDOW_BYTES) {
    this.#windowBytes = windowBytes;
    this.#pieces = pieces.toReversed();
    pieces.length = 0;
    this.more();
  }

  /** Whether the window cannot grow before it moves on. */
  get isFull(): boolean {
    return this.text.length - this.at > MAX_RECORD_UNITS;
  }

  /** Drops what is before `at`, and doubles the rest. @throws malformed_request for bytes that are not UTF-8. */
  more(): void {
    this.#drop();
    const parts = [this.text];
    const { length } = this.text;
    let wanted = Math.max(this.#windowBytes, Math.min(length, MAX_RECORD_UNITS - length));
    while (wanted > 0 && !this.isComplete) {
      const bytes = this.#take(wanted);
      wanted -= bytes.byteLength;
      this.isComplete = this.#pieces.length === 0;
      parts.push(this.#decode(bytes));
    }
    this.text = parts.join("");
  }

  /** Checks the rest of the body, of which nothing is read any more. @throws as of `more`. */
  skipRest(): void {
    while (!this.isComplete) {
      this.at = this.text.length;
      this.more();
    }
  }

  /** The place at an index of the window: "line 3, column 17", both counted from 1 in the whole body. */
  placeOf(at: number): string {
    let [line, lineStart] = [this.#line, -this.#column];
    for (let feed = this.text.indexOf("\n"); feed !== -1 && feed < at; feed = this.text.indexOf("\n", lineStart)) {
      line += 1;
      lineStart = feed + 1;
    }
    return `line ${line}, column ${at - lineStart + 1}`;
  }

  #drop(): void {
    let lineStart = -this.#column;
    for (let feed = this.text.indexOf("\n"); feed !== -1 && feed < this.at; feed = this.text.indexOf("\n", lineStart)) {
      this.#line += 1;
      lineStart = feed + 1;
    }
    this.#column = this.at - lineStart;
    this.text = this.text.slice(this.at);
    this.at = 0;
  }

  /** The next bytes, at most as many. */
  #take(most: number): Uint8Array {
    const piece = this.#pieces.at(-1) ?? new Uint8Array();
    const bytes = piece.subarray(this.#decoded, this.#decoded + most);
    this.#decoded += bytes.byteLength;
    if (this.#decoded === piece.byteLength) {
      this.#pieces.pop();
      this.#decoded = 0;
    }
    return bytes;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: !this.isComplete });
    } catch {
      throw new SpillwayError("malformed_request", "The body is not valid UTF-8.");
    }
  }
}
