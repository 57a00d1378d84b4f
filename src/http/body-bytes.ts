/** The bytes of a request's body, of which at most the allowed number is held, compressed or not. */

import { createGunzip } from "node:zlib";
import { SpillwayError } from "../errors.ts";

/** Every content coding of a body, in the order of preference. */
export const CODINGS = ["gzip", "identity"] as const;

/** How much larger gzip may make what it cannot compress. */
const GZIP_OVERHEAD_BYTES = 65_536;

/**
 * @param maxBytes of the decoded body. A compressed one is decoded no further, and not held beside what it decodes to.
 * @returns the decoded body in pieces.
 * @throws unsupported_media_type with the accepted codings in `Accept-Encoding`, payload_too_large, malformed_request.
 */
export async function readPieces(request: Request, maxBytes: number): Promise<Uint8Array[]> {
  const isGzip = codingOf(request) === "gzip";
  const maxSent = maxBytes + (isGzip ? GZIP_OVERHEAD_BYTES : 0);
  if (Number(request.headers.get("content-length") ?? 0) > maxSent) throw tooLarge(maxBytes);
  const sent = upTo(request.body, maxSent, maxBytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of isGzip ? upTo(gunzipped(sent), maxBytes) : sent) pieces.push(piece);
  return pieces;
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

/** The pieces. @throws payload_too_large, which names `named` bytes, once there are more than `most`. */
async function* upTo(
  pieces: AsyncIterable<Uint8Array> | null,
  most: number,
  named = most,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const piece of pieces ?? []) {
    bytes += piece.byteLength;
    if (bytes > most) throw tooLarge(named);
    yield piece;
  }
}

/** @throws malformed_request for what is not gzip data, whole and alone. */
async function* gunzipped(sent: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip();
  const failure = feed(gunzip, sent);
  try {
    for await (const piece of gunzip) yield piece as Uint8Array;
  } catch {
    throw (await failure) ?? new SpillwayError("malformed_request", NOT_GZIP);
  } finally {
    gunzip.destroy();
  }
}

const NOT_GZIP = "The body is not whole gzip data, as its Content-Encoding says: compress it again.";

/** Writes what is sent into a decoder, as fast as it takes it. @returns the error that ended the reading, or null. */
async function feed(decoder: ReturnType<typeof createGunzip>, sent: AsyncIterable<Uint8Array>): Promise<unknown> {
  try {
    for await (const piece of sent) {
      if (decoder.destroyed) return null;
      if (!decoder.write(piece))
        await new Promise((resolve) => void decoder.once("drain", resolve).once("close", resolve));
    }
    decoder.end();
    return null;
  } catch (thrown) {
    decoder.destroy(thrown as Error);
    return thrown;
  }
}

const tooLarge = (maxBytes: number) =>
  new SpillwayError("payload_too_large", `The body may have at most ${maxBytes} bytes. Send less in one call.`);
