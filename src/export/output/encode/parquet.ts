/**
 * Parquet's row groups, written one at a time. A group ends after a number of rows or characters, not with a page, so
 * the same rows give the same bytes. Texts are UTF-8, numbers DOUBLE, dates TIMESTAMP in UTC (microseconds), lists and
 * objects JSON; every column may be null.
 */

import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { ColumnType } from "../../../datasets/column.ts";
import type { Field } from "./encoding.ts";
import { CREATED_BY, footer, MAGIC, MAX_FOOTER_BYTES, RowGroups, type Schema } from "./parquet-footer.ts";
import type { PageCodec } from "./parquet-codecs.ts";
import { isExactNumber, type Value } from "./exact-numbers.ts";
import { encodeTexts, isMostlyDistinct } from "./parquet-texts.ts";
import { microseconds } from "./timestamps.ts";

const GROUP_ROWS = 10_000;
/** The approximate size of a group's values: a group is in memory until it ends. */
const GROUP_CHARACTERS = 4_000_000;
const PIECE_BYTES = 1_048_576;

/** Each type with its current name and with the one that older readers know. */
const TYPES = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  boolean: { type: "BOOLEAN" },
  number: { type: "DOUBLE" },
  date: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  json: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
} as const satisfies Record<ColumnType, Omit<Schema[number], "name">>;

/** A file's schema: its root and one leaf per column. */
export function schemaOf(fields: readonly Field[]): Schema {
  const leaves = fields.map(({ name, type }) => ({ name, repetition_type: "OPTIONAL" as const, ...TYPES[type] }));
  return [{ name: "root", num_children: fields.length }, ...leaves];
}

/** Hands bytes on in pieces of about a megabyte, and the rest at each group's end. */
class Sink extends ByteWriter {
  readonly #sink: (bytes: Uint8Array) => void;

  constructor(sink: (bytes: Uint8Array) => void) {
    super(PIECE_BYTES);
    this.#sink = sink;
  }

  override appendBytes(bytes: Uint8Array): void {
    if (this.index + bytes.length > PIECE_BYTES) this.flush();
    super.appendBytes(bytes);
  }

  flush(): void {
    if (this.index > 0) this.#sink(this.getBytes().slice());
    this.index = 0;
  }
}

/** A column's values in a group without the nulls: rows with many columns are mostly null. */
class Cells {
  #rows: number[] = [];
  #values: unknown[] = [];

  set(row: number, value: unknown): void {
    this.#rows.push(row);
    this.#values.push(value);
  }

  /** The values, without nulls. */
  get values(): readonly unknown[] {
    return this.#values;
  }

  /** The values, or what is given in the place of each, with nulls: one for each row. */
  dense(rows: number, values: readonly unknown[] = this.#values): unknown[] {
    const all: unknown[] = [];
    let next = 0;
    for (let row = 0; row < rows; row += 1) {
      const isSet = this.#rows[next] === row;
      all.push(isSet ? values[next] : null);
      if (isSet) next += 1;
    }
    return all;
  }
}

/** Writes row groups: a segment of a file, or all that is between a file's first four bytes and its footer. */
export class RowGroupWriter {
  readonly #fields: readonly Field[];
  readonly #writer: ParquetWriter;
  readonly #pageBytes: number;
  readonly #described: RowGroups;
  #columns: Cells[];
  #rows = 0;
  #characters = 0;

  /** @param sink receives the groups' bytes, piece by piece. */
  constructor(
    fields: readonly Field[],
    { options, pageBytes }: PageCodec,
    sink: (bytes: Uint8Array) => void,
    maxFooterBytes = MAX_FOOTER_BYTES,
  ) {
    this.#fields = fields;
    this.#pageBytes = pageBytes;
    this.#columns = fields.map(() => new Cells());
    const schema = schemaOf(fields);
    const writer = new Sink(sink);
    this.#writer = new ParquetWriter({ writer, schema, createdBy: CREATED_BY, ...options });
    // The library begins with MAGIC. Its offsets count that; the page writer of a whole file, or the join, writes it.
    writer.index = 0;
    this.#described = new RowGroups(schema, maxFooterBytes);
  }

  /**
   * @param charactersOf the length of the row's JSON.
   * @throws export_too_large for more groups than a footer has room for.
   */
  write(cells: readonly Value[], charactersOf: () => number): void {
    let inLists = 0;
    // Most cells of a wide row are null, so this loop allocates nothing for them.
    for (let index = 0; index < cells.length; index += 1) {
      const value = cells[index] ?? null;
      const field = this.#fields[index];
      if (value === null || field === undefined) continue;
      this.#columns[index]?.set(this.#rows, convert(value, field.type));
      if (typeof value === "object") inLists ||= charactersOf();
      else this.#characters += typeof value === "string" ? value.length : 8;
    }
    // A row's lists are together no longer than the row.
    this.#characters += inLists;
    this.#rows += 1;
    if (this.#rows >= GROUP_ROWS || this.#characters >= GROUP_CHARACTERS) this.#endGroup();
  }

  /** Ends the last group. @returns the description of all groups. */
  end(): RowGroups {
    if (this.#rows > 0) this.#endGroup();
    return this.#described;
  }

  #endGroup(): void {
    const rows = this.#rows;
    void this.#writer.write({
      columnData: this.#fields.map(({ name, type }, n) => columnOf(name, type, this.#columns[n] ?? new Cells(), rows)),
      rowGroupSize: rows,
      pageSize: this.#pageBytes,
    });
    // The library would keep each group's description until the end, ten times as large.
    for (const group of this.#writer.row_groups.splice(0)) this.#described.add(group);
    this.#writer.pendingIndexes.length = 0;
    this.#columns = this.#fields.map(() => new Cells());
    this.#rows = 0;
    this.#characters = 0;
  }
}

/** A file with these columns and without rows. */
export function emptyParquet(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([MAGIC, ...footer(schemaOf(fields), [])]));
}

/** The getter allocates a column's data when the writer reaches it, so one column at a time is in memory. */
function columnOf(name: string, type: ColumnType, cells: Cells, rows: number): ColumnSource {
  if (type === "text" && isMostlyDistinct(cells.values as string[])) return distinctTexts(name, cells, rows);
  return {
    name,
    // The statistics of a text column are whole texts, which stay in memory until the file ends.
    statistics: type !== "json" && type !== "text",
    offsetIndex: false,
    get data() {
      return cells.dense(rows);
    },
  };
}

const distinctTexts = (name: string, cells: Cells, rows: number): ColumnSource => ({
  name,
  encoding: "PLAIN",
  statistics: false,
  offsetIndex: false,
  get data() {
    return cells.dense(rows, encodeTexts(cells.values as string[]));
  },
});

/** @throws Error for a value that does not match its column's type, because a null in its place would lose it. */
function convert(value: Exclude<Value, null>, type: ColumnType): unknown {
  switch (type) {
    case "text":
      return typeof value === "string" ? value : JSON.stringify(value);
    case "boolean":
    case "number":
      if (typeof value === type) return value;
      if (isExactNumber(value)) return Number(value.rawJSON);
      break;
    case "date": {
      const micros = typeof value === "string" ? microseconds(value) : null;
      if (micros !== null) return micros;
      break;
    }
    case "json":
      return value;
  }
  throw new Error(`a value does not match its column of type ${type}`);
}
