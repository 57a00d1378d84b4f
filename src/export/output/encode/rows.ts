/** A dataset's lines as values: parsed, redacted, and picked into the requested columns. */

import { createHmac } from "node:crypto";
import type { RowCondition } from "../../../datasets/dataset.ts";
import type { Field, Redaction } from "./encoding.ts";
import { parseExactly, type Value } from "./exact-numbers.ts";

/** @param key of the hashes; empty for none. @returns a function from a line of JSON to the redacted row. */
export function rowReader(redactions: readonly Redaction[], key: Uint8Array): (line: string) => Value {
  const tests = redactions.map(({ rows }) => rowTest(rows));
  return (line) => {
    const row = parseExactly(line);
    // Which rows a redaction is for is read before any of them changes the row.
    const due = redactions.filter((_, index) => tests[index]?.(row) ?? true);
    for (const { path, how } of due) redact(row, path, 0, how, key);
    return row;
  };
}

/**
 * @param key of the hashes; empty for none.
 * @returns a function from a line of JSON to its cells, redacted, in the order of the fields; null for a value that the
 * row lacks, or that is another column's.
 */
export function cellReader(
  fields: readonly Field[],
  redactions: readonly Redaction[],
  key: Uint8Array,
): (line: string) => Value[] {
  const conditions = fields.map(({ rows }) => rowTest(rows));
  const redactionTests = redactions.map(({ rows }) => rowTest(rows));
  return (line) => {
    const row = parseExactly(line);
    const own = conditions.map((test) => test === null || test(row));
    const due = redactions.filter((_, index) => redactionTests[index]?.(row) ?? true);
    for (const { path, how } of due) redact(row, path, 0, how, key);
    return fields.map((field, index) => (own[index] === true ? valueAt(row, field.path, 0) : null));
  };
}

/** @returns null for a condition that every row meets. */
function rowTest(rows: RowCondition | undefined): ((row: Value) => boolean) | null {
  if (rows === undefined) return null;
  const [texts, wanted] = "only" in rows ? [new Set(rows.only), true] : [new Set(rows.except), false];
  return (row) => {
    const text = valueAt(row, rows.at, 0);
    return texts.has(typeof text === "string" ? text : "") === wanted;
  };
}

/** A path leads through a list into each of its items. */
function valueAt(from: Value, path: readonly string[], depth: number): Value {
  const name = path[depth];
  if (name === undefined) return from;
  if (Array.isArray(from)) return from.map((item) => valueAt(item, path, depth));
  if (typeof from !== "object" || from === null || !Object.hasOwn(from, name)) return null;
  return valueAt(from[name] ?? null, path, depth + 1);
}

function redact(from: Value, path: readonly string[], depth: number, how: "drop" | "sha256", key: Uint8Array): void {
  const name = path[depth];
  if (name === undefined || typeof from !== "object" || from === null) return;
  if (Array.isArray(from)) {
    for (const item of from) redact(item, path, depth, how, key);
    return;
  }
  if (!Object.hasOwn(from, name)) return;
  const value = from[name] ?? null;
  if (depth < path.length - 1) redact(value, path, depth + 1, how, key);
  else if (how === "drop") delete from[name];
  else if (value !== null) from[name] = hashed(value, key);
}

/** HMAC-SHA-256 in hex, of a text's UTF-8, or of any other value's JSON. */
function hashed(value: Value, key: Uint8Array): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return createHmac("sha256", key).update(text).digest("hex");
}
