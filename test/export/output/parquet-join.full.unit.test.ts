/**
 * A Parquet file that several chunks wrote: segments of row groups, joined under one footer. Read back by hyparquet and
 * by DuckDB, neither of which is told how the file came about.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { parquetMetadata } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "../../../src/datasets/dataset.ts";
import { createEncoder, fileForm } from "../../../src/export/output/encode/encoder.ts";
import type { Encoding, Field } from "../../../src/export/output/encode/encoding.ts";
import { schemaOf } from "../../../src/export/output/encode/parquet.ts";
import { joinOf } from "../../../src/export/output/join.ts";
import { type FilePosition, pageWriter } from "../../../src/export/output/page-writer.ts";
import { readParquet } from "../../support/parquet.ts";
import { between, dice } from "../../support/random.ts";

const FIELDS: Field[] = [
  ...(["text", "boolean", "number", "date", "json"] as const).map((type) => ({
    name: `the ${type}`,
    path: [type],
    type,
  })),
  // Few values, so that the writer gives it a dictionary.
  { name: "the level", path: ["level"], type: "text" },
];
const WHOLE: FilePosition = { first_in_file: 1, last_in_file: 1, follows_records: 0 };

/** The lines of some rows, with nulls: no two are equal. */
const lines = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const all = {
      text: `größe ${n}`,
      boolean: n % 2 === 0,
      number: (n - count / 2) / 7,
      date: new Date(1_700_000_000_000 + n * 86_399_999).toISOString(),
      json: [{ n }],
      level: `level ${n % 3}`,
    };
    return JSON.stringify(Object.fromEntries(Object.entries(all).filter((__, column) => n % 11 !== column)));
  });

const encodingOf = (fields: readonly Field[]): Encoding => ({
  format: "parquet",
  fields,
  redact: [],
  hidden: [],
  escapeFormulas: false,
  compression: "snappy",
});

interface Written {
  segment: { bytes: number; rows: number; uncompressed_bytes: number; crc32: number };
  body: Buffer;
  description: Uint8Array;
}

/** What a chunk of these lines writes, read `paged` lines at a time. */
function write(rows: readonly string[], position: FilePosition, paged: number, fields = FIELDS): Written {
  const encoding = encodingOf(fields);
  const own = { contentType: "", extension: "", before: "", between: "", lineEnd: "", after: "" };
  const encoder = createEncoder(encoding, fileForm(encoding, own), new Uint8Array());
  const pieces: Uint8Array[] = [];
  const settings = { gzip: { engine: "native", level: 1 } } as const;
  const writer = pageWriter(encoder, settings, position, (piece) => pieces.push(piece));
  for (let from = 0; from < rows.length; from += paged) {
    const page = rows.slice(from, from + paged);
    writer.write({ lines: page, records: page.length, keyOf: () => ({ time: 0, id: "" }) } satisfies Page);
  }
  const { rows: count, uncompressedBytes, crc32 } = writer.end();
  const body = Buffer.concat(pieces);
  const segment = { bytes: body.length, rows: count, uncompressed_bytes: uncompressedBytes, crc32 };
  return { segment, body, description: writer.description };
}

/** Cuts the rows into segments of these sizes, and joins what their chunks wrote. */
function joined(rows: readonly string[], sizes: readonly number[], paged = 1_000, fields = FIELDS): Buffer {
  let from = 0;
  const written = sizes.map((size, n) => {
    const position = {
      first_in_file: n === 0 ? 1 : 0,
      last_in_file: n === sizes.length - 1 && n > 0 ? 1 : 0,
      follows_records: n === 0 ? 0 : 1,
    };
    from += size;
    return write(rows.slice(from - size, from), position, paged, fields);
  });
  return join(written, rows.length, fields);
}

function join(written: readonly Written[], file_rows: number, fields = FIELDS): Buffer {
  const { header, trailer } = joinOf({ encoding: JSON.stringify(encodingOf(fields)), file_rows });
  const last = trailer(
    written.map(({ segment }) => segment),
    written.map(({ description }) => description),
  );
  return Buffer.concat([header, ...written.map(({ body }) => body), ...last]);
}

let duck: DuckDBConnection;
let folder: string;

beforeAll(async () => {
  duck = await (await DuckDBInstance.create(":memory:")).connect();
  folder = await mkdtemp(path(tmpdir(), "spillway-parquet-"));
});

afterAll(async () => {
  duck.closeSync();
  await rm(folder, { recursive: true });
});

const select = async (sql: string) => (await duck.runAndReadAll(sql)).getRowObjectsJson();

async function inDuck(file: Buffer, sql: (table: string) => string) {
  const name = path(folder, "file.parquet");
  await writeFile(name, file);
  return select(sql(`'${name}'`));
}

describe("a Parquet file of several chunks", () => {
  const rows = lines(900);
  const whole = write(rows, WHOLE, 1_000).body;

  it.each([
    ["one", [900]],
    ["two", [1, 899]],
    ["empty ones", [0, 450, 0, 450, 0]],
    ["thirty", Array.from({ length: 30 }, () => 30)],
  ])("has the rows of the one that a single chunk writes: %s", async (_many, sizes) => {
    const file = joined(rows, sizes);
    const [read, expected] = [await readParquet(file), await readParquet(whole)];
    expect(read.rows).toEqual(expected.rows);
    expect(read.columns).toEqual(expected.columns);
    expect(read.groups).toEqual(sizes.filter((size) => size > 0));
    const all = (table: string) => `SELECT * FROM read_parquet(${table})`;
    expect(await inDuck(file, all)).toEqual(await inDuck(whole, all));
  });

  it("is that file, byte for byte, where it has one segment", () => {
    expect(joined(rows, [900]).equals(whole)).toBe(true);
    expect(joined([], [0]).equals(write([], WHOLE, 1).body)).toBe(true);
  });

  it("has the same bytes however its rows were paged, with row groups that end inside of a segment too", () => {
    const many = lines(10_300);
    const sizes = [10_100, 200];
    const file = joined(many, sizes);
    expect(parquetMetadata(new Uint8Array(file).buffer).row_groups.map((group) => Number(group.num_rows))).toEqual([
      10_000, 100, 200,
    ]);
    expect(joined(many, sizes, 3_333).equals(file)).toBe(true);
  });

  it("has the bytes that the library gives a file of these row groups", () => {
    const fields: Field[] = [
      { name: "a", path: ["number"], type: "number" },
      { name: "b", path: ["boolean"], type: "boolean" },
      { name: "c", path: ["level"], type: "text" },
    ];
    const sizes = [100, 300, 500];
    const writer = new ByteWriter();
    const library = new ParquetWriter({ writer, schema: schemaOf(fields), createdBy: "spillway" });
    let from = 0;
    for (const size of sizes) {
      const group = rows.slice(from, from + size).map((row) => JSON.parse(row) as Record<string, unknown>);
      const columnData = fields.map(({ name, type, path }) => ({
        name,
        data: group.map((row) => row[path.join()] ?? null),
        statistics: type !== "text",
        offsetIndex: false,
      }));
      void library.write({ columnData, rowGroupSize: size });
      from += size;
    }
    void library.finish();
    const file = joined(rows, sizes, 1_000, fields);
    expect(file.equals(writer.getBytes())).toBe(true);
    const dictionaries = parquetMetadata(new Uint8Array(file).buffer).row_groups.map(
      ({ columns }) => columns[2]?.meta_data?.dictionary_page_offset,
    );
    expect(dictionaries).not.toContain(undefined);
  });

  it("has the bounds of each row group, so that DuckDB reads no other, and every offset where its pages are", async () => {
    const file = joined(rows, [300, 300, 300]);
    const bounds = await inDuck(
      file,
      (table) => `SELECT row_group_id::INTEGER AS n, path_in_schema AS "column", stats_min_value AS least,
        stats_max_value AS most, stats_null_count::INTEGER AS nulls
        FROM parquet_metadata(${table}) WHERE path_in_schema = 'the number' ORDER BY n`,
    );
    const numbers = rows.map((row) => (JSON.parse(row) as { number?: number }).number);
    expect(bounds.map(({ least, most, nulls }) => [Number(least), Number(most), nulls])).toEqual(
      [0, 300, 600].map((from) => {
        const own = numbers.slice(from, from + 300);
        const there = own.filter((number) => number !== undefined);
        return [Math.min(...there), Math.max(...there), own.length - there.length];
      }),
    );
    // A filter that leaves a single row group, whose bounds and offsets it needs.
    const found = await inDuck(file, (table) => `SELECT "the text" AS t FROM ${table} WHERE "the number" = 50.0`);
    expect(found).toEqual([{ t: "größe 800" }]);
  });

  it.each([1, 2, 3])("is the same rows wherever its segments are cut: %i", async (seed) => {
    const roll = dice(seed);
    const sizes: number[] = [];
    for (let left = rows.length; left > 0; left -= sizes.at(-1) ?? 0) sizes.push(between(roll, 1, Math.min(200, left)));
    expect((await readParquet(joined(rows, sizes, 50))).rows).toEqual((await readParquet(whole)).rows);
  });

  it("takes many columns of any names", async () => {
    const fields = Array.from({ length: 300 }, (_, n): Field => ({
      name: `c ${n} ☃`,
      path: ["number"],
      type: "number",
    }));
    const read = await readParquet(joined(rows.slice(0, 40), [20, 20], 7, fields));
    expect(read.rows.map((row) => row["c 299 ☃"])).toEqual(
      rows.slice(0, 40).map((row) => (JSON.parse(row) as { number?: number }).number ?? null),
    );
  });

  it("of several megabytes is offset right behind them", async () => {
    const fields: Field[] = [{ name: "t", path: ["t"], type: "text" }];
    const roll = dice(5);
    const large = Array.from({ length: 6 }, () => JSON.stringify({ t: String(roll()).repeat(60_000) }));
    const read = await readParquet(joined(large, [2, 2, 2], 2, fields));
    expect(read.rows.map((row) => JSON.stringify(row)).join() === large.join()).toBe(true);
  });
});

describe("a description that is not as it was written", () => {
  const one = write(lines(10), { first_in_file: 1, last_in_file: 0, follows_records: 0 }, 10);
  const two = write(lines(10), { first_in_file: 0, last_in_file: 1, follows_records: 1 }, 10);

  it.each<[string, Uint8Array]>([
    ["is missing", new Uint8Array()],
    ["is cut", two.description.subarray(0, -9)],
    ["is another segment's", write(lines(9), WHOLE, 9).description],
  ])("because it %s fails the join", (_why, description) => {
    expect(() => join([one, { ...two, description }], 20)).toThrow(
      expect.objectContaining({ code: "incomplete_export" }),
    );
  });
});
