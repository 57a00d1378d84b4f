/**
 * Content → zstd blocks (RFC 8878, 3.1.1.2) that decode to it wherever they stand in a frame. So blocks that were
 * compressed apart join into one frame: a file of several frames would be valid too, but Node's zlib and
 * python-zstandard read the first frame of a file, and report no error for the others.
 *
 * The runtime's zstd compresses pieces, each as a frame of its own, and the blocks of that frame are taken out. Such a
 * block needs no table of an earlier block, but it may repeat one of the three offsets that every frame begins with
 * (3.1.1.5), and in a joined frame these are the ones that the block before left. So each piece is proved: it is
 * decoded behind blocks that set all three offsets to places of the byte 0xFF, which no UTF-8 text has. A piece that
 * comes out unchanged used none of them. The others are cut in halves, and what is small then is stored.
 */

import type { ZstdEngine } from "./zstd-engine.ts";

/**
 * A piece of text becomes smaller by more than a third, and then its frame is small enough for today's workerd (see
 * ALWAYS_COMPRESSED_BYTES). Pieces of twice the size would make 0.3 % less.
 */
const PIECE_BYTES = 65_536;
/** Smaller pieces are stored. */
const MIN_PIECE_BYTES = 1_024;
/** 2^16: no offset leads out of a piece. */
const WINDOW_LOG = 16;

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** A frame without content size, checksum and dictionary. The window's exponent is counted from 2^10. */
const frameHeader = (windowLog: number) => new Uint8Array([...MAGIC, 0, (windowLog - 10) << 3]);

/** Before all blocks of a frame. */
export const HEADER = frameHeader(WINDOW_LOG);
/** After all blocks: an empty stored block that is the last. */
export const TRAILER = new Uint8Array([1, 0, 0]);

const BLOCK_HEADER_BYTES = 3;
const [RAW, RLE, COMPRESSED] = [0, 1, 2];
/** The header of a block that is not the frame's last one. @param size of its content where it is raw or RLE. */
const blockHeader = (type: number, size: number) =>
  [0, 8, 16].map((bit) => (((size << 3) | (type << 1)) >> bit) & 0xff);

/** The byte that no UTF-8 text has. */
const FOREIGN = 0xff;
const FOREIGN_BYTES = 66_000;
/** Each sequence copies three bytes. */
const DISTURBING_BYTES = FOREIGN_BYTES + 9;
/**
 * No literals; three sequences, whose codes are one each (literals 0, offset 16, match 0). The extra bits of the
 * offsets follow in 48 bits, below the one that marks the end: 65,633, 65,634 and 65,635 bytes back.
 */
const SEQUENCES = [0x00, 3, 0x54, 0, 16, 0, ...[102, 101, 100].flatMap((extra) => [extra, 0]), 1];
/** A frame up to the piece: its blocks set each of the three offsets to more than a piece has. */
const DISTURBANCE = new Uint8Array([
  ...frameHeader(WINDOW_LOG + 1),
  ...blockHeader(RLE, FOREIGN_BYTES),
  FOREIGN,
  ...blockHeader(COMPRESSED, SEQUENCES.length),
  ...SEQUENCES,
]);

/** @param content UTF-8 text; other bytes are stored. @returns its blocks, none of which is a frame's last. */
export function independentBlocks(content: Uint8Array, engine: ZstdEngine): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let from = 0; from < content.length; from += PIECE_BYTES)
    blocks.push(...blocksOfPiece(content.subarray(from, from + PIECE_BYTES), engine));
  return blocks;
}

function blocksOfPiece(piece: Uint8Array, engine: ZstdEngine): Uint8Array[] {
  const blocks = compressedBlocks(piece, engine);
  if (blocks !== null) return [blocks];
  const [byte = 0] = piece;
  if (piece.every((each) => each === byte)) return [new Uint8Array([...blockHeader(RLE, piece.length), byte])];
  if (piece.length <= MIN_PIECE_BYTES || piece.includes(FOREIGN))
    return [Buffer.concat([new Uint8Array(blockHeader(RAW, piece.length)), piece])];
  const middle = piece.length >> 1;
  return [piece.subarray(0, middle), piece.subarray(middle)].flatMap((half) => blocksOfPiece(half, engine));
}

/** @returns null where the engine fails, or where the blocks decode to the piece only at the beginning of a frame. */
function compressedBlocks(piece: Uint8Array, { compress, decompress }: ZstdEngine): Uint8Array | null {
  if (piece.includes(FOREIGN)) return null;
  try {
    const blocks = blocksOf(compress(piece));
    const decoded = decompress(Buffer.concat([DISTURBANCE, blocks, TRAILER]));
    const isSame = decoded.length === DISTURBING_BYTES + piece.length;
    return isSame && Buffer.compare(decoded.subarray(DISTURBING_BYTES), piece) === 0 ? blocks : null;
  } catch {
    return null;
  }
}

/** The blocks of a whole frame, none of them marked as the last. @throws RangeError for a frame that is cut off. */
function blocksOf(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const from = headerBytes(view.getUint8(MAGIC.length));
  const blocks = new Uint8Array(frame);
  for (let at = from; ;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const end = at + BLOCK_HEADER_BYTES + (((header >> 1) & 3) === RLE ? 1 : header >> 3);
    if ((header & 1) === 0) at = end;
    else {
      blocks[at] = (header & 0xff) ^ 1;
      return blocks.slice(from, end);
    }
  }
}

/** The length of a frame's header. @param descriptor its fifth byte (RFC 8878, 3.1.1.1.1). */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor >> 5) & 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSizeBytes = [isSingleSegment, 2, 4, 8][descriptor >> 6] ?? 0;
  return MAGIC.length + 1 + (1 - isSingleSegment) + dictionaryBytes + contentSizeBytes;
}
