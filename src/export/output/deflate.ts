/**
 * Two engines, one contract: a block goes in, deflate data comes out that ends on a byte, holds no final block and refers to
 * nothing before it. So blocks join end to end, whoever compressed them. fflate is the default: portable, and the same bytes
 * wherever it runs. `native` is the runtime's zlib.
 */

import { constants, crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { Deflate } from "fflate";

export interface Gzip {
  engine: "fflate" | "native";
  /** 1 (fast) to 9 (small). */
  level: number;
}

/** @returns a function that compresses one block; the block may be used again afterwards. */
export function compressor({ engine, level }: Gzip): (block: Uint8Array) => Uint8Array {
  const options = { level, finishFlush: constants.Z_SYNC_FLUSH };
  const native = (block: Uint8Array) => new Uint8Array(deflateRawSync(block, options));
  if (engine === "native") return native;
  return (block) => {
    const compressed = withFflate(block, level);
    // fflate 0.8.3 has known faults in its streams: nothing leaves that another decoder did not read back.
    return reads(compressed, block) ? compressed : native(block);
  };
}

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const NOTHING = new Uint8Array();

/**
 * fflate's own sync flush misplaces its marker for one bit position in eight, so the stream is ended instead, and the end is
 * opened again. The end is an empty final block with fixed codes (RFC 1951, 3.2.6): the bits 1, 10 and seven zeros. With the
 * two ones cleared it is the head of a stored block, which goes on at the next byte with its length, 0, and the complement.
 */
function withFflate(block: Uint8Array, level: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  const deflate = new Deflate({ level: LEVELS[level] ?? 6, mem: 6 }, (piece) => pieces.push(piece));
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

const EMPTY_STORED = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/** The number of the last bit that is set, counted from the least of the first byte. */
function highestBit(bytes: Uint8Array): number {
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last] === 0) last -= 1;
  return last * 8 + 31 - Math.clz32(bytes[last] ?? 0);
}

function reads(compressed: Uint8Array, block: Uint8Array): boolean {
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH };
    const back = inflateRawSync(compressed, options);
    return back.length === block.length && crc32(back) === crc32(block);
  } catch {
    return false;
  }
}
