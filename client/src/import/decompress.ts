/** The content of compressed files: gzip and zstd, told by their first bytes. */

import { createReadStream } from "node:fs";
import { pipeline, type Transform } from "node:stream";
import zlib from "node:zlib";
import { Decompress } from "fzstd";

export type Compression = "gzip" | "zstd";

const PIECE_BYTES = 256 * 1024;
/** A block of zstd may have four bytes, and 128 KiB of content: more blocks at once would fill the memory. */
const ZSTD_STEP_BYTES = 8 * 1024;
const MAGIC: readonly (readonly [Compression, Buffer])[] = [
  ["gzip", Buffer.from([0x1f, 0x8b])],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];
export const MAGIC_BYTES = 4;

/** @param head the first bytes of a file. */
export function compressionOf(head: Buffer): Compression | null {
  return MAGIC.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0] ?? null;
}

/**
 * The content of a file, in pieces.
 * @param onRead receives the bytes of the file that have been read, compressed ones where it is compressed.
 */
export async function* contentBytes(
  path: string,
  compression: Compression | null,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  const transform = compression === null ? null : transformFor(compression);
  // The callback is there so that an error reaches the stream that is read, and nothing else.
  const pieces: AsyncIterable<Buffer> = transform === null ? file : pipeline(file, transform, () => {});
  try {
    for await (const piece of compression === "zstd" && transform === null ? unpackedZstd(pieces) : pieces) {
      onRead(file.bytesRead);
      yield piece;
    }
  } finally {
    file.destroy();
  }
}

/** @returns null for zstd where Node is older than 22.15, and has none: fzstd reads it, without its checksum. */
function transformFor(compression: Compression): Transform | null {
  if (compression === "gzip") return zlib.createGunzip({ chunkSize: PIECE_BYTES });
  return "createZstdDecompress" in zlib ? zlib.createZstdDecompress({ chunkSize: PIECE_BYTES }) : null;
}

async function* unpackedZstd(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unpacked: Buffer[] = [];
  const zstd = new Decompress((block) => unpacked.push(Buffer.from(block.buffer, block.byteOffset, block.byteLength)));
  function* taken() {
    yield* unpacked;
    unpacked = [];
  }
  for await (const piece of pieces)
    for (let from = 0; from < piece.length; from += ZSTD_STEP_BYTES) {
      zstd.push(piece.subarray(from, from + ZSTD_STEP_BYTES));
      yield* taken();
    }
  zstd.push(new Uint8Array(), true);
  yield* taken();
}
