/** Reads a body of lines of JSON, and hands on one record at a time. */

import { type Fault, MAX_FAULTS } from "../errors.ts";
import { type BodyText, MAX_RECORD_UNITS } from "./body-text.ts";
import { parseJson } from "./json-parse.ts";
import type { TakeRecord } from "./json-records.ts";
import type { Lines } from "./route.ts";

/**
 * Skips empty lines; pointers count the other lines from 0. Reads no further than one record more than are allowed.
 * @param maxValues JSON values of a record.
 * @param take is called for each record, in order, until the first fault.
 * @returns how many records there are, and what is wrong with lines: at most 100 faults.
 * @throws malformed_request for bytes that are not UTF-8.
 */
export function readLines(
  body: BodyText,
  { property, maxItems }: Lines,
  maxValues: number,
  take: TakeRecord,
): { count: number; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  let [count, number] = [0, 0];
  while (count <= maxItems && faults.length < MAX_FAULTS) {
    const base = `/${property}/${count}`;
    const line = nextLine(body);
    number += 1;
    if (line === null) return { count, faults };
    if (line === TOO_LONG) {
      faults.push({ pointer: base, detail: `Line ${number} has more than ${MAX_RECORD_UNITS} characters.` });
      break;
    }
    if (line.trim() === "") continue;
    const read = parseJson(line, { base, maxValues, placeOf: (at) => `line ${number}, column ${at + 1}` });
    count += 1;
    if ("value" in read) {
      if (faults.length === 0 && count <= maxItems) take(property, count - 1, read.value, line);
      continue;
    }
    faults.push(...read.faults);
    if (read.broken !== null)
      faults.push({
        pointer: base,
        detail: `Line ${number} is not valid JSON: ${read.broken.detail} at ${read.broken.place}.`,
      });
  }
  body.skipRest();
  return { count, faults: faults.slice(0, MAX_FAULTS) };
}

const TOO_LONG = Symbol("too long");

/** @returns the text up to the next line feed; null at the end of the body. */
function nextLine(body: BodyText): string | typeof TOO_LONG | null {
  for (;;) {
    const feed = body.text.indexOf("\n", body.at);
    if (feed === -1 && !body.isComplete) {
      // White space may have any length.
      if (body.isFull && body.text.slice(body.at).trim() !== "") return TOO_LONG;
      if (body.isFull) body.at = body.text.length;
      body.more();
      continue;
    }
    const end = feed === -1 ? body.text.length : feed;
    if (feed === -1 && body.at >= end) return null;
    const line = body.text.slice(body.at, end);
    body.at = feed === -1 ? end : end + 1;
    return line;
  }
}
