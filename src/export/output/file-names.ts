/** File names that cannot be guessed, and that a repeated step derives again. */

import { createHash } from "node:crypto";

/** The file numbers that each chunk has for itself. */
const NUMBERS_PER_CHUNK = 100_000;

/** A file's number, which orders the files of a result. @param nth of the chunk, below NUMBERS_PER_CHUNK. */
export const fileNumber = (chunk: number, nth: number): number => chunk * NUMBERS_PER_CHUNK + nth;

/** @param secret the export's own, random. @returns a UUID of version 8 (RFC 9562), the SHA-256 of both arguments. */
export function unguessableName(secret: string, file: number): string {
  const bytes = createHash("sha256").update(`${secret}/${file}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
