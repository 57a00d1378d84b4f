/**
 * Reads the segments of a file from the service's own bucket, in order. Several requests are under way at once, for no
 * more bytes than one piece has: small segments wait for no round trip each, and memory stays bounded.
 */

import type { SegmentRow } from "../../db/exports/chunks.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { SpillwayError } from "../../errors.ts";
import type { Context } from "../../context.ts";
import { segmentKey } from "../delivery/object-keys.ts";

/** A Worker may have six connections that wait for an answer: one is left for the part that is uploaded. */
const MAX_REQUESTS = 4;

/** The bytes [from, from + length) of a chunk's segment. */
interface Piece {
  chunk: number;
  from: number;
  length: number;
}

/** How many bytes the segments have together. */
export const bytesOfSegments = (segments: readonly Pick<SegmentRow, "bytes">[]): number =>
  segments.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);

/**
 * All bytes of the segments from `at` on, in pieces.
 * @param at how many bytes of the segments, one after the other, come before.
 * @param maxBytes of a piece, and of all pieces that are requested ahead.
 * @throws incomplete_export for a segment that is missing, or shorter than it was written.
 */
export async function* readSegments(
  context: Pick<Context, "bucket">,
  row: ExportRow,
  segments: readonly Pick<SegmentRow, "n" | "bytes">[],
  at: number,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const pieces = piecesOf(segments, at, maxBytes);
  let next = pieces.next();
  const requested: { length: number; body: Promise<Uint8Array> }[] = [];
  let ahead = 0;
  const request = () => {
    while (next.done !== true && requested.length < MAX_REQUESTS) {
      const { length } = next.value;
      if (ahead > 0 && ahead + length > maxBytes) return;
      const body = fetchPiece(context, row, next.value);
      // A caller that stops early never awaits it.
      body.catch(() => {});
      requested.push({ length, body });
      ahead += length;
      next = pieces.next();
    }
  };
  request();
  for (let first = requested.shift(); first !== undefined; first = requested.shift()) {
    ahead -= first.length;
    request();
    yield await first.body;
  }
}

function* piecesOf(
  segments: readonly Pick<SegmentRow, "n" | "bytes">[],
  at: number,
  maxBytes: number,
): Generator<Piece, undefined> {
  let start = 0;
  for (const { n, bytes } of segments) {
    const length = bytes ?? 0;
    for (let from = Math.max(0, at - start); from < length; from += maxBytes)
      yield { chunk: n, from, length: Math.min(maxBytes, length - from) };
    start += length;
  }
}

async function fetchPiece({ bucket }: Pick<Context, "bucket">, row: ExportRow, piece: Piece): Promise<Uint8Array> {
  const body = await bucket.read(segmentKey(row, piece.chunk), piece);
  if (body?.length !== piece.length) throw missingSegment();
  return body;
}

export const missingSegment = () =>
  new SpillwayError("incomplete_export", undefined, {
    cause: new Error("a segment is shorter than it was written, or missing"),
  });
