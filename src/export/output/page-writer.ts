/** Pages of rows → the bytes of one object, with the counts that the ledger and the manifest need. */

import { crc32 } from "node:zlib";
import type { Key, Page } from "../../datasets/dataset.ts";
import { BlockBuffer } from "./block-buffer.ts";
import type { CodecSettings } from "./compression/codec.ts";
import type { Content } from "./crc32.ts";
import type { Encoder, TableEncoder, LineEncoder } from "./encode/encoder.ts";
import { ParquetFile } from "./encode/parquet.ts";

/** Whether an object begins its file, and whether it ends it (1) or not (0): a segment may do neither. */
export interface FilePosition {
  first_in_file: number;
  last_in_file: number;
}

/** A file's limits: rows, and bytes before compression (of a table: the bytes of its rows as JSON). */
export interface FileLimits {
  rows: number;
  bytes: number;
}

export interface ObjectCounts extends Content {
  rows: number;
  first: Key | null;
  last: Key | null;
}

export interface PageWriter {
  /** Written so far. */
  readonly rows: number;
  /** Written so far, before compression. */
  readonly bytes: number;
  /** Writes a page's lines from an index on, until the file is full. @returns the index after the last line written. */
  write(page: Page, from?: number): number;
  end(): ObjectCounts;
}

/** @param sink receives the object's bytes in pieces. @param limits null: the caller has bounded the rows already. */
export function pageWriter(
  encoder: Encoder,
  settings: CodecSettings,
  position: FilePosition,
  sink: (piece: Uint8Array) => void,
  limits: FileLimits | null = null,
): PageWriter {
  return encoder.kind === "table"
    ? new TablePages(encoder, sink, limits)
    : new TextPages(encoder, settings, position, sink, limits);
}

/** The counts of text and table files alike. */
class Counts {
  rows = 0;
  bytes = 0;
  protected crc32 = 0;
  readonly #limits: FileLimits | null;
  #limitedBytes = 0;
  #first: Key | null = null;
  #last: Key | null = null;

  constructor(limits: FileLimits | null) {
    this.#limits = limits;
  }

  /** Counts a line unless the file is full. @param more bytes around it. @returns whether the line was counted. */
  protected countLine(text: string, more: number): boolean {
    if (this.#limits !== null) {
      const bytes = Buffer.byteLength(text) + more;
      if (this.rows >= this.#limits.rows || this.#limitedBytes + bytes >= this.#limits.bytes) return false;
      this.#limitedBytes += bytes;
    }
    this.rows += 1;
    return true;
  }

  /** Keeps the first and the last row's key. @param to the index after the last line that was written. */
  protected countPage(page: Page, from: number, to: number): void {
    if (to === from) return;
    this.#first ??= page.keyOf(from);
    this.#last = page.keyOf(to - 1);
  }

  protected counts(): ObjectCounts {
    const { rows, bytes: uncompressedBytes, crc32: sum } = this;
    return { rows, uncompressedBytes, crc32: sum, first: this.#first, last: this.#last };
  }
}

/** Lines → blocks → compressed blocks: a whole file with header and trailer, or a segment of one without. */
class TextPages extends Counts implements PageWriter {
  readonly #encoder: LineEncoder;
  readonly #position: FilePosition;
  readonly #sink: (piece: Uint8Array) => void;
  readonly #blocks: BlockBuffer;

  constructor(
    encoder: LineEncoder,
    settings: CodecSettings,
    position: FilePosition,
    sink: (piece: Uint8Array) => void,
    limits: FileLimits | null,
  ) {
    const { before, after } = encoder.form;
    super(limits === null ? null : { ...limits, bytes: limits.bytes - Buffer.byteLength(before + after) });
    this.#encoder = encoder;
    this.#position = position;
    this.#sink = sink;
    this.#blocks = new BlockBuffer((block) => {
      this.bytes += block.length;
      this.crc32 = crc32(block, this.crc32);
      sink(encoder.compression.compressBlock(block, settings));
    });
    if (this.#isWhole) sink(encoder.compression.join.header);
    if (position.first_in_file === 1) this.#blocks.write(before);
  }

  get #isWhole(): boolean {
    return this.#position.first_in_file === 1 && this.#position.last_in_file === 1;
  }

  write(page: Page, from = 0): number {
    const { between, lineEnd } = this.#encoder.form;
    const { line: encode } = this.#encoder;
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
      const separated = between !== "" && (this.rows > 0 || this.#position.first_in_file === 0);
      if (!this.countLine(encoded, around)) break;
      if (separated) text += between;
      text += encoded;
      text += lineEnd;
    }
    this.#blocks.write(text);
    this.countPage(page, from, at);
    return at;
  }

  end(): ObjectCounts {
    if (this.#position.last_in_file === 1) this.#blocks.write(this.#encoder.form.after);
    this.#blocks.flush();
    const counts = this.counts();
    if (this.#isWhole) this.#sink(this.#encoder.compression.join.trailer(counts));
    return counts;
  }
}

/** Rows → row groups of a Parquet file, which compresses its own pages and is always whole. */
class TablePages extends Counts implements PageWriter {
  readonly #encoder: TableEncoder;
  readonly #file: ParquetFile;

  constructor(encoder: TableEncoder, sink: (piece: Uint8Array) => void, limits: FileLimits | null) {
    super(limits);
    this.#encoder = encoder;
    this.#file = new ParquetFile(encoder.fields, (bytes) => {
      this.bytes += bytes.length;
      this.crc32 = crc32(bytes, this.crc32);
      sink(bytes);
    });
  }

  write(page: Page, from = 0): number {
    let at = from;
    for (; at < page.lines.length; at += 1) {
      const line = page.lines[at] ?? "";
      if (!this.countLine(line, 1)) break;
      this.#file.write(this.#encoder.cells(line), line.length);
    }
    this.countPage(page, from, at);
    return at;
  }

  end(): ObjectCounts {
    this.#file.end();
    return this.counts();
  }
}
