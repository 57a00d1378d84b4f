/** What the columns of a file have, told by its first rows: how many values, of which types. Pure. */

import { type DateReader, dateReader } from "./dates.ts";
import { WrittenNumber } from "./numbers.ts";
import type { Reader } from "./rows.ts";
import { boolOf, jsonText, numberOf } from "./values.ts";

/** A form that every time of a column has. */
export interface TimeForm {
  /** As a mapping writes it. */
  format: string;
  /** The times have an offset from UTC, or a form that needs none. */
  hasOffset: boolean;
  /** The times are more than days. */
  hasClock: boolean;
  /** RFC 3339, as if the times without an offset were in UTC. */
  oldest: string;
}

export interface Column {
  name: string;
  /** Rows with a value. */
  filled: number;
  /** No value occurs twice. */
  isUnique: boolean;
  /** The values, if there are few. */
  distinct: readonly string[] | null;
  example: string;
  /** As the file has it; a text of CSV has no other type. */
  isText: boolean;
  isNumber: boolean;
  /** The texts are numbers with this separator; null also where it may be one of thousands: 1,234. */
  decimal: "." | "," | null;
  /** A text such as 007, which a number would not keep. */
  hasLeadingZero: boolean;
  isBoolean: boolean;
  /** Lists of objects. */
  isList: boolean;
  /** Lists of other values. */
  isOther: boolean;
  /** Forms of times that fit all values, the likeliest first. */
  times: readonly TimeForm[];
  /** Of numbers. */
  min: number;
  max: number;
}

export interface Columns {
  columns: readonly Column[];
  rows: number;
  /** These are all rows of the file. */
  isWhole: boolean;
}

/** Rows that are looked at; fewer where they have many columns. */
const MAX_ROWS = 50_000;
const MAX_CELLS = 500_000;
/** Characters of values that are compared: longer ones are no ids, and would fill the memory. */
const MAX_COMPARED = 100;
const MAX_COLUMNS = 500;
const MAX_DISTINCT = 50;
const NEWEST = "9999-12-31T23:59:59.999Z";
const MAX_EXAMPLE = 40;
const HAS_OFFSET = /(?:[Zz]|[+-]\d{2}:?\d{2})$/;
/** A comma before another number of digits than three is a decimal separator. */
const DECIMAL_COMMA = /,(?:\d{1,2}|\d{4,})$/;
const LEADING_ZERO = /^[+-]?0\d/;
const DAYS = ["d.M.yyyy", "M/d/yyyy", "d/M/yyyy", "d-M-yyyy", "yyyy/M/d", "d MMM yyyy"];
const CLOCKS = ["", " H:mm", " H:mm:ss", " h:mm a", " h:mm:ss a"];
/** Forms of times beside ISO 8601, which is tried first. */
const PATTERNS = [
  "yyyy-MM-dd HH:mm:ss 'UTC'",
  "yyyy-MM-dd HH:mm:ss.SSS 'UTC'",
  ...DAYS.flatMap((day) => CLOCKS.map((clock) => day + clock)),
];

/** @param reader is read until there are enough rows. @param maxCells values that are looked at. */
export async function columnsOf(reader: Reader, maxCells = MAX_CELLS): Promise<Columns> {
  const seen = new Map<string, SeenColumn>();
  let rows = 0;
  const see = (name: string, value: unknown) => {
    let column = seen.get(name);
    if (column === undefined && seen.size < MAX_COLUMNS) seen.set(name, (column = new SeenColumn(name)));
    column?.add(value);
  };
  for (const name of reader.columns ?? []) seen.set(name, new SeenColumn(name));
  for await (const piece of reader.pieces()) {
    for (const row of piece.rows) {
      if (rows === MAX_ROWS || rows * seen.size >= maxCells)
        return { columns: [...seen.values()].map((column) => column.told(rows)), rows, isWhole: false };
      if (row.problem !== undefined) continue;
      rows += 1;
      for (const [name, value] of valuesOf(row, reader)) see(name, value);
    }
  }
  return { columns: [...seen.values()].map((column) => column.told(rows)), rows, isWhole: true };
}

/** The values of a row; the members of an object are columns, by their path. */
function* valuesOf(row: { value: unknown }, reader: Reader): Generator<[string, unknown]> {
  if (reader.columns !== null) for (const name of reader.columns) yield* within(name, reader.get(row.value, name));
  else if (typeof row.value === "object" && row.value !== null && "object" in row.value)
    for (const [name, value] of Object.entries(row.value.object as object)) yield* within(name, value);
}

function* within(path: string, value: unknown): Generator<[string, unknown]> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || value instanceof WrittenNumber || ArrayBuffer.isView(value)) yield [path, value];
  else for (const [name, inner] of Object.entries(value)) yield* within(`${path}.${name}`, inner);
}

class SeenColumn {
  readonly #name: string;
  #filled = 0;
  #example = "";
  readonly #values = new Set<string>();
  #isUnique = true;
  #isText = true;
  #isNumber = true;
  #isBoolean = true;
  #isList = true;
  #isOther = false;
  #decimals: ("." | ",")[] = [".", ","];
  #hasDecimalComma = false;
  #hasLeadingZero = false;
  #hasLong = false;
  #times: { form: TimeForm; read: DateReader }[] | null = null;
  #min = Infinity;
  #max = -Infinity;

  constructor(name: string) {
    this.#name = name;
  }

  add(value: unknown): void {
    if (value === undefined || value === null || value === "") return;
    if (typeof value === "string" && value.trim() === "") return;
    this.#filled += 1;
    const isArray = Array.isArray(value);
    if (isArray || ArrayBuffer.isView(value)) this.#isOther = true;
    this.#isList &&= isArray && value.length > 0 && value.every((item) => typeof item === "object" && item !== null);
    this.#isText &&= typeof value === "string";
    const made = jsonText(value);
    const text = "value" in made ? made.value : "…";
    if (this.#example === "") this.#example = text.length > MAX_EXAMPLE ? `${text.slice(0, MAX_EXAMPLE)}…` : text;
    this.#compare(text);
    this.#isBoolean &&= typeof value === "boolean" || (typeof value === "string" && isWord(value));
    this.#seeNumber(value);
    this.#seeTime(text);
  }

  #compare(text: string): void {
    this.#hasLong ||= text.length > MAX_COMPARED;
    this.#isUnique &&= !this.#hasLong && !this.#values.has(text);
    // Two of one value are enough to know; the few distinct ones are kept.
    if (!this.#hasLong && (this.#isUnique || this.#values.size <= MAX_DISTINCT)) this.#values.add(text);
  }

  #seeNumber(value: unknown): void {
    if (!this.#isNumber) return;
    this.#decimals = this.#decimals.filter((decimal) => "value" in numberOf(value, decimal));
    this.#isNumber = this.#decimals.length > 0;
    if (typeof value === "string") {
      this.#hasLeadingZero ||= LEADING_ZERO.test(value.trim());
      this.#hasDecimalComma ||= DECIMAL_COMMA.test(value.trim());
    }
    const number = numberOf(value, this.#decimals[0] ?? ".");
    if (!("value" in number)) return;
    this.#min = Math.min(this.#min, number.value);
    this.#max = Math.max(this.#max, number.value);
  }

  #seeTime(text: string): void {
    if (this.#times?.length === 0) return;
    this.#times ??= ["iso", ...PATTERNS].map((format) => {
      const read = dateReader({ format, timezone: "UTC", clockChange: "compatible" });
      const isIso = format === "iso";
      return { form: { format, hasOffset: isIso, hasClock: isIso || format.includes("mm"), oldest: NEWEST }, read };
    });
    this.#times = this.#times.filter(({ form, read }) => {
      const made = read(text);
      if (!("time" in made)) return false;
      if (made.time < form.oldest) form.oldest = made.time;
      return true;
    });
    for (const { form } of this.#times)
      if (form.format === "iso") {
        form.hasOffset &&= HAS_OFFSET.test(text.trim());
        form.hasClock &&= text.includes(":");
      }
  }

  /** @param rows how many the file has so far. */
  told(rows: number): Column {
    const filled = this.#filled;
    const isNumber = filled > 0 && this.#isNumber;
    const [decimal = null] = this.#decimals;
    return {
      name: this.#name,
      filled,
      isUnique: filled > 0 && filled === rows && this.#isUnique,
      distinct: !this.#hasLong && this.#values.size <= MAX_DISTINCT ? [...this.#values] : null,
      example: this.#example,
      isText: this.#isText,
      isNumber,
      decimal: isNumber && (decimal === "." || this.#hasDecimalComma) ? decimal : null,
      hasLeadingZero: this.#hasLeadingZero,
      isBoolean: filled > 0 && this.#isBoolean,
      isList: filled > 0 && this.#isList,
      isOther: this.#isOther,
      times: filled > 0 ? (this.#times ?? []).map(({ form }) => form) : [],
      min: this.#min,
      max: this.#max,
    };
  }
}

/** A text that says true or false, and is no number. */
function isWord(text: string): boolean {
  return "value" in boolOf(text) && !/^[01]$/.test(text.trim());
}
