/**
 * Checks a text of JSON before it is parsed. JSON.parse lets things pass in silence: of two members with one name it
 * keeps the last, it changes numbers, and it builds whatever nests. The scan finds these, and the first place that is
 * no JSON. Neither depth nor faults make it take more memory than its limits allow.
 *
 * A text in which `scanJson` finds nothing is JSON as RFC 8259 defines it, and JSON.parse changes nothing in it.
 */

import { type Fault, MAX_FAULTS, pointerTo } from "../errors.ts";
import { truncate } from "../ingest/truncate.ts";
import { placesIn } from "./json-places.ts";
import { JsonStrings } from "./json-strings.ts";
import { isKept } from "./numbers.ts";

/** Objects and lists inside one another. The deepest body of this API, a segment's rule, has 24. */
export const MAX_DEPTH = 64;
/** UTF-16 units of a member's name. The longest names of this API, the paths of `redact`, have 600. */
export const MAX_NAME = 1_000;
const MAX_SHOWN = 40;

const [TAB, LINE_FEED, RETURN, SPACE, QUOTE] = [0x09, 0x0a, 0x0d, 0x20, 0x22];
const [PLUS, COMMA, MINUS, POINT, ZERO, NINE, COLON] = [0x2b, 0x2c, 0x2d, 0x2e, 0x30, 0x39, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [LOWER_E, LOWER_F, LOWER_N, LOWER_T] = [0x65, 0x66, 0x6e, 0x74];

export interface ScanOptions {
  /** The pointer of the whole text. */
  base?: string;
  /** How many values a record may have: each can be a fault. Default: no limit. */
  maxValues?: number;
  /** The depth of the records in the text. Default: the whole text is one. */
  recordDepth?: number;
  /** Control characters inside texts are found too. They cost time, and JSON.parse refuses them anyway. */
  strict?: boolean;
  /** Names a place in the text, which is given as the number of UTF-16 units before it. Called in ascending order. */
  placeOf?: (at: number) => string;
}

export interface Scanned {
  /** At most MAX_FAULTS. */
  readonly faults: readonly Fault[];
  /** The first place that is no JSON; `faults` are those before it. */
  readonly broken: { pointer: string; place: string; detail: string } | null;
}

/** @returns what is wrong with a text of JSON. */
export function scanJson(text: string, options: ScanOptions = {}): Scanned {
  const scan = new Scan(text, options);
  scan.run();
  return scan;
}

/** Thrown where the scan ends early. */
const STOP = new Error("stop");

class Scan implements Scanned {
  readonly faults: Fault[] = [];
  broken: Scanned["broken"] = null;
  readonly #text: string;
  readonly #base: string;
  readonly #maxValues: number;
  readonly #recordDepth: number;
  readonly #placeOf: (at: number) => string;
  #at = 0;
  /** Of the current record. */
  #values = 0;
  readonly #path: (string | number)[] = [];
  /** By depth: the names of the current object. */
  readonly #names: Set<string>[] = [];
  readonly #strings: JsonStrings;

  constructor(text: string, options: ScanOptions) {
    const { base = "", maxValues = Number.POSITIVE_INFINITY, recordDepth = 0, strict = false } = options;
    this.#text = text;
    this.#base = base;
    this.#maxValues = maxValues;
    this.#recordDepth = recordDepth;
    this.#strings = new JsonStrings(text, strict);
    this.#placeOf = options.placeOf ?? placesIn(text);
  }

  run(): void {
    try {
      this.#skipSpace();
      this.#value();
      this.#skipSpace();
      if (this.#at < this.#text.length) this.#break("nothing more is expected");
    } catch (thrown) {
      if (thrown !== STOP) throw thrown;
    }
  }

  #value(): void {
    this.#count();
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        this.#string();
        if (this.#strings.unstorable !== null) this.#refuse(`contains ${this.#strings.unstorable}. Remove it.`);
        return;
      case OPEN_OBJECT:
        return this.#object();
      case OPEN_LIST:
        return this.#list();
      case LOWER_T:
        return this.#word("true");
      case LOWER_F:
        return this.#word("false");
      case LOWER_N:
        return this.#word("null");
      default:
        return this.#number();
    }
  }

  #count(): void {
    if (this.#path.length === this.#recordDepth) this.#values = 0;
    this.#values += 1;
    if (this.#values <= this.#maxValues) return;
    this.#refuse(
      `has more than ${this.#maxValues} values, the most that are read. Send fewer.`,
      Math.min(this.#recordDepth, this.#path.length),
    );
    throw STOP;
  }

  #object(): void {
    const depth = this.#enter();
    const names = (this.#names[depth] ??= new Set<string>());
    names.clear();
    let members = 0;
    if (this.#text.charCodeAt(this.#at) !== CLOSE_OBJECT)
      do {
        const start = this.#at;
        if (this.#text.charCodeAt(start) !== QUOTE) this.#break("a name in double quotes is expected", depth);
        this.#string();
        const name = this.#nameFrom(start, depth);
        this.#path[depth] = name;
        names.add(name);
        members += 1;
        if (names.size < members) {
          this.#fault(`Duplicate member: this object has ${shown(name)} again, ${this.#placeOf(start)}. Remove one.`);
          members -= 1;
        }
        // zod silently drops a member of this name, and nothing that a client sent may be lost.
        if (name === "__proto__") this.#fault("A property __proto__ is not allowed here. Remove it.");
        this.#skipSpace();
        if (this.#text.charCodeAt(this.#at) !== COLON) this.#break("a colon is expected");
        this.#at += 1;
        this.#skipSpace();
        this.#value();
      } while (this.#continues(CLOSE_OBJECT, "a comma or } is expected"));
    this.#leave();
  }

  #list(): void {
    const depth = this.#enter();
    let index = 0;
    if (this.#text.charCodeAt(this.#at) !== CLOSE_LIST)
      do {
        this.#path[depth] = index;
        index += 1;
        this.#value();
      } while (this.#continues(CLOSE_LIST, "a comma or ] is expected"));
    this.#leave();
  }

  /** @returns the depth of what is inside. */
  #enter(): number {
    const depth = this.#path.length;
    if (depth >= MAX_DEPTH) {
      this.#refuse(`is nested too deep, ${this.#placeOf(this.#at)}: a body may have ${MAX_DEPTH} levels.`);
      throw STOP;
    }
    this.#path.push(0);
    this.#at += 1;
    this.#skipSpace();
    return depth;
  }

  #continues(close: number, expected: string): boolean {
    this.#skipSpace();
    const next = this.#text.charCodeAt(this.#at);
    if (next !== COMMA && next !== close) this.#break(expected);
    if (next === close) return false;
    this.#at += 1;
    this.#skipSpace();
    return true;
  }

  #leave(): void {
    this.#path.pop();
    this.#at += 1;
  }

  /** The member's name that was just read. @param start where its quote is. @param depth of its object. */
  #nameFrom(start: number, depth: number): string {
    const { end, escaped, unstorable } = this.#strings;
    // An escape has up to six units.
    const isRead = end - start - 2 <= 6 * MAX_NAME;
    const name = isRead && escaped ? (JSON.parse(this.#text.slice(start, end)) as string) : null;
    if (!isRead || (name ?? "").length > MAX_NAME || (name === null && end - start - 2 > MAX_NAME)) {
      this.#refuse(`has a name of more than ${MAX_NAME} characters, ${this.#placeOf(start)}. Shorten it.`, depth);
      throw STOP;
    }
    if (unstorable !== null)
      this.#refuse(`has a name that contains ${unstorable}, ${this.#placeOf(start)}. Rename it.`, depth);
    return name ?? this.#text.slice(start + 1, end - 1);
  }

  #string(): void {
    const { broken } = this.#strings.read(this.#at);
    this.#at = broken?.at ?? this.#strings.end;
    if (broken !== null) this.#break(broken.expected);
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.#break("a value is expected");
    this.#at += word.length;
  }

  #number(): void {
    const text = this.#text;
    const start = this.#at;
    if (text.charCodeAt(this.#at) === MINUS) this.#at += 1;
    if (text.charCodeAt(this.#at) === ZERO) this.#at += 1;
    else this.#digits("a value is expected");
    if (text.charCodeAt(this.#at) === POINT) {
      this.#at += 1;
      this.#digits("a digit is expected");
    }
    const exponent = this.#at;
    if ((text.charCodeAt(this.#at) | 0x20) === LOWER_E) {
      this.#at += 1;
      const sign = text.charCodeAt(this.#at);
      if (sign === MINUS || sign === PLUS) this.#at += 1;
      this.#digits("a digit is expected");
    }
    // A number of up to 15 digits is kept.
    if (this.#at === exponent && this.#at - start <= 15) return;
    const literal = text.slice(start, this.#at);
    if (!isKept(literal))
      this.#fault(
        `${literal.slice(0, MAX_SHOWN)} is not kept exactly as a JSON number: it would be read as ${Number(literal)}. Send it as a text.`,
      );
  }

  #digits(expected: string): void {
    const first = this.#at;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (!(unit >= ZERO && unit <= NINE)) break;
      this.#at += 1;
    }
    if (this.#at === first) this.#break(expected);
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== SPACE && unit !== LINE_FEED && unit !== RETURN && unit !== TAB) return;
      this.#at += 1;
    }
  }

  /** A fault in words that follow the name of its value. @param depth of the value. */
  #refuse(detail: string, depth = this.#path.length): void {
    const last = this.#path[depth - 1];
    const name = last === undefined ? "The body" : typeof last === "number" ? `Item ${last}` : shown(last);
    this.#fault(`${name} ${detail}`, depth);
  }

  #fault(detail: string, depth = this.#path.length): void {
    this.faults.push({ pointer: this.#base + pointerTo(this.#path.slice(0, depth)), detail });
    if (this.faults.length >= MAX_FAULTS) throw STOP;
  }

  /** @param expected what the place should have. */
  #break(expected: string, depth = this.#path.length): never {
    const detail = this.#at < this.#text.length ? expected : "it ends too early";
    const pointer = this.#base + pointerTo(this.#path.slice(0, depth));
    this.broken = { pointer, place: this.#placeOf(this.#at), detail };
    throw STOP;
  }
}

const shown = (name: string): string => (name.length <= MAX_SHOWN ? name : `${truncate(name, MAX_SHOWN)}…`);
