/**
 * How the segments of a file become the file: its first bytes, the segments in order, its last bytes. What the first
 * and last bytes are is the encoding's business; assemble moves bytes and knows no format.
 */

import type { ChunkRow } from "../../db/exports/chunks.ts";
import { SpillwayError } from "../../errors.ts";
import type { Compression } from "./compression/codec.ts";
import { contentOfChunks } from "./crc32.ts";
import { compressionOf, encodingOf } from "./encode/encoder.ts";
import type { Field } from "./encode/encoding.ts";
import { schemaOf } from "./encode/parquet.ts";
import { footer, MAGIC, MAX_FOOTER_BYTES, readRowGroups } from "./encode/parquet-footer.ts";
import type { ExportRow } from "../../db/exports/exports.ts";

/**
 * A segment as the ledger has it. Its object may be longer than `bytes`, which are those that become the file's: what
 * follows them describes the segment.
 */
export type Segment = Pick<ChunkRow, "bytes" | "rows" | "uncompressed_bytes" | "crc32">;

export interface Join {
  readonly header: Uint8Array<ArrayBuffer>;
  /** Rows that a file may have. */
  readonly maxRows: number;
  /** The most bytes of all segments' descriptions together; 0 where the trailer needs none. */
  readonly maxDescriptionBytes: number;
  /**
   * The file's last bytes, in pieces.
   * @param segments all of the file's, in order.
   * @param descriptions one for each segment, where the trailer needs them.
   * @throws incomplete_export where a description is not as it was written.
   */
  readonly trailer: (segments: readonly Segment[], descriptions: readonly Uint8Array[]) => Iterable<Uint8Array>;
  /** The file's length before compression. @param fileBytes its length as it is stored. */
  readonly uncompressedBytes: (segments: readonly Segment[], fileBytes: number) => number;
}

/** What a result is told that has more rows than its one file may have. */
export const tooManyRows = (max: number): SpillwayError =>
  new SpillwayError(
    "export_too_large",
    `The result has more than ${max} rows, the limit of one Parquet file. Request the layout files.`,
  );

/** How the files of an export are joined. */
export function joinOf(row: Pick<ExportRow, "encoding" | "file_rows">): Join {
  const encoding = encodingOf(row);
  const compression = compressionOf(encoding);
  return compression === null ? tableJoin(encoding?.fields ?? [], row.file_rows) : compressedJoin(compression);
}

const compressedJoin = ({ join }: Compression): Join => ({
  header: join.header,
  maxRows: Infinity,
  maxDescriptionBytes: 0,
  trailer: (segments) => [join.trailer(contentOfChunks(segments))],
  uncompressedBytes: (segments) => contentOfChunks(segments).uncompressedBytes,
});

/** Row groups of several chunks, and one footer for all of them. */
const tableJoin = (fields: readonly Field[], maxRows: number): Join => ({
  header: MAGIC,
  maxRows,
  maxDescriptionBytes: MAX_FOOTER_BYTES,
  *trailer(segments, descriptions) {
    try {
      const described = segments.map(({ bytes, rows }, n) => ({
        bytes: bytes ?? 0,
        rows: rows ?? 0,
        groups: readRowGroups(descriptions[n] ?? new Uint8Array()),
      }));
      yield* footer(schemaOf(fields), described);
    } catch (cause) {
      throw new SpillwayError("incomplete_export", undefined, { cause });
    }
  },
  uncompressedBytes: (_segments, fileBytes) => fileBytes,
});
