/**
 * Numbers that JSON.parse would change. JSON.parse silently reads every number as a 64-bit floating point number, so
 * `9007199254740993` comes out as another integer and `0.1234567890123456789` with other digits. A sent number must not
 * be stored as another one, so such a number is rejected by its text.
 *
 * A number is kept if the parsed number, written with as many digits as were sent, is the same again. That holds for
 * every number of up to 15 digits, and for each longer one that a program printed from a floating point number.
 */

import { type Fault, MAX_FAULTS, pointerTo } from "../errors.ts";

const MAX_SHOWN = 40;
/** The limit of Number.prototype.toPrecision. */
const MAX_DIGITS = 100;
/** Numbers nearer to zero than this have fewer significant digits. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const ZERO = 0x30;

/**
 * Might match a number of 16 or more digits, or with a three-digit exponent. Texts match too, so a match is only a
 * hint.
 */
const SUSPECT = /[:,[]\s*-?(?:[\d.]{16}|[\d.]+[eE][-+]?\d{3})/;

const TOKEN = /["{}[\],]|-?\d[\d.eE+-]*/g;

/** An object or list that the scan is inside, and its current property or index. */
interface Level {
  at: string | number;
  awaitsName: boolean;
}

/**
 * @param text valid JSON.
 * @param base the pointer of the whole text.
 */
export function findChangedNumbers(text: string, base = ""): Fault[] {
  if (!SUSPECT.test(text)) return [];
  const faults: Fault[] = [];
  const path: Level[] = [];
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null && faults.length < MAX_FAULTS; token = TOKEN.exec(text)) {
    const level = path.at(-1);
    switch (token[0]) {
      case '"':
        TOKEN.lastIndex = endOfText(text, token.index);
        if (level?.awaitsName === true) {
          level.at = JSON.parse(text.slice(token.index, TOKEN.lastIndex)) as string;
          level.awaitsName = false;
        }
        break;
      case "{":
        path.push({ at: "", awaitsName: true });
        break;
      case "[":
        path.push({ at: 0, awaitsName: false });
        break;
      case "}":
      case "]":
        path.pop();
        break;
      case ",":
        if (typeof level?.at === "number") level.at += 1;
        else if (level !== undefined) level.awaitsName = true;
        break;
      default:
        if (!isKept(token[0]))
          faults.push({
            pointer: base + pointerTo(path.map(({ at }) => at)),
            detail: `${token[0].slice(0, MAX_SHOWN)} is not kept exactly as a JSON number: it would be read as ${Number(token[0])}. Send it as a text.`,
          });
    }
  }
  return faults;
}

/** @returns the index after the closing quote of the string that starts at `start`. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** @param literal a number as JSON writes it. */
export function isKept(literal: string): boolean {
  const value = Number(literal);
  if (String(value) === literal) return true;
  const [digits] = normal(literal);
  if (digits === "") return true;
  if (!Number.isFinite(value) || digits.length > MAX_DIGITS) return false;
  if (digits.length <= 15 && Math.abs(value) >= SMALLEST_NORMAL) return true;
  // When two texts are equally near to the number, programs choose differently.
  const texts = [value.toPrecision(digits.length), String(value)];
  return texts.some((text) => String(normal(text)) === String(normal(literal)));
}

/** The significant digits, and the position of the decimal point: 0.00120 and 1.2e-3 are the same. */
function normal(literal: string): [digits: string, point: number] {
  const [mantissa = "", exponent = "0"] = literal.slice(literal.startsWith("-") ? 1 : 0).split(/[eE]/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  let [first, end] = [0, digits.length];
  while (first < end && digits.charCodeAt(first) === ZERO) first += 1;
  while (end > first && digits.charCodeAt(end - 1) === ZERO) end -= 1;
  return [digits.slice(first, end), whole.length + Number(exponent) - first];
}
