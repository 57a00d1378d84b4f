/**
 * Parquet, a row group at a time: groups end where the rows say so, not the pages, so the same rows give the same bytes.
 * Texts are UTF-8, numbers DOUBLE, dates TIMESTAMP in UTC (milliseconds), lists and objects JSON; every column may be null.
 */

import { ByteWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from "hyparquet-writer";
import type { ColumnType } from "../../datasets/dataset.ts";
import type { Field } from "./encoding.ts";
import type { Value } from "./rows.ts";

const GROUP_ROWS = 10_000;
/** Of the rows' JSON, about. */
const GROUP_CHARACTERS = 4_000_000;

const TYPES = {
  text: "STRING",
  boolean: "BOOLEAN",
  number: "DOUBLE",
  date: "TIMESTAMP",
  json: "JSON",
} as const satisfies Record<ColumnType, string>;

/** Passes on what is written with each row group. */
class Sink extends ByteWriter {
  readonly #take: (bytes: Uint8Array) => void;

  constructor(take: (bytes: Uint8Array) => void) {
    super(1_048_576);
    this.#take = take;
  }

  flush(): void {
    this.#take(this.getBytes().slice());
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}

export class ParquetFile {
  readonly #fields: readonly Field[];
  readonly #writer: ParquetWriter;
  #columns: unknown[][];
  #rows = 0;
  #characters = 0;

  /** @param sink takes the file's bytes, piece by piece. */
  constructor(fields: readonly Field[], sink: (bytes: Uint8Array) => void) {
    this.#fields = fields;
    this.#columns = fields.map(() => []);
    const schema = schemaFromColumnData({ columnData: this.#columnData() });
    this.#writer = new ParquetWriter({ writer: new Sink(sink), schema, createdBy: "spillway" });
  }

  /** @param characters how long the row's JSON is. */
  write(cells: readonly Value[], characters: number): void {
    for (const [index, field] of this.#fields.entries())
      this.#columns[index]?.push(typed(cells[index] ?? null, field.type));
    this.#rows += 1;
    this.#characters += characters;
    if (this.#rows >= GROUP_ROWS || this.#characters >= GROUP_CHARACTERS) this.#endGroup();
  }

  end(): void {
    if (this.#rows > 0) this.#endGroup();
    void this.#writer.finish();
  }

  #endGroup(): void {
    void this.#writer.write({ columnData: this.#columnData(), rowGroupSize: this.#rows });
    this.#columns = this.#fields.map(() => []);
    this.#rows = 0;
    this.#characters = 0;
  }

  #columnData(): ColumnSource[] {
    return this.#fields.map(({ name, type }, index) => ({
      name,
      type: TYPES[type],
      nullable: true,
      data: this.#columns[index] ?? [],
    }));
  }
}

function typed(value: Value, type: ColumnType): unknown {
  if (value === null) return null;
  switch (type) {
    case "text":
      return typeof value === "string" ? value : JSON.stringify(value);
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "date": {
      const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
      return Number.isNaN(time) ? null : new Date(time);
    }
    case "json":
      return value;
  }
}
