/** Names of files that nobody can guess, and that are the same however often a step is repeated. */

import { createHash } from "node:crypto";

/** Room for the files of one chunk between its number and the next one's. */
const NUMBERS_PER_CHUNK = 100_000;

/** The number of a chunk's file, in the order of the result. @param nth below NUMBERS_PER_CHUNK. */
export const fileNumber = (chunk: number, nth: number): number => chunk * NUMBERS_PER_CHUNK + nth;

/** @param secret the export's own, random. @returns a UUID of version 8 (RFC 9562), made of both by SHA-256. */
export function unguessableName(secret: string, file: number): string {
  const bytes = createHash("sha256").update(`${secret}/${file}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
