/** A request's body, as JSON or as lines of JSON. */

import { type Fault, invalid, MAX_FAULTS, SpillwayError } from "../errors.ts";
import { readBytes } from "./body-bytes.ts";
import { scanJson, type Scanned, type ScanOptions } from "./json-scan.ts";
import type { BodyDoc, Lines } from "./route.ts";
import { listsOf } from "./validate-body.ts";

const MAX_BYTES = 65_536;
const MAX_VALUES = 20_000;
/** The depth of a record: an item of a list in the body. */
const RECORD_DEPTH = 2;

/**
 * @throws unsupported_media_type, payload_too_large; malformed_request with the place that is not JSON;
 * invalid_request for a line that is not JSON, and for what scanJson finds, such as duplicate members.
 */
export async function readBody(request: Request, doc: BodyDoc<unknown>): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const lines = type === "application/x-ndjson" && doc.linesOf !== undefined;
  if (type !== "application/json" && !lines)
    throw new SpillwayError(
      "unsupported_media_type",
      `Send the body as application/json${doc.linesOf === undefined ? "" : " or application/x-ndjson"}.`,
    );
  const text = decode(await readBytes(request, doc.maxBytes ?? MAX_BYTES));
  const maxValues = doc.maxValues ?? MAX_VALUES;
  if (lines && doc.linesOf !== undefined) return { [doc.linesOf.property]: parseLines(text, doc.linesOf, maxValues) };
  const read = parse(text, { maxValues, recordDepth: listsOf(doc.schema).size > 0 ? RECORD_DEPTH : 0 });
  if ("value" in read) return read.value;
  if (read.broken === null) throw invalid(...read.faults);
  const { pointer, place, detail } = read.broken;
  if (text.trim() === "") throw new SpillwayError("malformed_request", "The body is empty: send JSON.");
  const sentence = `The body is not valid JSON: ${detail} at ${place}.`;
  throw new SpillwayError("malformed_request", sentence, { faults: [{ pointer, detail: sentence }] });
}

/** The value of a text in which the scan finds nothing, or what it finds. */
function parse(text: string, options: ScanOptions): { value: unknown } | Scanned {
  const scanned = scanJson(text, options);
  if (scanned.broken !== null || scanned.faults.length > 0) return scanned;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return scanJson(text, { ...options, strict: true });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new SpillwayError("malformed_request", "The body is not valid UTF-8.");
  }
}

/** Skips empty lines; pointers count the other lines from 0. Stops reading once there are more items than allowed. */
function parseLines(text: string, { property, maxItems }: Lines, maxValues: number): unknown[] {
  const faults: Fault[] = [];
  const items: unknown[] = [];
  let [start, number] = [0, 0];
  while (start < text.length && items.length <= maxItems && faults.length < MAX_FAULTS) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed;
    const line = text.slice(start, end);
    start = end + 1;
    number += 1;
    if (line.trim() === "") continue;
    const place = number;
    const base = `/${property}/${items.length}`;
    const read = parse(line, { base, maxValues, placeOf: (at) => `line ${place}, column ${at + 1}` });
    items.push("value" in read ? read.value : null);
    if ("value" in read) continue;
    faults.push(...read.faults);
    if (read.broken !== null)
      faults.push({
        pointer: base,
        detail: `Line ${number} is not valid JSON: ${read.broken.detail} at ${read.broken.place}.`,
      });
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return items;
}
