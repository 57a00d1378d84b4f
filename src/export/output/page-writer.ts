/** Pages of rows → the bytes of one object, with the counts that the ledger and the manifest need. */

import { crc32 } from "node:zlib";
import type { Key, Page, ValuePage } from "../../datasets/dataset.ts";
import { BlockBuffer } from "./block-buffer.ts";
import type { CodecSettings } from "./compression/codec.ts";
import type { Content } from "./crc32.ts";
import type { Encoder, TableEncoder, LineEncoder } from "./encode/encoder.ts";
import type { Row } from "./encode/rows.ts";
import { RowGroupWriter, schemaOf } from "./encode/parquet.ts";
import { footer, MAGIC } from "./encode/parquet-footer.ts";

/**
 * Whether an object begins its file, and whether it ends it (1) or not (0): a segment may do neither. A segment that
 * does not begin its file may still have the first rows: `follows_records` is 1 where rows come before it.
 */
export interface FilePosition {
  first_in_file: number;
  last_in_file: number;
  follows_records: number;
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
  /** What was written so far. */
  readonly counts: Readonly<ObjectCounts>;
  /** Writes a page's rows from an index on, until the file is full. @returns the index after the last row written. */
  write(page: Page | ValuePage, from?: number): number;
  end(): ObjectCounts;
  /**
   * After `end`: what a segment's object has after the bytes that are its file's, for the join of the segments. Empty:
   * nothing.
   */
  readonly description: Uint8Array<ArrayBuffer>;
}

/** Lines are encoded about 64 at a time, while the processor's cache still holds their characters. */
const TEXT_CHARACTERS = 16_384;

const NOTHING = new Uint8Array();

type Sink = (piece: Uint8Array) => void;

/** How one kind of file writes its rows. */
interface RowWriter {
  /** The bytes before and after all rows, and those around each row. */
  bytes: { ends: number; around: number };
  encode: ((row: Row) => string) | null;
  /** @param row what was encoded. @param n its number in the object, from 0; null where it continues the last row. */
  write(row: Row, n: number | null): void;
  endPage(): void;
  /** @returns the description of a segment. */
  end(): Uint8Array<ArrayBuffer>;
}

/** @param sink receives the object's bytes in pieces. @param limits null: the caller has bounded the rows already. */
export function pageWriter(
  encoder: Encoder,
  settings: CodecSettings,
  position: FilePosition,
  sink: Sink,
  limits: FileLimits | null = null,
): PageWriter {
  const counts: ObjectCounts = { rows: 0, uncompressedBytes: 0, crc32: 0, first: null, last: null };
  const rows =
    encoder.kind === "table"
      ? tableRows(encoder, position, counts, sink)
      : textRows(encoder, settings, position, counts, sink);
  const { encode } = rows;
  let limitedBytes = rows.bytes.ends;
  let description = NOTHING;
  const fits = (encoded: Row) => {
    if (limits === null) return true;
    if (limits.bytes === Infinity) return counts.rows < limits.rows;
    const bytes = limitedBytes + Buffer.byteLength(lineOf(encoded)) + rows.bytes.around;
    if (counts.rows >= limits.rows || bytes >= limits.bytes) return false;
    limitedBytes = bytes;
    return true;
  };
  return {
    counts,
    write(page, from = 0) {
      let at = from;
      const all = rowsOf(page);
      for (; at < all.length; at += 1) {
        const row = all[at] ?? "";
        const encoded = encode === null ? row : encode(row);
        const continues = at === 0 && "continues" in page && page.continues;
        if (!continues && !fits(encoded)) break;
        rows.write(encoded, continues ? null : counts.rows);
        if (!continues) counts.rows += 1;
      }
      rows.endPage();
      if (at === from) return at;
      counts.first ??= page.keyOf(from);
      counts.last = page.keyOf(at - 1);
      return at;
    },
    end() {
      description = rows.end();
      return counts;
    },
    get description() {
      return description;
    },
  };
}

/** A page's rows: lines, or values where the encoder reads them. */
export const rowsOf = (page: Page | ValuePage): readonly Row[] => ("rows" in page ? page.rows : page.lines);

const lineOf = (row: Row): string => (typeof row === "string" ? row : row.line());

/** @param block before compression. */
function countBlock(counts: Content, block: Uint8Array): void {
  counts.uncompressedBytes += block.length;
  counts.crc32 = crc32(block, counts.crc32);
}

/** Lines → blocks → compressed blocks: a whole file with header and trailer, or a segment of one without. */
function textRows(
  { form, compression, line: encode }: LineEncoder,
  settings: CodecSettings,
  { first_in_file: isFirst, last_in_file: isLast, follows_records: follows }: FilePosition,
  counts: Content,
  sink: Sink,
): RowWriter {
  const { before, between, lineEnd, after } = form;
  const { header, trailer } = compression.join;
  const isWhole = isFirst === 1 && isLast === 1;
  const blocks = new BlockBuffer((block) => {
    countBlock(counts, block);
    sink(compression.compressBlock(block, settings));
  });
  if (isWhole) sink(header);
  if (isFirst === 1) blocks.write(before);
  let text = "";
  return {
    bytes: { ends: Buffer.byteLength(before + after), around: between.length + lineEnd.length },
    encode,
    write(row, n) {
      if (n === null) text += lineOf(row);
      else text += (n > 0 || follows === 1 ? between : "") + lineOf(row) + lineEnd;
      if (text.length < TEXT_CHARACTERS) return;
      blocks.write(text);
      text = "";
    },
    endPage() {
      blocks.write(text);
      text = "";
    },
    end() {
      if (isLast === 1) blocks.write(after);
      blocks.flush();
      if (isWhole) sink(trailer(counts));
      return NOTHING;
    },
  };
}

/** Rows → row groups, which compress their own pages: a whole Parquet file, or a segment of one with a description. */
function tableRows(
  { fields, codec, cells }: TableEncoder,
  { first_in_file: isFirst, last_in_file: isLast }: FilePosition,
  counts: ObjectCounts,
  sink: Sink,
): RowWriter {
  const write = (bytes: Uint8Array) => {
    countBlock(counts, bytes);
    sink(bytes);
  };
  const isWhole = isFirst === 1 && isLast === 1;
  if (isWhole) write(MAGIC);
  const writer = new RowGroupWriter(fields, codec, write);
  return {
    bytes: { ends: 0, around: 1 },
    encode: null,
    write: (row) => writer.write(cells(row), () => lineOf(row).length),
    endPage() {},
    end() {
      const described = writer.end();
      if (!isWhole) return described.describe();
      const { uncompressedBytes: bytes, rows } = counts;
      for (const piece of footer(schemaOf(fields), [{ bytes, rows, groups: described.groups }])) write(piece);
      return NOTHING;
    },
  };
}
