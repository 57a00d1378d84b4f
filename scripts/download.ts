/** Fetches a file by its presigned URL, and reads it back line by line: never all of it in memory. */

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { CallError, reach, callError } from "./client.ts";

/** Streams the body at a URL into a file. @returns its length and its SHA-256 in hex. */
export async function downloadTo(url: string, file: string): Promise<{ bytes: number; sha256: string }> {
  const response = await reach("the download", new URL(url), {});
  if (!response.ok || response.body === null) throw await callError("the download", response);
  const hash = createHash("sha256");
  let bytes = 0;
  const measure = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      hash.update(piece);
      bytes += piece.byteLength;
      done(null, piece);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), measure, createWriteStream(file));
  } catch (thrown) {
    throw new CallError(`The download into ${file} ended too early.`, response.status, "unreadable", thrown);
  }
  return { bytes, sha256: hash.digest("hex") };
}

/**
 * The lines of a gzipped file.
 * @throws when the file is not complete gzip, or its last line has no line feed.
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const plain = createGunzip();
  const source = createReadStream(file);
  source.on("error", (error) => plain.destroy(error));
  try {
    for await (const piece of source.pipe(plain)) {
      const lines = (rest + decoder.write(piece as Buffer)).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (thrown) {
    throw new Error(`${file} cannot be read as gzip: ${String(thrown)}`, { cause: thrown });
  }
  if (rest !== "") throw new Error(`The last line of ${file} has no line feed.`);
}
