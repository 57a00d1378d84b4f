/**
 * CSV by RFC 4180: a header, CRLF, and quotes around fields that need them, and around everything that some reader
 * takes for syntax. Null is an empty field and an empty text is `""`, so that a reader can distinguish them. In a file
 * of one column both are `""`, because many readers skip an empty line. Objects and lists are JSON. Names in the header
 * are always quoted: readers that guess the quote character from the first rows find it there.
 */

import type { Field } from "./encoding.ts";
import { isExactNumber, type Value } from "./exact-numbers.ts";

export const LINE_END = "\r\n";

/**
 * Texts that are quoted: with a separator, quote, escape or comment character of some reader (`\.` alone ends
 * PostgreSQL's COPY, `\N` and NULL are nulls), with a control character, a line end of some reader or a byte order
 * mark, with white space at an end, which some readers trim.
 */
const SPECIAL =
  // oxlint-disable-next-line no-control-regex -- control characters are among what is quoted
  /[",;|'#\\\u0000-\u001f\u007f-\u00a0\u2028\u2029\ufeff]|^\s|\s$|^(?:null|NULL)$/;
/** The characters that spreadsheets read as the start of a formula (OWASP, CSV injection). */
const FORMULA = "=+\\-@＝＋－＠";
/** Also behind white space, a byte order mark and separators, which spreadsheets skip or split at. */
const AT_START = new RegExp(`^[\\s\\ufeff;,|]*[${FORMULA}]|^[\\t\\r\\n]`, "u");
/** An equals sign behind a separator within a text: a spreadsheet that splits there reads a formula. */
const WITHIN = /((?:[;,|]|(?<!^)[\t\r\n])[\s\ufeff]*)(?=[=＝])/gu;

export function csvHeader(fields: readonly Field[], escapeFormulas: boolean): string {
  return fields.map(({ name }) => quoted(escapeFormulas ? escaped(name) : name)).join() + LINE_END;
}

export function csvLine(cells: readonly Value[], escapeFormulas: boolean): string {
  const line = cells.map((value) => cell(value, escapeFormulas)).join();
  return line === "" ? '""' : line;
}

/** @param escapeFormulas whether a text that begins like a formula gets an apostrophe before it. */
function cell(value: Value, escapeFormulas: boolean): string {
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isExactNumber(value)) return value.rawJSON;
  let text = typeof value === "string" ? value : JSON.stringify(value);
  if (escapeFormulas) text = escaped(text);
  return text === "" || SPECIAL.test(text) ? quoted(text) : text;
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function escaped(text: string): string {
  const inner = text.replace(WITHIN, "$1'");
  return AT_START.test(text) ? `'${inner}` : inner;
}
