/**
 * The file: what it is, by its content and not by its name, and its bytes as a stream. It is read once from end to end before
 * anything is sent: a file that is cut off is found then, and its digest is what ids and a resumed import go by.
 */

import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { Unusable } from "./rows.ts";

export const FORMATS = ["ndjson", "csv", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

export interface Source {
  path: string;
  format: Format;
  gzip: boolean;
  /** Of the content, which is what is left when gzip is taken off: a file and its gzipped copy have the same. */
  bytes: number;
  /** In hex. */
  sha256: string;
  /** Size and time of the file as it was then. */
  stamp: string;
}

export interface Reading {
  format: Format | undefined;
  /** A label that TextDecoder knows. */
  encoding: string;
  /** Sees the share of the file that was looked at, 0 to 1. */
  onProgress: (share: number) => void;
}

const PIECE_BYTES = 256 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);
const PARQUET = Buffer.from("PAR1");
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** @throws Unusable when it is not there, not whole, or nothing that can be loaded. */
export async function inspect(path: string, { format, encoding, onProgress }: Reading): Promise<Source> {
  const stamp = stampOf(path);
  const gzip = (await firstBytes(path)).subarray(0, 2).equals(GZIP);
  const hash = createHash("sha256");
  const size = Math.max(1, statSync(path).size);
  let bytes = 0;
  let head = Buffer.alloc(0);
  for await (const piece of plainBytes(path, gzip, (read) => onProgress(read / size))) {
    hash.update(piece);
    bytes += piece.length;
    if (head.length < PIECE_BYTES) head = Buffer.concat([head, piece]);
  }
  if (bytes === 0) throw new Unusable(`${path} is empty.`);
  const found = format ?? formatOf(head, encoding, path);
  if (found === "parquet" && gzip) throw new Unusable(`${path} is Parquet inside gzip: gunzip it first.`);
  return { path, format: found, gzip, bytes, sha256: hash.digest("hex"), stamp };
}

/** @throws Unusable when the file is another one by now. */
export function checkUnchanged(source: Source): void {
  if (stampOf(source.path) !== source.stamp)
    throw new Unusable(`${source.path} was changed while it was read. Import it again with --restart.`);
}

/** The content as UTF-8, without a byte order mark; `end` is how many bytes of the content were read so far. */
export async function* contentOf(source: Source, encoding: string): AsyncGenerator<{ bytes: Buffer; end: number }> {
  const decoder = isUtf8Label(encoding) ? null : new TextDecoder(encoding);
  let end = 0;
  let start = true;
  for await (const piece of plainBytes(source.path, source.gzip)) {
    end += piece.length;
    let bytes = decoder === null ? piece : Buffer.from(decoder.decode(piece, { stream: true }));
    // The first piece of a file is never smaller than the mark, unless the file is.
    if (start && bytes.subarray(0, 3).equals(UTF8_MARK)) bytes = bytes.subarray(3);
    start = false;
    yield { bytes, end };
  }
}

export function isUtf8Label(encoding: string): boolean {
  return new TextDecoder(encoding).encoding === "utf-8";
}

/** @param onRead sees how many bytes of the file itself were read. */
async function* plainBytes(
  path: string,
  gzip: boolean,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  const stream = gzip ? file.pipe(createGunzip({ chunkSize: PIECE_BYTES })) : file;
  if (stream !== file) file.on("error", (error) => stream.destroy(error));
  try {
    for await (const piece of stream) {
      onRead(file.bytesRead);
      yield piece as Buffer;
    }
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Unusable(gzip ? `${path} is not whole gzip: ${why}.` : `${path} cannot be read: ${why}.`);
  } finally {
    file.destroy();
  }
}

function formatOf(head: Buffer, encoding: string, path: string): Format {
  if (head.subarray(0, 4).equals(PARQUET)) return "parquet";
  if (isUtf8Label(encoding) && head.includes(0))
    throw new Unusable(
      `${path} is not UTF-8 text. If it is text, name its encoding: --encoding utf-16le, for example.`,
    );
  const first = new TextDecoder(encoding).decode(head).trimStart().charAt(0);
  if (first === "[")
    throw new Unusable(`${path} is a JSON array. Make it an object a line: jq -c '.[]' FILE > FILE.ndjson`);
  return first === "{" ? "ndjson" : "csv";
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Unusable(`There is no file ${path}.`);
  if (!found.isFile()) throw new Unusable(`${path} is not a file. It is read twice: a pipe will not do.`);
  return `${found.size} ${found.mtimeMs}`;
}
