/**
 * Reads a body of JSON whose members are lists of records, and hands on one record at a time: neither the text nor the
 * values of the whole body are ever in memory. Everything else in the body is scanned, and only its type is kept.
 */

import { type Fault, MAX_FAULTS, pointerTo } from "../errors.ts";
import { type BodyText, MAX_RECORD_UNITS } from "./body-text.ts";
import { scanName, scanValue } from "./json-scan.ts";
import type { Scanned, ScannedValue } from "./json-scanned.ts";
import { JsonStrings } from "./json-strings.ts";

const [TAB, LINE_FEED, RETURN, SPACE, QUOTE, COMMA, COLON] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** UTF-16 units of the longest token that a scan looks at as one, an escaped surrogate pair, and some more. */
const MAX_TOKEN_UNITS = 16;

/** Takes a record: the name of its list, its place in the list, its value and its text. */
export type TakeRecord = (list: string, index: number, value: unknown, text: string) => void;

/** A body that was read. */
export interface ReadRecords extends Scanned {
  /** Whether the body has nothing but white space. */
  readonly isEmpty: boolean;
  /** The body without what is inside its members: a list that `lists` names is empty, and so is every other one. */
  readonly value: unknown;
  /** How many items each list has; of a list that is too long, one more than it may have, where the reading ended. */
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * @param lists the names of the lists of records, and how many items each may have: one more ends the reading.
 * @param maxValues JSON values of a record.
 * @param take is called for each record, in order, until the first fault.
 * @throws malformed_request for bytes that are not UTF-8.
 */
export function readRecords(
  body: BodyText,
  lists: ReadonlyMap<string, { maxItems: number }>,
  maxValues: number,
  take: TakeRecord,
): ReadRecords {
  const reader = new Reader(body, lists, maxValues, take);
  reader.run();
  return reader;
}

type Path = readonly (string | number)[];
/** Records are parsed afterwards, which finds control characters in their texts; other texts are scanned for these. */
type Kind = "record" | "name" | "other";

/** Thrown where the reading ends early. */
const STOP = new Error("stop");

class Reader implements ReadRecords {
  readonly faults: Fault[] = [];
  broken: Scanned["broken"] = null;
  isEmpty = false;
  value: unknown = null;
  readonly counts = new Map<string, number>();
  readonly #body: BodyText;
  readonly #lists: ReadonlyMap<string, { maxItems: number }>;
  readonly #maxValues: number;
  readonly #take: TakeRecord;
  /** Of the body's present window: of records, and of everything else. */
  #strings: JsonStrings | null = null;
  #strictStrings: JsonStrings | null = null;

  constructor(body: BodyText, lists: ReadonlyMap<string, { maxItems: number }>, maxValues: number, take: TakeRecord) {
    this.#body = body;
    this.#lists = lists;
    this.#maxValues = maxValues;
    this.#take = take;
  }

  run(): void {
    try {
      const first = this.#peek();
      this.isEmpty = Number.isNaN(first);
      if (first === OPEN_OBJECT) this.value = Object.fromEntries(this.#object());
      else this.value = standIn(this.#text([], "other"));
      if (!Number.isNaN(this.#peek())) this.#break("nothing more is expected", []);
    } catch (thrown) {
      if (thrown !== STOP) throw thrown;
      this.#body.skipRest();
    }
  }

  /** @returns the members, in which lists are empty. */
  #object(): Map<string, unknown> {
    const members = new Map<string, unknown>();
    this.#body.at += 1;
    let name = "";
    if (this.#peek() !== CLOSE_OBJECT)
      do {
        name = this.#name(members);
        if (this.#peek() !== COLON) this.#break("a colon is expected", [name]);
        this.#body.at += 1;
        const list = this.#peek() === OPEN_LIST && !members.has(name) ? this.#lists.get(name) : undefined;
        if (list === undefined) members.set(name, standIn(this.#text([name], "other")));
        else this.#list(members, name, list.maxItems);
      } while (this.#continues(CLOSE_OBJECT, "a comma or } is expected", [name]));
    this.#body.at += 1;
    return members;
  }

  #name(members: ReadonlyMap<string, unknown>): string {
    if (this.#peek() !== QUOTE) this.#break("a name in double quotes is expected", []);
    const place = this.#body.placeOf(this.#body.at);
    const name = JSON.parse(this.#text([], "name")) as string;
    if (members.has(name))
      this.#fault(pointerTo([name]), `Duplicate member: this object has ${name} again, ${place}. Remove one.`);
    if (members.size > this.#maxValues)
      this.#stopWith("", `The body has more than ${this.#maxValues} values, the most that are read. Send fewer.`);
    return name;
  }

  #list(members: Map<string, unknown>, name: string, maxItems: number): void {
    members.set(name, []);
    let count = 0;
    this.#body.at += 1;
    if (this.#peek() !== CLOSE_LIST)
      do {
        this.#peek();
        this.#record(name, count);
        count += 1;
        this.counts.set(name, count);
        if (count > maxItems) throw STOP;
      } while (this.#continues(CLOSE_LIST, "a comma or ] is expected", [name, count - 1]));
    this.#body.at += 1;
  }

  #record(name: string, index: number): void {
    const path = [name, index];
    const text = this.#text(path, "record");
    if (this.faults.length > 0) return;
    const parsed = parse(text);
    if (parsed !== null) {
      this.#take(name, index, parsed.value, text);
      return;
    }
    // Of what the scan of a record accepts, JSON.parse refuses control characters in texts alone.
    this.#body.at -= text.length;
    this.#forget();
    this.#text(path, "other");
  }

  /** Reads the value or name that begins here. @param path where it is in the body. @returns its text. */
  #text(path: Path, kind: Kind): string {
    const scanned = this.#scan(path, kind);
    for (const { pointer, detail } of scanned.faults) this.#fault(pointer, detail);
    this.broken = scanned.broken;
    if (scanned.isStopped) throw STOP;
    const text = this.#body.text.slice(this.#body.at, scanned.end);
    this.#body.at = scanned.end;
    return text;
  }

  /** What is at the end of the window may be cut: then it is scanned again in a larger one. */
  #scan(path: Path, kind: Kind): ScannedValue {
    const body = this.#body;
    const scan = kind === "name" ? scanName : scanValue;
    for (;;) {
      const strict = kind !== "record";
      const strings = (strict ? this.#strictStrings : this.#strings) ?? new JsonStrings(body.text, strict);
      if (strict) this.#strictStrings = strings;
      else this.#strings = strings;
      const placeOf = (at: number) => body.placeOf(at);
      const scanned = scan(body.text, body.at, { path, maxValues: this.#maxValues, strings, placeOf });
      if (body.isComplete || scanned.end + MAX_TOKEN_UNITS <= body.text.length) return scanned;
      if (body.isFull) this.#stopWith(pointerTo(path), `${named(path)} has more than ${MAX_RECORD_UNITS} characters.`);
      this.#more();
    }
  }

  #more(): void {
    this.#body.more();
    this.#forget();
  }

  /** The readers of strings go forward only, in one window. */
  #forget(): void {
    this.#strings = null;
    this.#strictStrings = null;
  }

  #continues(close: number, expected: string, path: Path): boolean {
    const next = this.#peek();
    if (next !== COMMA && next !== close) this.#break(expected, path);
    if (next === close) return false;
    this.#body.at += 1;
    return true;
  }

  /** Skips white space. @returns the unit after it, NaN at the end of the body. */
  #peek(): number {
    const body = this.#body;
    for (;;) {
      const unit = body.text.charCodeAt(body.at);
      if (Number.isNaN(unit) && !body.isComplete) this.#more();
      else if (unit === SPACE || unit === LINE_FEED || unit === RETURN || unit === TAB) body.at += 1;
      else return unit;
    }
  }

  #fault(pointer: string, detail: string): void {
    this.faults.push({ pointer, detail });
    if (this.faults.length >= MAX_FAULTS) throw STOP;
  }

  #stopWith(pointer: string, detail: string): never {
    this.#fault(pointer, detail);
    throw STOP;
  }

  #break(expected: string, path: Path): never {
    const { text, at } = this.#body;
    const detail = at < text.length ? expected : "it ends too early";
    this.broken = { pointer: pointerTo(path), place: this.#body.placeOf(at), detail };
    throw STOP;
  }
}

const named = (path: Path): string => {
  const last = path.at(-1);
  return last === undefined ? "The body" : typeof last === "number" ? `Item ${last}` : last;
};

/** A value of the same type as that of a text, without what is inside it. */
function standIn(text: string): unknown {
  if (text.startsWith("{")) return {};
  return text.startsWith("[") ? [] : JSON.parse(text);
}

/** @returns null for what is no JSON. */
function parse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}
