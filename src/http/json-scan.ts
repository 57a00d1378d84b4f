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
import type { Scanned, ScannedValue, ScanOptions } from "./json-scanned.ts";
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

/** @returns what is wrong with a text of JSON. */
export function scanJson(text: string, options: ScanOptions = {}): Scanned {
  return new Scan(text, options).run((scan) => scan.readText());
}

/** @returns what is wrong with the value that begins at a place of a text. What is after the value is not read. */
export function scanValue(text: string, from: number, options: ScanOptions = {}): ScannedValue {
  return new Scan(text, options, from).run((scan) => scan.readValue());
}

/** As `scanValue`, of a member's name: it begins with a double quote. @param options `path` leads to its object. */
export function scanName(text: string, from: number, options: ScanOptions = {}): ScannedValue {
  return new Scan(text, options, from).run((scan) => scan.readName());
}

/** Thrown where the scan ends early. */
const STOP = new Error("stop");

class Scan implements ScannedValue {
  readonly faults: Fault[] = [];
  broken: Scanned["broken"] = null;
  isStopped = false;
  readonly #text: string;
  readonly #base: string;
  readonly #maxValues: number;
  readonly #recordDepth: number;
  readonly #placeOf: (at: number) => string;
  #at: number;
  /** Of the current record. */
  #values = 0;
  readonly #path: (string | number)[];
  /** By depth: the names of the current object. */
  readonly #names: Set<string>[] = [];
  readonly #strings: JsonStrings;

  constructor(text: string, options: ScanOptions, from = 0) {
    const { base = "", path = [], maxValues = Number.POSITIVE_INFINITY, strict = false } = options;
    const { recordDepth = path.length } = options;
    this.#text = text;
    this.#at = from;
    this.#path = [...path];
    this.#base = base;
    this.#maxValues = maxValues;
    this.#recordDepth = recordDepth;
    this.#strings = options.strings ?? new JsonStrings(text, strict);
    this.#placeOf = options.placeOf ?? placesIn(text);
  }

  get end(): number {
    return this.#at;
  }

  run(read: (scan: this) => void): this {
    try {
      read(this);
    } catch (thrown) {
      if (thrown !== STOP) throw thrown;
      this.isStopped = true;
    }
    return this;
  }

  readText(): void {
    this.#skipSpace();
    this.readValue();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#break("nothing more is expected");
  }

  readName(): void {
    const start = this.#at;
    this.#string();
    if (this.#nameFrom(start, this.#path.length) === "__proto__") this.#refuseProto();
  }

  readValue(): void {
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
        if (name === "__proto__") this.#refuseProto();
        this.#skipSpace();
        if (this.#text.charCodeAt(this.#at) !== COLON) this.#break("a colon is expected");
        this.#at += 1;
        this.#skipSpace();
        this.readValue();
      } while (this.#continues(CLOSE_OBJECT, "a comma or } is expected"));
    this.#leave();
  }

  /** zod silently drops a member of this name, and nothing that a client sent may be lost. */
  #refuseProto(): void {
    this.#fault("A property __proto__ is not allowed here. Remove it.");
  }

  #list(): void {
    const depth = this.#enter();
    let index = 0;
    if (this.#text.charCodeAt(this.#at) !== CLOSE_LIST)
      do {
        this.#path[depth] = index;
        index += 1;
        this.readValue();
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
