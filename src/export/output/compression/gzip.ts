/**
 * gzip (RFC 1952) with two engines. Both compress a block to deflate data (RFC 1951) that ends on a byte and has no
 * final block, so one member can hold blocks from several chunks. fflate is the default: portable, and the same bytes
 * in every runtime. `native` is the runtime's zlib.
 */

import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { Deflate as FflateStream } from "fflate";
import type { Compression } from "./codec.ts";

/** @returns deflate data without a final block, which ends on a byte. */
type Deflate = (block: Uint8Array, level: number) => Uint8Array;

/** @param deflate the engine `fflate`. */
export const createGzip = (deflate: Deflate): Compression => ({
  mediaType: "application/gzip",
  contentEncoding: "gzip",
  extension: ".gz",
  isSupported: () => true,
  compressBlock(block, { gzip: { engine, level } }) {
    if (engine === "native") return deflateNative(block, level);
    const compressed = deflate(block, level);
    // fflate 0.8.3 has known faults in its streams, so zlib reads each block back before it is used: half a microsecond
    // of six that a row takes. A check of fewer blocks would be cheaper, and would let a wrong one leave.
    return isProved(compressed, block) ? compressed : deflateNative(block, level);
  },
  join: {
    // ID, deflate, no flags, no time (so that the same rows give the same bytes), no extra flags, unknown system.
    header: new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]),
    trailerBytes: 10,
    // An empty final block, then the CRC-32 and the length modulo 2^32, least byte first.
    trailer({ crc32: sum, uncompressedBytes }) {
      const trailer = new Uint8Array(10);
      const view = new DataView(trailer.buffer);
      trailer[0] = 0x03;
      view.setUint32(2, sum >>> 0, true);
      view.setUint32(6, uncompressedBytes % 0x1_0000_0000, true);
      return trailer;
    },
  },
  decompress: (file) => file.pipeThrough(new DecompressionStream("gzip")),
});

const SYNC_FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

const deflateNative: Deflate = (block, level) => new Uint8Array(deflateRawSync(block, { level, ...SYNC_FLUSH }));

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const NOTHING = new Uint8Array();
/** The length of an empty stored block, 0, and its complement. */
const EMPTY_STORED = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/**
 * fflate's own sync flush misplaces its marker for one bit position in eight. So the stream is ended, and its end is
 * reopened: the end is an empty final block with fixed codes (RFC 1951, 3.2.6), the bits 1, 10 and seven zeros. With
 * the two ones cleared, these bits are the head of a stored block, whose length and complement follow at the next byte.
 */
function deflateFflate(block: Uint8Array, level: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  const deflate = new FflateStream({ level: LEVELS[level] ?? 6, mem: 6 }, (piece) => pieces.push(piece));
  deflate.push(block);
  deflate.flush();
  const body = pieces.splice(0);
  deflate.push(NOTHING, true);
  const end = Buffer.concat(pieces);
  const typeBit = highestBit(end);
  const finalBit = typeBit - 1;
  for (const bit of [finalBit, typeBit]) end[bit >> 3] = (end[bit >> 3] ?? 0) & ~(1 << (bit & 7));
  const head = end.subarray(0, Math.ceil((finalBit + 3) / 8));
  return Buffer.concat([...body, head, EMPTY_STORED]);
}

/** The number of the last bit that is set, counted from the lowest of the first byte. */
function highestBit(bytes: Uint8Array): number {
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last] === 0) last -= 1;
  return last * 8 + 31 - Math.clz32(bytes[last] ?? 0);
}

/** A stored block of one byte, which a decoder reaches if what is before it ends on a byte and has no final block. */
const NEXT_BYTE = 0x4e;
const NEXT_BLOCK = new Uint8Array([0x00, 0x01, 0x00, 0xfe, 0xff, NEXT_BYTE]);

function isProved(compressed: Uint8Array, block: Uint8Array): boolean {
  try {
    const inflated = inflateRawSync(Buffer.concat([compressed, NEXT_BLOCK]), SYNC_FLUSH);
    const isNext = inflated.length === block.length + 1 && inflated[block.length] === NEXT_BYTE;
    return isNext && Buffer.compare(inflated.subarray(0, -1), block) === 0;
  } catch {
    return false;
  }
}

export const gzip = createGzip(deflateFflate);
