/**
 * The runtime's zstd: node:zlib's calls for whole frames. Its streams would keep a megabyte and more each until the
 * garbage is collected, and the collector does not see it: a thousand blocks took 1.3 GB.
 */

import * as zlib from "node:zlib";

/** A failure is thrown. */
export interface ZstdEngine {
  /** @returns one frame. */
  compress: (content: Uint8Array) => Uint8Array;
  /** @param frame one: the runtime ignores what follows it. */
  decompress: (frame: Uint8Array) => Uint8Array;
}

/**
 * Today's workerd fails where a frame becomes larger than 40,960 bytes (cloudflare/workerd#6769). A frame of so much
 * content never does.
 */
export const ALWAYS_COMPRESSED_BYTES = 32_768;

/** How much the decoder reserves at once: more than a piece, with what is decoded before it as its proof. */
const DECODER_BYTES = 147_456;

/** Of events of 310 bytes, the levels 2 and 3 take longer, and make more. */
const LEVEL = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

/** Older runtimes have no zstd in their zlib. */
const { zstdCompressSync, zstdDecompressSync }: Partial<typeof zlib> = zlib;

/** Null: the runtime has none. */
export const zstdEngine: ZstdEngine | null =
  zstdCompressSync === undefined || zstdDecompressSync === undefined
    ? null
    : {
        compress: (content) => zstdCompressSync(content, LEVEL),
        decompress: (frame) => zstdDecompressSync(frame, { chunkSize: DECODER_BYTES }),
      };
