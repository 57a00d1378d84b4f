/**
 * The file: what it is, by its content and not by its name, and its bytes as a stream. It is read once from end to end before
 * anything is sent: a file that is cut off is found then, and its digest is what ids and a resumed import go by.
 */

import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { TextDecoder } from "node:util";
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
  /** Size and time of the file as it was then, and which one it was. */
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
  const source = { path, format: found, gzip, bytes, sha256: hash.digest("hex"), stamp };
  checkUnchanged(source, "Nothing was sent: import it when nobody writes to it.");
  return source;
}

/** @param advice what to do then. @throws Unusable when the file is another one by now. */
export function checkUnchanged(source: Source, advice: string): void {
  if (stampOf(source.path) !== source.stamp)
    throw new Unusable(`${source.path} was changed while it was read. ${advice}`);
}

/** A part of the content, as UTF-8. */
export interface Part {
  bytes: Buffer;
  /** How many bytes of the content were read so far. */
  end: number;
  /** Something up to here is no text in its encoding: of another one than UTF-8, it became U+FFFD. */
  hasWrong: boolean;
}

/**
 * The content without a byte order mark, and no more of it than there was when it was looked at: ids are made of that.
 * @throws Unusable when it has become shorter.
 */
export async function* contentOf(source: Source, encoding: string): AsyncGenerator<Part> {
  const decoder = isUtf8Label(encoding) ? null : new TextDecoder(encoding);
  const strict = new StrictDecoder(encoding);
  let end = 0;
  for await (const read of plainBytes(source.path, source.gzip)) {
    const piece = read.subarray(0, source.bytes - end);
    const hasWrong = strict.see(piece);
    let bytes = decoder === null ? piece : Buffer.from(decoder.decode(piece, { stream: true }));
    // The first piece of a file is never smaller than the mark, unless the file is.
    if (end === 0 && bytes.subarray(0, 3).equals(UTF8_MARK)) bytes = bytes.subarray(3);
    end += piece.length;
    yield { bytes, end, hasWrong };
    if (end === source.bytes) break;
  }
  if (end < source.bytes) throw new Unusable(`${source.path} has become shorter while it was read.`);
  // A character that is cut off at the end of the file comes out now.
  yield { bytes: Buffer.from(decoder?.decode() ?? ""), end, hasWrong: strict.see(null) };
}

/** Decodes beside what is used, to find what is no text in its encoding. */
class StrictDecoder {
  #decoder: TextDecoder | null;

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  /** @param bytes null: there are no more. @returns whether something was wrong up to here. */
  see(bytes: Buffer | null): boolean {
    try {
      if (bytes === null) this.#decoder?.decode();
      else this.#decoder?.decode(bytes, { stream: true });
    } catch {
      this.#decoder = null;
    }
    return this.#decoder === null;
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
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (found === undefined) throw new Unusable(`There is no file ${path}.`);
  if (!found.isFile()) throw new Unusable(`${path} is not a file. It is read twice: a pipe will not do.`);
  return `${found.size} ${found.mtimeNs} ${found.ino}`;
}
