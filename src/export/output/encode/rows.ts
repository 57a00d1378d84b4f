/** A dataset's rows as values: parsed where they are lines, redacted, and picked into the requested columns. */

import { createHmac } from "node:crypto";
import type { RowCondition } from "../../../datasets/column.ts";
import type { ValueRow } from "../../../datasets/dataset.ts";
import type { Field, Redaction } from "./encoding.ts";
import { parseExactly, type Value } from "./exact-numbers.ts";

/** A row as its dataset gives it: its line, or its values. */
export type Row = string | ValueRow;

/** A row's members, in two objects. */
interface Members {
  head: { [name: string]: Value };
  rest: Value;
}

const NO_HEAD: Members["head"] = {};

const membersOf = (row: Row): Members =>
  typeof row === "string"
    ? { head: NO_HEAD, rest: parseExactly(row) }
    : { head: row.head, rest: parseExactly(row.rest) };

/** The object that has the path's first member, if any has it. */
const holderOf = ({ head, rest }: Members, [first = ""]: readonly string[]): Value =>
  Object.hasOwn(head, first) ? head : rest;

/** @param key of the hashes; empty for none. @returns a function from a line of JSON to the redacted row. */
export function rowReader(redactions: readonly Redaction[], key: Uint8Array): (line: string) => Value {
  const redactRow = redactor(redactions, key);
  return (line) => {
    const members = membersOf(line);
    redactRow(members);
    return members.rest;
  };
}

/**
 * @param key of the hashes; empty for none.
 * @returns a function from a row to its cells, redacted, in the order of the fields; null for a value that the row
 * lacks, or that is another column's.
 */
export function cellReader(
  fields: readonly Field[],
  redactions: readonly Redaction[],
  key: Uint8Array,
): (row: Row) => Value[] {
  const conditions = fields.map(({ rows }) => rowTest(rows));
  const redactRow = redactor(redactions, key);
  return (row) => {
    const members = membersOf(row);
    const own = conditions.map((test) => test === null || test(members));
    redactRow(members);
    return fields.map(({ path }, index) => (own[index] === true ? valueAt(holderOf(members, path), path, 0) : null));
  };
}

/** Which rows a redaction is for is read before any of them changes the row. */
function redactor(redactions: readonly Redaction[], key: Uint8Array): (row: Members) => void {
  const tests = redactions.map(({ rows }) => rowTest(rows));
  return (row) => {
    const due = redactions.filter((_, index) => tests[index]?.(row) ?? true);
    for (const { path, how } of due) redact(holderOf(row, path), path, 0, how, key);
  };
}

/** @returns null for a condition that every row meets. */
function rowTest(rows: RowCondition | undefined): ((row: Members) => boolean) | null {
  if (rows === undefined) return null;
  const [texts, wanted] = "only" in rows ? [new Set(rows.only), true] : [new Set(rows.except), false];
  return (row) => {
    const text = valueAt(holderOf(row, rows.at), rows.at, 0);
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
