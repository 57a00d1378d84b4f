/** A request's body, read and validated: JSON as a whole or list by list, or lines of JSON. */

import { invalid, SpillwayError } from "../errors.ts";
import { readPieces } from "./body-bytes.ts";
import { notJson, readLists } from "./body-lists.ts";
import { parseJson } from "./json-parse.ts";
import type { BodyDoc } from "./route.ts";
import { listsOf, validateBody } from "./validate-body.ts";

const MAX_BYTES = 65_536;
const MAX_VALUES = 20_000;
/** The depth of a record: an item of a list in the body. */
const RECORD_DEPTH = 2;

/**
 * @throws unsupported_media_type, payload_too_large; malformed_request with the place that is not JSON;
 * invalid_request for a line that is not JSON, for what the scan finds, such as duplicate members, and for what the
 * schema does not allow.
 */
export async function readBody<Output>(request: Request, doc: BodyDoc<Output>): Promise<Output> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const isLines = type === "application/x-ndjson" && doc.linesOf !== undefined;
  if (type !== "application/json" && !isLines)
    throw new SpillwayError(
      "unsupported_media_type",
      `Send the body as application/json${doc.linesOf === undefined ? "" : " or application/x-ndjson"}.`,
    );
  const pieces = await readPieces(request, doc.maxBytes ?? MAX_BYTES);
  const maxValues = doc.maxValues ?? MAX_VALUES;
  if (doc.items !== undefined) return readLists(pieces, doc, maxValues, isLines);
  const text = decode(Buffer.concat(pieces));
  const read = parseJson(text, { maxValues, recordDepth: listsOf(doc.schema).size > 0 ? RECORD_DEPTH : 0 });
  if ("value" in read) return validateBody(doc.schema, read.value);
  if (read.broken === null) throw invalid(...read.faults);
  throw notJson(text.trim() === "", read.broken);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new SpillwayError("malformed_request", "The body is not valid UTF-8.");
  }
}
