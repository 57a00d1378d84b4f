/** Lines of JSON → values, in which a number that 64-bit floating point cannot represent keeps its text. */

export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };

/** A number that 64-bit floating point cannot represent, kept as its text (TC39's JSON.rawJSON). */
interface ExactNumber {
  readonly rawJSON: string;
}

type Reviver = (name: string, value: unknown, at: { source?: string }) => unknown;

/** In workerd and Node, but not yet in TypeScript's declarations. */
const exactly = JSON as unknown as {
  parse(text: string, reviver: Reviver): Value;
  rawJSON(literal: string): Value;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** A parser's message quotes the line, and messages are logged: a message without data replaces it. */
export function parseExactly(line: string): Value {
  try {
    return hasLongNumber(line) ? exactly.parse(line, keepNumber) : (JSON.parse(line) as Value);
  } catch {
    throw new Error("a row is not JSON");
  }
}

const keepNumber: Reviver = (_name, value, { source }) =>
  typeof value === "number" && source !== undefined && String(value) !== source ? exactly.rawJSON(source) : value;

export const isExactNumber = (value: unknown): value is ExactNumber => exactly.isRawJSON(value);

/** Numbers with fewer digits and points are exact as 64-bit floating point. */
const LONG = 16;

/**
 * Does a text have LONG digits or points in a row, of which the first is a digit? One of any LONG characters in a row
 * is looked at, because each line is asked.
 */
export function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isOfNumber(text.charCodeAt(at))) continue;
    let from = at;
    while (from > 0 && isOfNumber(text.charCodeAt(from - 1))) from -= 1;
    while (text.charCodeAt(from) === POINT) from += 1;
    let to = Math.max(from, at);
    while (isOfNumber(text.charCodeAt(to))) to += 1;
    if (to - from >= LONG) return true;
  }
  return false;
}

const [POINT, ZERO, NINE] = [0x2e, 0x30, 0x39];

const isOfNumber = (code: number) => (code >= ZERO && code <= NINE) || code === POINT;
