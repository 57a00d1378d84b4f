/** A request's body, as JSON or as lines of JSON, of which at most the allowed bytes are read. */

import { type Fault, invalid, pointerToken, SpillwayError } from "../errors.ts";
import { findChangedNumbers } from "./numbers.ts";
import type { BodyDoc, Lines } from "./route.ts";

const MAX_FAULTS = 100;

/**
 * @throws unsupported_media_type, payload_too_large, malformed_request; invalid_request for a line that is not
 * JSON, and for a number that a JSON parser would change.
 */
export async function readBody(request: Request, doc: BodyDoc<unknown>): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const lines = type === "application/x-ndjson" && doc.linesOf !== undefined;
  if (type !== "application/json" && !lines)
    throw new SpillwayError(
      "unsupported_media_type",
      `Send the body as application/json${doc.linesOf === undefined ? "" : " or application/x-ndjson"}.`,
    );
  const text = decode(await readBytes(request, doc.maxBytes ?? 65_536));
  if (lines && doc.linesOf !== undefined)
    return refuseProto(text, { [doc.linesOf.property]: parseLines(text, doc.linesOf) });
  return refuseProto(text, parseJson(text));
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SpillwayError("malformed_request", "The body is not valid JSON.");
  }
  const faults = findChangedNumbers(text);
  if (faults.length > 0) throw invalid(...faults);
  return value;
}

/** zod silently drops a key `__proto__`. No property that a client sent may be lost, so such a body is rejected. */
function refuseProto(text: string, value: unknown): unknown {
  // A unicode escape may spell the name too.
  if (!text.includes("__proto__") && !text.includes("\\u")) return value;
  const faults: Fault[] = [];
  const rest: { at: unknown; pointer: string }[] = [{ at: value, pointer: "" }];
  for (let next = rest.pop(); next !== undefined && faults.length < MAX_FAULTS; next = rest.pop()) {
    if (typeof next.at !== "object" || next.at === null) continue;
    for (const [key, inner] of Object.entries(next.at)) {
      const pointer = `${next.pointer}/${pointerToken(key)}`;
      if (key === "__proto__") faults.push({ pointer, detail: "A property __proto__ is not allowed here. Remove it." });
      else if (typeof inner === "object") rest.push({ at: inner, pointer });
    }
  }
  if (faults.length > 0) throw invalid(...faults);
  return value;
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = new SpillwayError(
    "payload_too_large",
    `The body may have at most ${maxBytes} bytes. Send it in several calls.`,
  );
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge;
  if (request.body === null) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLarge;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new SpillwayError("malformed_request", "The body is not valid UTF-8.");
  }
}

/** Skips empty lines; pointers count the other lines from 0. Stops reading once there are more items than allowed. */
function parseLines(text: string, { property, maxItems }: Lines): unknown[] {
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
    const pointer = `/${property}/${items.length}`;
    try {
      items.push(JSON.parse(line));
      faults.push(...findChangedNumbers(line, pointer));
    } catch {
      faults.push({ pointer, detail: `Line ${number} is not valid JSON.` });
      items.push(null);
    }
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return items;
}
