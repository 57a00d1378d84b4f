/**
 * What the product knows about a compression. A new codec is one file that exports a Compression, and one line in
 * index.ts: the pipeline, the encoders and HTTP read nothing else.
 */

import { crc32 } from "node:zlib";
import type { Config } from "../../../config.ts";
import type { Content } from "../crc32.ts";

/** The settings of the codecs. */
export type CodecSettings = Pick<Config, "gzip">;

export interface Compression {
  /** Of a stored object; null: that of the format. */
  readonly mediaType: string | null;
  /** Its token in Accept-Encoding and Content-Encoding (RFC 9110, 8.4.1); null where nothing is encoded. */
  readonly contentEncoding: string | null;
  /** With its dot, after the format's own extension; empty for none. */
  readonly extension: string;
  /** Whether this runtime has what the codec needs. */
  readonly isSupported: () => boolean;
  /**
   * Compresses one block, which the caller may reuse afterwards. The result refers to no other block and ends on a
   * byte, so that blocks from several chunks join in any order. The same block and settings give the same bytes.
   */
  readonly compressBlock: (block: Uint8Array, settings: CodecSettings) => Uint8Array;
  /** How compressed blocks become one file: header, blocks, trailer. */
  readonly join: Join;
  /** A file's stream → its content. */
  readonly decompress: (file: ReadableStream<Uint8Array<ArrayBuffer>>) => ReadableStream<Uint8Array>;
}

interface Join {
  readonly header: Uint8Array<ArrayBuffer>;
  /** Every trailer has this length: a reader cuts it off before it joins files. */
  readonly trailerBytes: number;
  /** @param content of all the file's blocks. */
  readonly trailer: (content: Content) => Uint8Array<ArrayBuffer>;
}

/** A whole file of one block, for a small body that no chunk wrote. */
export function compressFile(
  { compressBlock, join }: Compression,
  body: Uint8Array,
  settings: CodecSettings,
): Uint8Array<ArrayBuffer> {
  const blocks = body.length === 0 ? [] : [compressBlock(body, settings)];
  const trailer = join.trailer({ crc32: crc32(body), uncompressedBytes: body.length });
  return new Uint8Array(Buffer.concat([join.header, ...blocks, trailer]));
}
