/** Reads gzipped files line by line: never all of one in memory. */

import { createReadStream } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";

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
