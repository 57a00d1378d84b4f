/**
 * The SHA-256 of a file that is assembled. node:crypto's is eight times as fast as one whose state can be written down.
 * So a file that one invocation can assemble has node:crypto's. Where such an invocation has to stop all the same, its
 * checkpoint has no state, and the next invocation reads the parts' bytes from the segments once more.
 */

import { createHash } from "node:crypto";
import type { Context } from "../../context.ts";
import type { SegmentRow } from "../../db/exports/chunks.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import type { RunningHash } from "../output/object-writer.ts";
import { ResumableSha256 } from "../output/resumable-sha256.ts";
import { bytesOfSegments, readSegments } from "../output/segments.ts";

/** Each is a request, of which an invocation has several thousand. */
const MAX_SEGMENTS = 1_000;
/** A gigabyte in parts of 8 MiB: to hash so much again takes a few seconds. */
const MAX_PARTS = 128;

type Segments = readonly Pick<SegmentRow, "n" | "bytes">[];

/** The hash of a file from its beginning. */
export function beginHash(segments: Segments, partBytes: number): RunningHash {
  const isSmall = segments.length <= MAX_SEGMENTS && bytesOfSegments(segments) <= MAX_PARTS * partBytes;
  return isSmall ? createHash("sha256") : new ResumableSha256();
}

/**
 * The hash of a file's first bytes, which another invocation wrote.
 * @param header the file's bytes before its segments.
 * @param length how many bytes.
 * @throws incomplete_export for a segment that is not as it was written.
 */
export async function hashAgain(
  { bucket, sizes }: Pick<Context, "bucket" | "sizes">,
  row: ExportRow,
  segments: Segments,
  header: Uint8Array,
  length: number,
): Promise<ResumableSha256> {
  const hash = new ResumableSha256();
  hash.update(header.subarray(0, length));
  let rest = length - header.length;
  if (rest <= 0) return hash;
  for await (const body of readSegments({ bucket }, row, segments, 0, sizes.partBytes)) {
    hash.update(body.subarray(0, rest));
    rest -= body.length;
    if (rest <= 0) break;
  }
  return hash;
}
