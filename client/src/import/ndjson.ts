/**
 * NDJSON, one object per line. Lines end with a line feed and nothing else: `node:readline` would also cut at U+2028,
 * which JSON allows inside a text.
 */

import { isUtf8 } from "node:buffer";
import type { Piece, Reader, Row } from "./rows.ts";
import { contentOf, isUtf8Label, type Source } from "./source.ts";
import { parseExactly } from "./numbers.ts";

/** The text of a line, and its object. */
export interface JsonLine {
  text: string;
  object: Record<string, unknown>;
}

/** More than any event has: a longer line is reported, and not kept in memory. */
const MAX_LINE_BYTES = 8_000_000;
const LINE_FEED = 0x0a;
const REPLACED = "\uFFFD";

export function ndjsonReader(source: Source, encoding: string): Reader {
  return {
    columns: null,
    get: (value, column) => within((value as JsonLine).object, column),
    pieces: () => pieces(source, encoding),
    total: source.bytes,
  };
}

/** @returns the value of that key, or of the path whose names are between the dots; undefined where there is none. */
export function within(object: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path];
  let at: unknown = object;
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

async function* pieces(source: Source, encoding: string): AsyncGenerator<Piece> {
  let [line, n] = [0, 0];
  let rest: Buffer[] = [];
  let restBytes = 0;
  // In UTF-8 each line is checked alone.
  const isDecoded = !isUtf8Label(encoding);
  let hasReplaced = false;
  const endLine = (bytes: Buffer): Row[] => {
    line += 1;
    const isWrong = hasReplaced && bytes.includes(REPLACED);
    const row = isWrong ? { problem: `The line is not valid ${encoding.toUpperCase()}.` } : rowOf(bytes, restBytes);
    rest = [];
    restBytes = 0;
    if (row === null) return [];
    n += 1;
    return [{ n, line, ...row }];
  };
  const keep = (bytes: Buffer) => {
    restBytes += bytes.length;
    if (restBytes <= MAX_LINE_BYTES) rest.push(bytes);
    else rest = [];
  };
  for await (const { bytes, end, hasWrong } of contentOf(source, encoding)) {
    hasReplaced = isDecoded && hasWrong;
    const rows: Row[] = [];
    let from = 0;
    for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
      keep(bytes.subarray(from, to));
      rows.push(...endLine(rest.length === 1 ? (rest[0] ?? bytes) : Buffer.concat(rest)));
      from = to + 1;
    }
    // A copy, so that the piece can be freed.
    if (from < bytes.length) keep(Buffer.from(bytes.subarray(from)));
    yield { rows, done: end };
  }
  if (restBytes > 0) yield { rows: endLine(Buffer.concat(rest)), done: source.bytes };
}

/** @param length of the line; `bytes` is empty for a line that is too long. @returns null for an empty line. */
function rowOf(bytes: Buffer, length: number): { value: JsonLine } | { problem: string } | null {
  if (length > MAX_LINE_BYTES) return { problem: `The line has ${length} bytes, and an event at most 1,990,000.` };
  if (!isUtf8(bytes)) return { problem: "The line is not valid UTF-8." };
  const text = bytes.toString().trim();
  if (text === "") return null;
  try {
    const object = parseExactly(text);
    if (typeof object === "object" && object !== null && !Array.isArray(object))
      return { value: { text, object: object as Record<string, unknown> } };
    return { problem: "The line is valid JSON, but not an object." };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { problem: `The line is not valid JSON: ${why}` };
  }
}
