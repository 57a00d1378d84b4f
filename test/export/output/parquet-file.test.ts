/**
 * A Parquet file by itself: values of every type, any names, row groups of a size, in pieces. Read back by hyparquet.
 */

import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { describe, expect, it } from "vitest";
import type { Field } from "../../../src/export/output/encode/encoding.ts";
import { PAGE_CODECS } from "../../../src/export/output/encode/parquet-codecs.ts";
import { emptyParquet, RowGroupWriter, schemaOf } from "../../../src/export/output/encode/parquet.ts";
import { footer, MAGIC } from "../../../src/export/output/encode/parquet-footer.ts";
import type { Value } from "../../../src/export/output/encode/exact-numbers.ts";
import { readParquet } from "../../support/parquet.ts";
import { between, dice, noise } from "../../support/random.ts";

const FIELDS: Field[] = (["text", "boolean", "number", "date", "json"] as const).map((type) => ({
  name: type,
  path: [type],
  type,
}));

/** @returns the pieces that were handed on. */
function written(fields: readonly Field[], rows: Iterable<readonly Value[]>): Uint8Array[] {
  const pieces: Uint8Array[] = [MAGIC];
  const writer = new RowGroupWriter(fields, PAGE_CODECS.snappy, (piece) => pieces.push(piece));
  let count = 0;
  for (const row of rows) {
    writer.write(row, () => JSON.stringify(row).length);
    count += 1;
  }
  const { groups } = writer.end();
  return [...pieces, ...footer(schemaOf(fields), [{ bytes: 0, rows: count, groups }])];
}

describe("a Parquet file", () => {
  it("gives back values of every type, nulls among them", async () => {
    const rows: Value[][] = [
      ["é🛒", true, 0.1, "2024-02-29T23:59:59.5+05:30", [{ a: null }]],
      [null, null, null, null, null],
      ["", false, -5e-324, "0001-01-01T00:00:00Z", {}],
      ["\u0000", true, Number.MAX_SAFE_INTEGER, "9999-12-31T23:59:59.999Z", []],
    ];
    const read = await readParquet(Buffer.concat(written(FIELDS, rows)));
    const times = ["2024-02-29T18:29:59.500Z", null, "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"];
    expect(read.rows).toEqual(
      rows.map(([text, boolean, number, , json], n) => {
        const time = times[n];
        return { text, boolean, number, date: typeof time === "string" ? new Date(time) : null, json };
      }),
    );
  });

  it("writes what is no text in a column of texts as JSON", async () => {
    const fields: Field[] = [{ name: "mixed", path: ["mixed"], type: "text" }];
    const read = await readParquet(Buffer.concat(written(fields, [[1.5], [true], [[1]], ["a"], [null]])));
    expect(read.rows.map((row) => row["mixed"])).toEqual(["1.5", "true", "[1]", "a", null]);
  });

  it.each<[string, Value]>([
    ["boolean", "true"],
    ["number", "5"],
    ["date", "yesterday"],
  ])("refuses a value that is no %s, instead of losing it, and does not repeat it", (type, value) => {
    const fields = FIELDS.filter((field) => field.type === type);
    expect(() => written(fields, [[value]])).toThrow(`a value does not match its column of type ${type}`);
  });

  it("has names of any letters", async () => {
    const names = ['say "hi"', "a.b", "größe 数量", "👩‍👩‍👧‍👦", " ", "1", "root", "a,b\r\n"];
    const fields = names.map((name): Field => ({ name, path: [name], type: "text" }));
    const read = await readParquet(Buffer.concat(written(fields, [names])));
    expect(read.columns.map(([name]) => name)).toEqual(names);
    expect(names.map((name) => read.rows[0]?.[name])).toEqual(names);
  });

  it("has its columns where it has no rows", async () => {
    const read = await readParquet(emptyParquet(FIELDS));
    expect(read.columns.map(([name]) => name)).toEqual(FIELDS.map((field) => field.name));
    expect([read.rows, read.groups]).toEqual([[], []]);
  });

  it("ends a row group after 10,000 rows, and after about 4 MB of values", async () => {
    const fields = FIELDS.slice(0, 1);
    const short = Array.from({ length: 25_000 }, (_, n) => [`${n}`]);
    expect((await readParquet(Buffer.concat(written(fields, short)))).groups).toEqual([10_000, 10_000, 5_000]);
    const long = Array.from({ length: 5 }, (_, n) => [`${n}`.repeat(1_900_000)]);
    expect((await readParquet(Buffer.concat(written(fields, long)))).groups).toEqual([3, 2]);
  });

  it("is handed on in pieces of about a megabyte, however much it holds", () => {
    const roll = dice(1);
    const rows = Array.from({ length: 100 }, () => [noise(roll, between(roll, 100_000, 200_000))]);
    const pieces = written(FIELDS.slice(0, 1), rows);
    expect(pieces.length).toBeGreaterThan(8);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1_400_000);
  });

  it("takes 2,000 columns of which each row has one", async () => {
    const fields = Array.from({ length: 2_000 }, (_, n): Field => ({ name: `c${n}`, path: [], type: "number" }));
    const rows = Array.from({ length: 1_000 }, (_, n) => fields.map((__, index) => (index === n ? n : null)));
    const read = await readParquet(Buffer.concat(written(fields, rows)));
    expect(read.rows.map((row, n) => row[`c${n}`])).toEqual(rows.map((_, n) => n));
  });

  it("says the bounds of short values alone: those of texts would be whole texts, in memory until its end", () => {
    const file = Buffer.concat(written(FIELDS, [["a", true, 1, "2024-02-29T00:00:00Z", []]]));
    const { row_groups: groups } = parquetMetadata(new Uint8Array(file).buffer);
    const bounded = groups[0]?.columns.filter((column) => column.meta_data?.statistics?.max_value !== undefined);
    expect(bounded?.map((column) => column.meta_data?.path_in_schema[0])).toEqual(["boolean", "number", "date"]);
  });

  it("counts the lists of a row once, however many there are", () => {
    const lists = Array.from({ length: 50 }, (_, n): Field => ({ name: `l${n}`, path: [], type: "json" }));
    const row = lists.map(() => [{ sku: "x".repeat(100) }]);
    const file = Buffer.concat(
      written(
        lists,
        Array.from({ length: 500 }, () => row),
      ),
    );
    expect(parquetMetadata(new Uint8Array(file).buffer).row_groups).toHaveLength(1);
  });

  it("of more columns and groups than its footer has room for is rejected with an error", () => {
    const wide = Array.from({ length: 200 }, (_, n): Field => ({ name: `c${n}`, path: [], type: "json" }));
    const writer = new RowGroupWriter(wide, PAGE_CODECS.snappy, () => {}, 40_000);
    const row: Value[] = [{}];
    const writeGroups = (count: number) => {
      for (let n = 0; n < count; n += 1) writer.write(row, () => 4_000_000);
    };
    writeGroups(5);
    expect(() => writeGroups(4)).toThrow(expect.objectContaining({ code: "export_too_large" }));
  });
});

it("keeps a time's digits down to the microsecond, in any zone and any year", async () => {
  const times = [
    "2026-01-02T03:04:05.123456Z",
    "2026-01-02T03:04:05.123456789+05:30",
    "2026-01-02T03:04:05.1Z",
    "0001-01-01T00:00:00.000001Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-01-02",
  ];
  const pieces = written(
    [{ name: "at", path: ["at"], type: "date" }],
    times.map((time) => [time]),
  );
  const file = new Uint8Array(Buffer.concat(pieces)).buffer;
  expect(parquetMetadata(file).schema[1]?.logical_type).toMatchObject({ unit: "MICROS", isAdjustedToUTC: true });
  const parsers = { ...DEFAULT_PARSERS, timestampFromMicroseconds: (micros: bigint) => micros };
  const rows = await parquetReadObjects({ file, parsers });
  expect(rows.map((row) => row["at"])).toEqual([
    1_767_323_045_123_456n,
    1_767_303_245_123_456n,
    1_767_323_045_100_000n,
    -62_135_596_799_999_999n,
    253_402_300_799_999_999n,
    1_767_312_000_000_000n,
  ]);
});
