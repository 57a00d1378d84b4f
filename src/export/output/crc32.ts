/** CRC-32 of content that was written in parts: the sum of the whole follows from the sums and lengths of its parts. */

import type { ChunkRow } from "../../db/exports/chunks.ts";

/** What is known of a file's content, or of a part of it, before compression. */
export interface Content {
  crc32: number;
  uncompressedBytes: number;
}

export const EMPTY: Content = { crc32: 0, uncompressedBytes: 0 };

/** The content of two parts, one after the other. */
export const concatContent = (a: Content, b: Content): Content => ({
  crc32: combineCrc32(a.crc32, b.crc32, b.uncompressedBytes),
  uncompressedBytes: a.uncompressedBytes + b.uncompressedBytes,
});

/** The content that these chunks wrote, in their order. */
export function contentOfChunks(chunks: readonly Pick<ChunkRow, "crc32" | "uncompressed_bytes">[]): Content {
  return chunks
    .map(({ crc32, uncompressed_bytes }) => ({ crc32: crc32 ?? 0, uncompressedBytes: uncompressed_bytes ?? 0 }))
    .reduce(concatContent, EMPTY);
}

const POLYNOMIAL = 0xedb88320;

/**
 * The CRC-32 of A followed by B, from crc(A), crc(B) and the length of B in bytes: crc(A) is moved past B by
 * multiplying it, as a polynomial over GF(2), with x^(8·length) modulo the CRC's polynomial.
 */
export function combineCrc32(crcA: number, crcB: number, bytesOfB: number): number {
  return (multiply(powerOfX(8 * bytesOfB), crcA) ^ crcB) >>> 0;
}

/** a·b modulo the polynomial; bit 31 is x^0, as CRC-32 keeps them. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit -= 1) {
    if ((a >>> bit) & 1) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product >>> 0;
}

/** x^n modulo the polynomial, by squaring. n may exceed 2^32, so it is halved by division. */
function powerOfX(n: number): number {
  let power = 0x8000_0000;
  let square = 0x4000_0000;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power >>> 0;
}
