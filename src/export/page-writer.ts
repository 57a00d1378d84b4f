/** Pages of rows → the bytes of an object, with the counts that the ledger and the manifest want. */

import { crc32 } from "node:zlib";
import type { Page } from "../datasets/dataset.ts";
import type { WrittenChunk } from "../db/chunks.ts";
import { BlockWriter } from "./blocks.ts";
import { compressor } from "./deflate.ts";
import type { Encoder, TableEncoder, TextEncoding } from "./encode/encoder.ts";
import { ParquetFile } from "./encode/parquet.ts";
import { GZIP_HEADER, gzipTrailer } from "./gzip.ts";

/** Where a chunk stands in its file. */
export interface Place {
  first_in_file: number;
  last_in_file: number;
}

type Summary = Omit<WrittenChunk, "bytes" | "sha256">;

export interface PageWriter {
  /** Written so far. */
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
  readonly records: number;
  write(page: Page): void;
  end(): Summary;
}

/** @param sink takes the object's bytes, piece by piece. */
export function pageWriter(
  encoder: Encoder,
  gzip: { engine: "fflate" | "native"; level: number },
  place: Place,
  sink: (piece: Uint8Array) => void,
): PageWriter {
  return encoder.kind === "table" ? new TablePages(encoder, sink) : new TextPages(encoder, gzip, place, sink);
}

/** What both kinds count. */
class Counts {
  rows = 0;
  bytes = 0;
  records = 0;
  protected crc32 = 0;
  #first: Page["first"] | null = null;
  #last: Page["last"] | null = null;

  protected count(page: Page): void {
    this.records += page.records;
    this.#first ??= page.first;
    this.#last = page.last;
  }

  protected summary(): Summary {
    return {
      recordsRead: this.records,
      rows: this.rows,
      uncompressedBytes: this.bytes,
      crc32: this.crc32,
      first: this.#first,
      last: this.#last,
    };
  }
}

/** Lines → blocks → deflate: a whole gzip file, or a segment of one. */
class TextPages extends Counts implements PageWriter {
  readonly #text: TextEncoding;
  readonly #place: Place;
  readonly #sink: (piece: Uint8Array) => void;
  readonly #blocks: BlockWriter;

  constructor(
    text: TextEncoding,
    gzip: { engine: "fflate" | "native"; level: number },
    place: Place,
    sink: (piece: Uint8Array) => void,
  ) {
    super();
    this.#text = text;
    this.#place = place;
    this.#sink = sink;
    const compress = compressor(gzip);
    this.#blocks = new BlockWriter((block) => {
      this.bytes += block.length;
      this.crc32 = crc32(block, this.crc32);
      sink(compress(block));
    });
    if (this.#isWhole) sink(GZIP_HEADER);
    if (place.first_in_file === 1) this.#blocks.write(text.form.before);
  }

  get #isWhole(): boolean {
    return this.#place.first_in_file === 1 && this.#place.last_in_file === 1;
  }

  write(page: Page): void {
    const { between, lineEnd } = this.#text.form;
    const { line: encode } = this.#text;
    let text = "";
    for (const line of page.lines) {
      if (between !== "" && (this.rows > 0 || this.#place.first_in_file === 0)) text += between;
      text += encode === null ? line : encode(line);
      text += lineEnd;
      this.rows += 1;
    }
    this.#blocks.write(text);
    this.count(page);
  }

  end(): Summary {
    if (this.#place.last_in_file === 1) this.#blocks.write(this.#text.form.after);
    this.#blocks.flush();
    if (this.#isWhole) this.#sink(gzipTrailer(this.crc32, this.bytes));
    return this.summary();
  }
}

/** Rows → row groups of a Parquet file, which is compressed inside and always whole. */
class TablePages extends Counts implements PageWriter {
  readonly #table: TableEncoder;
  readonly #file: ParquetFile;

  constructor(table: TableEncoder, sink: (piece: Uint8Array) => void) {
    super();
    this.#table = table;
    this.#file = new ParquetFile(table.fields, (bytes) => {
      this.bytes += bytes.length;
      this.crc32 = crc32(bytes, this.crc32);
      sink(bytes);
    });
  }

  write(page: Page): void {
    for (const line of page.lines) {
      this.#file.write(this.#table.cells(line), line.length);
      this.rows += 1;
    }
    this.count(page);
  }

  end(): Summary {
    this.#file.end();
    return this.summary();
  }
}
