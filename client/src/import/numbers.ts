/**
 * Numbers that JSON.parse would change. It reads every number as a 64-bit floating point number, so `9007199254740993`
 * comes out as another integer. The rule is the service's own: a number that it would refuse is found before it is
 * sent.
 */

/** The limit of Number.prototype.toPrecision. */
const MAX_DIGITS = 100;
/** Numbers nearer to zero than this have fewer significant digits. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const ZERO = 0x30;

/**
 * Might match a JSON number that JavaScript writes in another way: 1.50, 1e3, -0, 0.0000001, 9007199254740993. Texts
 * match too, so a match is only a hint.
 */
const REWRITTEN = /(?:^|[:,[])\s*(?:-0(?![\d.])|-?(?:[\d.]{16}|[\d.]+[eE]|0\.0{6}|\d+\.\d*0(?!\d)))/;
const TOKEN = /"|-?\d[\d.eE+-]*/g;

/** A number of a JSON file that JavaScript would write in another way, or any decimal of Parquet: keeps its digits. */
export class WrittenNumber {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }

  toString(): string {
    return this.literal;
  }
}

/** Parses JSON; a number that JavaScript would write in another way becomes a WrittenNumber. @throws SyntaxError */
export function parseExactly(json: string): unknown {
  const value: unknown = JSON.parse(json);
  if (!REWRITTEN.test(json)) return value;
  // Not the reviver's third parameter, which has a number's text: Node 20 does not know it.
  const mark = crypto.randomUUID();
  return JSON.parse(withMarkedNumbers(json, mark), (_name, inner: unknown) =>
    typeof inner === "string" && inner.startsWith(mark) ? new WrittenNumber(inner.slice(mark.length)) : inner,
  );
}

/** @param json valid JSON. @returns the same with texts, `mark` and the digits, for numbers that would be rewritten. */
function withMarkedNumbers(json: string, mark: string): string {
  let marked = "";
  let from = 0;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(json); token !== null; token = TOKEN.exec(json)) {
    const [literal] = token;
    if (literal === '"') TOKEN.lastIndex = endOfText(json, token.index);
    else if (String(Number(literal)) !== literal) {
      marked += `${json.slice(from, token.index)}"${mark}${literal}"`;
      from = TOKEN.lastIndex;
    }
  }
  return marked + json.slice(from);
}

/** @returns the index after the closing quote of the text that starts at `start`. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
  return json.length;
}

/**
 * @param literal a number as JSON writes it. @returns whether the parsed number, written with as many digits, is the
 * same.
 */
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
