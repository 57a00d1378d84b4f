/**
 * A gzip member (RFC 1952) put together from deflate segments that were compressed apart. Each segment ends on a byte and
 * holds no final block, so segments join end to end; the CRC-32 of the whole follows from the CRCs and lengths of its parts.
 */

/** ID, deflate, no flags, no time (so that the same rows give the same bytes), no extra flags, unknown system. */
export const GZIP_HEADER = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

export const GZIP_TRAILER_BYTES = 10;

/** The end of a member: an empty final block, then CRC-32 and length modulo 2^32, least byte first. */
export function gzipTrailer(crc32: number, uncompressedBytes: number): Uint8Array<ArrayBuffer> {
  const trailer = new Uint8Array(GZIP_TRAILER_BYTES);
  const view = new DataView(trailer.buffer);
  trailer[0] = 0x03;
  view.setUint32(2, crc32 >>> 0, true);
  view.setUint32(6, uncompressedBytes % 0x1_0000_0000, true);
  return trailer;
}

const POLYNOMIAL = 0xedb88320;

/**
 * The CRC-32 of A followed by B, from crc(A), crc(B) and the length of B in bytes: crc(A) is moved past B by multiplying it,
 * as a polynomial over GF(2), with x^(8·length) modulo the CRC's polynomial.
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
