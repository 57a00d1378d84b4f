/**
 * The footer of a Parquet file: FileMetaData of parquet-format's parquet.thrift, in Thrift's compact protocol. Row
 * groups are described where they are written, with offsets as if their segment were the first of its file; the footer
 * is these descriptions in order, their offsets moved. All but one of them stay as bytes, about a hundred per column
 * chunk, so that memory is bounded by the footer's own size.
 */

import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { ByteWriter, type ParquetWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js";
import { SpillwayError } from "../../../errors.ts";

export type Schema = ConstructorParameters<typeof ParquetWriter>[0]["schema"];
type RowGroup = ParquetWriter["row_groups"][number];

/** A file's first and last four bytes. */
export const MAGIC = new Uint8Array([0x50, 0x41, 0x52, 0x31]);
export const CREATED_BY = "spillway";

/** The footer is in memory once: where it is joined, and in most readers. */
export const MAX_FOOTER_BYTES = 12_000_000;
const PIECE_BYTES = 1_048_576;
/** In Thrift's compact protocol: an item's type, and the size of a list whose real size follows as a varint. */
const [STRUCT, SIZE_FOLLOWS] = [12, 15];

/** The row groups of one segment, each as a Thrift struct `RowGroup`. */
export class RowGroups {
  readonly groups: Uint8Array[] = [];
  readonly #schema: Schema;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(schema: Schema, maxBytes = MAX_FOOTER_BYTES) {
    this.#schema = schema;
    this.#maxBytes = maxBytes;
  }

  /** @throws export_too_large where the footer would be too large with this group. */
  add(group: RowGroup): void {
    const writer = new ByteWriter();
    writeMetadata(writer, metadata(this.#schema, 0, [group]));
    const [described] = (structIn(writer.getBytes()) as { field_4: [Struct] }).field_4;
    const bytes = serialized(described);
    this.#bytes += bytes.length;
    if (this.#bytes > this.#maxBytes) throw new SpillwayError("export_too_large");
    this.groups.push(bytes);
  }

  /** The groups as one text of bytes, which `readRowGroups` reads. */
  describe(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat([lengths(this.groups), ...this.groups]));
  }
}

/** @param description of `RowGroups.describe`. @throws RangeError for other bytes. */
export function readRowGroups(description: Uint8Array): Uint8Array[] {
  const { buffer, byteOffset, byteLength } = description;
  const view = new DataView(buffer, byteOffset, byteLength);
  const count = view.getUint32(0, true);
  let at = 4 * (count + 1);
  return Array.from({ length: count }, (_, n) => {
    const from = at;
    at += view.getUint32(4 * (n + 1), true);
    if (at > byteLength) throw new RangeError("a description is shorter than it says");
    return description.subarray(from, at);
  });
}

/** How many groups there are, and the length of each: four bytes a number, the least first. */
function lengths(groups: readonly Uint8Array[]): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(4 * (groups.length + 1)));
  numbers.setUint32(0, groups.length, true);
  for (const [n, { length }] of groups.entries()) numbers.setUint32(4 * (n + 1), length, true);
  return new Uint8Array(numbers.buffer);
}

/** A part of a file that holds whole row groups. */
interface DescribedSegment {
  bytes: number;
  rows: number;
  groups: readonly Uint8Array[];
}

/**
 * Everything after the last row group, in pieces of about a megabyte.
 * @param segments all of the file's, in order; the first begins after MAGIC.
 * @throws Error where a segment's groups do not have its rows.
 */
export function* footer(schema: Schema, segments: readonly DescribedSegment[]): Generator<Uint8Array> {
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const count = segments.reduce((sum, { groups }) => sum + groups.length, 0);
  const { before, after } = frame(schema, rows);
  const writer = new ByteWriter();
  writer.appendBytes(before);
  writer.appendUint8((Math.min(count, SIZE_FOLLOWS) << 4) | STRUCT);
  if (count >= SIZE_FOLLOWS) writer.appendVarInt(count);
  let moved = 0n;
  for (const segment of segments) {
    let segmentRows = 0n;
    for (const bytes of segment.groups) {
      const group = structIn(bytes) as RowGroupStruct;
      segmentRows += group.field_3;
      moveOffsets(group, moved);
      serializeTCompactProtocol(writer, group);
      if (writer.index < PIECE_BYTES) continue;
      yield writer.getBytes().slice();
      writer.index = 0;
    }
    if (segmentRows !== BigInt(segment.rows)) throw new Error("the row groups of a segment do not have its rows");
    moved += BigInt(segment.bytes);
  }
  writer.appendBytes(after);
  writer.appendUint32(writer.offset);
  writer.appendBytes(MAGIC);
  yield writer.getBytes().slice();
}

/** Fields of `RowGroup`, and of its `ColumnChunk` and `ColumnMetaData`, by their numbers in parquet.thrift. */
type RowGroupStruct = {
  /** columns: file_offset, and meta_data with the offsets of the data page, the index page and the dictionary page. */
  field_1: { field_2: bigint; field_3: { field_9: bigint; field_10?: bigint; field_11?: bigint } }[];
  /** num_rows */
  field_3: bigint;
};

function moveOffsets({ field_1: columns }: RowGroupStruct, by: bigint): void {
  for (const column of columns) {
    column.field_2 += by;
    const { field_3: meta } = column;
    meta.field_9 += by;
    if (meta.field_10 !== undefined) meta.field_10 += by;
    if (meta.field_11 !== undefined) meta.field_11 += by;
  }
}

/**
 * FileMetaData around its list of row groups: `before` ends with the list's field, `after` is what follows the list.
 */
function frame(schema: Schema, rows: number): { before: Uint8Array; after: Uint8Array } {
  const writer = new ByteWriter();
  writeMetadata(writer, metadata(schema, rows, []));
  const whole = writer.getBytes();
  const { field_1, field_2, field_3 } = structIn(whole);
  // A struct of the fields before the list ends with a byte that FileMetaData does not have there.
  const list = serialized({ field_1, field_2, field_3 }).length - 1;
  // The field's own byte, then one for an empty list. The last four bytes are a length without row groups.
  return { before: whole.subarray(0, list + 1), after: whole.subarray(list + 2, -4) };
}

const metadata = (schema: Schema, rows: number, groups: RowGroup[]) => ({
  version: 2,
  created_by: CREATED_BY,
  schema,
  num_rows: BigInt(rows),
  row_groups: groups,
  metadata_length: 0,
});

type Struct = Record<`field_${number}`, unknown>;

function structIn(bytes: Uint8Array): Struct {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return deserializeTCompactProtocol({ view, offset: 0 });
}

function serialized(struct: Struct): Uint8Array {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, struct);
  return writer.getBytes().slice();
}
