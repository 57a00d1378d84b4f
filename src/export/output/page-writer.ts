/** Pages of rows → the bytes of an object, with the counts that the ledger and the manifest want. */

import { crc32 } from "node:zlib";
import type { Key, Page } from "../../datasets/dataset.ts";
import { BlockBuffer } from "./block-buffer.ts";
import { compressor } from "./deflate.ts";
import type { Encoder, TableEncoder, TextEncoding } from "./encode/encoder.ts";
import { ParquetFile } from "./encode/parquet.ts";
import { GZIP_HEADER, gzipTrailer } from "./gzip.ts";

/** Where a chunk stands in its file. */
export interface FilePosition {
  first_in_file: number;
  last_in_file: number;
}

/** What a file may have: rows, and bytes before compression (of a table: of its rows as JSON). */
export interface FileLimits {
  rows: number;
  bytes: number;
}

/** What an object holds. */
export interface ObjectCounts {
  rows: number;
  uncompressedBytes: number;
  crc32: number;
  first: Key | null;
  last: Key | null;
}

export interface PageWriter {
  /** Written so far. */
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
  /** Takes the lines of a page from one on, as many as there is room for. @returns the first line that was not taken. */
  write(page: Page, from?: number): number;
  end(): ObjectCounts;
}

/**
 * @param sink takes the object's bytes, piece by piece.
 * @param room null: whatever comes.
 */
export function pageWriter(
  encoder: Encoder,
  gzip: { engine: "fflate" | "native"; level: number },
  place: FilePosition,
  sink: (piece: Uint8Array) => void,
  room: FileLimits | null = null,
): PageWriter {
  return encoder.kind === "table"
    ? new TablePages(encoder, sink, room)
    : new TextPages(encoder, gzip, place, sink, room);
}

/** What both kinds count. */
class Counts {
  rows = 0;
  bytes = 0;
  protected crc32 = 0;
  readonly #room: FileLimits | null;
  #taken = 0;
  #first: Key | null = null;
  #last: Key | null = null;

  constructor(room: FileLimits | null) {
    this.#room = room;
  }

  /** Is there room for a line of that text? It is taken then. */
  protected take(text: string, more: number): boolean {
    if (this.#room !== null) {
      const bytes = Buffer.byteLength(text) + more;
      if (this.rows >= this.#room.rows || this.#taken + bytes >= this.#room.bytes) return false;
      this.#taken += bytes;
    }
    this.rows += 1;
    return true;
  }

  /** These lines of a page are in. @param to the first that is not. */
  protected count(page: Page, from: number, to: number): void {
    if (to === from) return;
    this.#first ??= page.keyOf(from);
    this.#last = page.keyOf(to - 1);
  }

  protected held(): ObjectCounts {
    const { rows, bytes: uncompressedBytes, crc32 } = this;
    return { rows, uncompressedBytes, crc32, first: this.#first, last: this.#last };
  }
}

/** Lines → blocks → deflate: a whole gzip file, or a segment of one. */
class TextPages extends Counts implements PageWriter {
  readonly #text: TextEncoding;
  readonly #place: FilePosition;
  readonly #sink: (piece: Uint8Array) => void;
  readonly #blocks: BlockBuffer;

  constructor(
    text: TextEncoding,
    gzip: { engine: "fflate" | "native"; level: number },
    place: FilePosition,
    sink: (piece: Uint8Array) => void,
    room: FileLimits | null,
  ) {
    const { before, after } = text.form;
    super(room === null ? null : { ...room, bytes: room.bytes - Buffer.byteLength(before + after) });
    this.#text = text;
    this.#place = place;
    this.#sink = sink;
    const compress = compressor(gzip);
    this.#blocks = new BlockBuffer((block) => {
      this.bytes += block.length;
      this.crc32 = crc32(block, this.crc32);
      sink(compress(block));
    });
    if (this.#isWhole) sink(GZIP_HEADER);
    if (place.first_in_file === 1) this.#blocks.write(before);
  }

  get #isWhole(): boolean {
    return this.#place.first_in_file === 1 && this.#place.last_in_file === 1;
  }

  write(page: Page, from = 0): number {
    const { between, lineEnd } = this.#text.form;
    const { line: encode } = this.#text;
    const around = between.length + lineEnd.length;
    let text = "";
    let at = from;
    for (; at < page.lines.length; at += 1) {
      const line = page.lines[at] ?? "";
      const encoded = encode === null ? line : encode(line);
      if (at === 0 && page.continues === true) {
        text += encoded;
        continue;
      }
      const separated = between !== "" && (this.rows > 0 || this.#place.first_in_file === 0);
      if (!this.take(encoded, around)) break;
      if (separated) text += between;
      text += encoded;
      text += lineEnd;
    }
    this.#blocks.write(text);
    this.count(page, from, at);
    return at;
  }

  end(): ObjectCounts {
    if (this.#place.last_in_file === 1) this.#blocks.write(this.#text.form.after);
    this.#blocks.flush();
    if (this.#isWhole) this.#sink(gzipTrailer(this.crc32, this.bytes));
    return this.held();
  }
}

/** Rows → row groups of a Parquet file, which is compressed inside and always whole. */
class TablePages extends Counts implements PageWriter {
  readonly #table: TableEncoder;
  readonly #file: ParquetFile;

  constructor(table: TableEncoder, sink: (piece: Uint8Array) => void, room: FileLimits | null) {
    super(room);
    this.#table = table;
    this.#file = new ParquetFile(table.fields, (bytes) => {
      this.bytes += bytes.length;
      this.crc32 = crc32(bytes, this.crc32);
      sink(bytes);
    });
  }

  write(page: Page, from = 0): number {
    let at = from;
    for (; at < page.lines.length; at += 1) {
      const line = page.lines[at] ?? "";
      if (!this.take(line, 1)) break;
      this.#file.write(this.#table.cells(line), line.length);
    }
    this.count(page, from, at);
    return at;
  }

  end(): ObjectCounts {
    this.#file.end();
    return this.held();
  }
}
