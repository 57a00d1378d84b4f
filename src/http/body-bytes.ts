/** The bytes of a request's body, of which at most the allowed number is held, compressed or not. */

import { gunzipSync } from "node:zlib";
import { SpillwayError } from "../errors.ts";

/** Every content coding of a body, in the order of preference. */
export const CODINGS = ["gzip", "identity"] as const;

/** The runtime counts the output by the buffers that it fills. */
const MAX_ZLIB_CHUNK_BYTES = 65_536;
/** How much larger gzip may make what it cannot compress. */
const GZIP_OVERHEAD_BYTES = 65_536;

/**
 * @param maxBytes of the decoded body. A compressed one is decoded no further.
 * @throws unsupported_media_type with the accepted codings in `Accept-Encoding`, payload_too_large, malformed_request.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const isGzip = codingOf(request) === "gzip";
  const sent = await readSent(request, maxBytes, isGzip ? GZIP_OVERHEAD_BYTES : 0);
  return isGzip ? gunzip(sent, maxBytes) : sent;
}

function codingOf(request: Request): (typeof CODINGS)[number] {
  const header = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (header === "" || header === "identity") return "identity";
  if (header === "gzip" || header === "x-gzip") return "gzip";
  throw new SpillwayError(
    "unsupported_media_type",
    "The Content-Encoding of the body is not supported: send the body compressed with gzip, or as it is.",
    { headers: { "accept-encoding": CODINGS.join(", ") } },
  );
}

async function readSent(request: Request, maxBytes: number, moreBytes: number): Promise<Uint8Array> {
  const most = maxBytes + moreBytes;
  if (Number(request.headers.get("content-length") ?? 0) > most) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body) {
    bytes += piece.byteLength;
    if (bytes > most) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}

function gunzip(sent: Uint8Array, maxBytes: number): Uint8Array {
  const decoded = inflate(sent, maxBytes + MAX_ZLIB_CHUNK_BYTES);
  if (decoded === null || decoded.byteLength > maxBytes) throw tooLarge(maxBytes);
  return decoded;
}

/** @returns null for what has more bytes. */
function inflate(sent: Uint8Array, maxBytes: number): Uint8Array | null {
  try {
    return gunzipSync(sent, { maxOutputLength: maxBytes });
  } catch (thrown) {
    // This is how zlib says that the output is longer than allowed.
    if (thrown instanceof RangeError) return null;
    throw new SpillwayError(
      "malformed_request",
      "The body is not whole gzip data, as its Content-Encoding says: compress it again.",
    );
  }
}

const tooLarge = (maxBytes: number) =>
  new SpillwayError("payload_too_large", `The body may have at most ${maxBytes} bytes. Send it in several calls.`);
