/**
 * The file: its format, detected from the content, and its bytes as a stream. The whole file is read once before
 * anything is sent: this finds a truncated file, and computes the digest that derived ids and a resumed import depend
 * on.
 */

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { TextDecoder } from "node:util";
import { type Compression, compressionOf, contentBytes, MAGIC_BYTES } from "./decompress.ts";
import { detectDelimiter } from "./delimiter.ts";
import { InputError } from "./rows.ts";

export const FORMATS = ["ndjson", "csv", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

export interface Source {
  path: string;
  /** Told to people. */
  name: string;
  format: Format;
  compression: Compression | null;
  /** Of the content without its compression: a file and its gzipped copy have the same content. */
  bytes: number;
  /** In hex. */
  sha256: string;
  /** Size, modification time and inode when the file was inspected. */
  stamp: string;
  /** Of CSV, as its first line shows it. */
  delimiter: string;
}

export interface ReadOptions {
  format: Format | undefined;
  /** A label that TextDecoder knows. */
  encoding: string;
  /** Instead of the path's. */
  name?: string;
  /** Receives the share of the file that has been read, 0 to 1. */
  onProgress: (share: number) => void;
}

const PIECE_BYTES = 256 * 1024;
const UNPACK = { gzip: "gunzip", zstd: "unzstd" };
const PARQUET = Buffer.from("PAR1");
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** @throws InputError when the file is missing, truncated, empty or of another kind. */
export async function inspect(path: string, { format, encoding, name, onProgress }: ReadOptions): Promise<Source> {
  const stamp = stampOf(path);
  const compression = compressionOf(await firstBytes(path));
  const hash = createHash("sha256");
  const size = Math.max(1, statSync(path).size);
  let bytes = 0;
  let head = Buffer.alloc(0);
  for await (const piece of plainBytes(path, compression, (read) => onProgress(read / size))) {
    hash.update(piece);
    bytes += piece.length;
    if (head.length < PIECE_BYTES) head = Buffer.concat([head, piece]);
  }
  if (bytes === 0) throw new InputError(`${path} is empty.`);
  const found = format ?? formatOf(head, encoding, path);
  if (found === "parquet" && compression !== null)
    throw new InputError(`${path} is Parquet inside ${compression}: ${UNPACK[compression]} it first.`);
  const source = {
    path,
    name: name ?? basename(path),
    format: found,
    compression,
    bytes,
    sha256: hash.digest("hex"),
    stamp,
    delimiter: detectDelimiter(new TextDecoder(encoding).decode(head)),
  };
  checkUnchanged(source, "Nothing was sent: import the file when no program writes to it.");
  return source;
}

/** @param advice for the message. @throws InputError when the file has changed since it was inspected. */
export function checkUnchanged(source: Source, advice: string): void {
  if (stampOf(source.path) !== source.stamp)
    throw new InputError(`${source.name} was changed while it was read. ${advice}`);
}

/** A part of the content, as UTF-8. */
export interface Part {
  bytes: Buffer;
  /** Bytes of the content that have been read so far. */
  end: number;
  /** Some bytes so far are invalid in the encoding; they are U+FFFD now, unless the encoding is UTF-8. */
  hasWrong: boolean;
}

/**
 * The content without a byte order mark, up to the length that was inspected, because derived ids depend on that
 * content.
 * @throws InputError when the file has become shorter.
 */
export async function* contentOf(source: Source, encoding: string): AsyncGenerator<Part> {
  const decoder = isUtf8Label(encoding) ? null : new TextDecoder(encoding);
  const strict = new StrictDecoder(encoding);
  let end = 0;
  for await (const read of plainBytes(source.path, source.compression)) {
    const piece = read.subarray(0, source.bytes - end);
    const hasWrong = strict.check(piece);
    let bytes = decoder === null ? piece : Buffer.from(decoder.decode(piece, { stream: true }));
    // The first piece of a file is never smaller than the mark, unless the file is.
    if (end === 0 && bytes.subarray(0, 3).equals(UTF8_MARK)) bytes = bytes.subarray(3);
    end += piece.length;
    yield { bytes, end, hasWrong };
    if (end === source.bytes) break;
  }
  if (end < source.bytes) throw new InputError(`${source.name} has become shorter while it was read.`);
  // Flushes a character that is truncated at the end of the file.
  yield { bytes: Buffer.from(decoder?.decode() ?? ""), end, hasWrong: strict.check(null) };
}

/** Decodes a second time, to find bytes that are invalid in the encoding. */
class StrictDecoder {
  #decoder: TextDecoder | null;

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  /** @param bytes null at the end. @returns whether any byte so far was invalid. */
  check(bytes: Buffer | null): boolean {
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

/** @throws InputError where the file cannot be read or unpacked. */
async function* plainBytes(
  path: string,
  compression: Compression | null,
  onRead?: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* contentBytes(path, compression, onRead);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new InputError(
      compression === null
        ? `${path} cannot be read: ${why}.`
        : `${path} is not a complete ${compression} file: ${why}.`,
    );
  }
}

function formatOf(head: Buffer, encoding: string, path: string): Format {
  if (head.subarray(0, 4).equals(PARQUET)) return "parquet";
  if (isUtf8Label(encoding) && head.includes(0))
    throw new InputError(
      `${path} is not UTF-8 text. If it is text, name its encoding: --encoding utf-16le, for example.`,
    );
  const first = new TextDecoder(encoding).decode(head).trimStart().charAt(0);
  if (first === "[")
    throw new InputError(`${path} is a JSON array. Convert it to one object per line: jq -c '.[]' FILE > FILE.ndjson`);
  return first === "{" ? "ndjson" : "csv";
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (found === undefined) throw new InputError(`The file ${path} does not exist.`);
  if (!found.isFile()) throw new InputError(`${path} is not a regular file.`);
  return `${found.size} ${found.mtimeNs} ${found.ino}`;
}
