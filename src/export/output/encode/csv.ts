/**
 * CSV by RFC 4180: a header, CRLF, and quotes around fields that need them. Null is an empty field and an empty text is
 * `""`, so that a reader can distinguish them. In a file of one column both are `""`, because many readers skip an
 * empty line. Objects and lists are JSON.
 */

import type { Field } from "./encoding.ts";
import { isExactNumber, type Value } from "./rows.ts";

export const LINE_END = "\r\n";

/** Some readers trim fields without quotes, and drop a byte order mark at the start of a file. */
const SPECIAL = /[",\r\n]|^\s|\s$/;
/** The characters that spreadsheets read as the start of a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@＝＋－＠\t\r\n]/;

export function csvHeader(fields: readonly Field[], escapeFormulas: boolean): string {
  return fields.map((field) => cell(field.name, escapeFormulas)).join() + LINE_END;
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
  if (escapeFormulas && FORMULA.test(text)) text = `'${text}`;
  return text === "" || SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
