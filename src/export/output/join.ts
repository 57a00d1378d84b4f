/**
 * How the segments of a file become the file: its first bytes, the segments in order, its last bytes. What the first
 * and last bytes are is the encoding's business; assemble moves bytes and knows no format.
 */

import type { ChunkRow } from "../../db/exports/chunks.ts";
import type { Compression } from "./compression/codec.ts";
import { contentOfChunks } from "./crc32.ts";
import { compressionOf } from "./encode/encoder.ts";
import type { Encoding } from "./encode/encoding.ts";

/** A segment of a file, as the ledger has it. `bytes` of it are the file's. */
export type Segment = Pick<ChunkRow, "bytes" | "rows" | "uncompressed_bytes" | "crc32">;

export interface Join {
  /** Of the stored object. */
  readonly mediaType: string;
  readonly header: Uint8Array<ArrayBuffer>;
  /** The file's last bytes, in pieces. @param segments all of the file's, in order. */
  readonly trailer: (segments: readonly Segment[]) => Iterable<Uint8Array>;
  /** The file's length before compression. @param fileBytes its length as it is stored. */
  readonly uncompressedBytes: (segments: readonly Segment[], fileBytes: number) => number;
}

/** @param encoding of the export; null where its files hold the dataset's own lines. */
export function joinOf(encoding: Encoding | null): Join {
  const compression = compressionOf(encoding);
  if (compression === null) throw new Error("a file that compresses its own pages is never assembled");
  return compressedJoin(compression);
}

const compressedJoin = ({ mediaType, join }: Compression): Join => ({
  mediaType,
  header: join.header,
  trailer: (segments) => [join.trailer(contentOfChunks(segments))],
  uncompressedBytes: (segments) => contentOfChunks(segments).uncompressedBytes,
});
