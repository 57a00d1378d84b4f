/**
 * Two engines, one contract: blocks go in, a deflate segment comes out that ends on a byte and holds no final block.
 * fflate is the default: portable, and the same bytes wherever it runs. `native` is the runtime's zlib: two to three times as fast.
 */

import { crc32, constants, deflateRawSync } from "node:zlib";
import { Deflate } from "fflate";

export interface Deflater {
  /** Compresses a block. */
  push(block: Uint8Array): void;
  /** Ends the segment. @returns the CRC-32 and length of all that was pushed. */
  end(): { crc32: number; bytes: number };
}

/** @param sink takes the compressed pieces, in order; it may keep them. */
export function createDeflater(
  gzip: { engine: "fflate" | "native"; level: number },
  sink: (piece: Uint8Array) => void,
): Deflater {
  let crc = 0;
  let bytes = 0;
  const { push, end } = gzip.engine === "fflate" ? fflate(gzip.level, sink) : native(gzip.level, sink);
  return {
    push(block) {
      crc = crc32(block, crc);
      bytes += block.length;
      push(block);
    },
    end() {
      end();
      return { crc32: crc, bytes };
    },
  };
}

type Sink = (piece: Uint8Array) => void;

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

function fflate(level: number, sink: Sink): { push: (block: Uint8Array) => void; end: () => void } {
  const deflate = new Deflate({ level: LEVELS[level] ?? 6 }, (piece) => {
    if (piece.length > 0) sink(piece);
  });
  // A sync flush ends the segment on a byte; the next segment's worker needs nothing of this one's window.
  return { push: (block) => deflate.push(block), end: () => deflate.flush(true) };
}

function native(level: number, sink: Sink): { push: (block: Uint8Array) => void; end: () => void } {
  const options = { level, finishFlush: constants.Z_SYNC_FLUSH };
  return { push: (block) => sink(deflateRawSync(block, options)), end: () => {} };
}
