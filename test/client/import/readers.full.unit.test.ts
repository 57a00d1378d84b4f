/**
 * Files as rows: every kind by its content, every row with its line, and what is wrong with one costs that one alone.
 */

import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { WrittenNumber } from "../../../client/src/import/numbers.ts";
import { asText, boolOf, jsonText, numberOf, plain, shortest } from "../../../client/src/import/values.ts";
import { folder, gzipped, look, readerOf, rowsIn } from "./support.ts";

const put = folder();

describe("what a file is", () => {
  test.each([
    ["events.csv", '{"id":"1"}\n', "ndjson"],
    ["events.json", "id,definition_id\n1,2\n", "csv"],
    ["events.txt", '\uFEFF  \n{"id":"1"}\n', "ndjson"],
  ])("the format %s is detected from the content", async (name, content, format) => {
    expect(await look(put(name, content))).toMatchObject({ format, compression: null });
    expect(await look(put(name, gzipped(content)))).toMatchObject({ format, compression: "gzip" });
  });

  test("gzipped or not, the content has the same digest", async () => {
    const [plain, packed] = [put("a.csv", "a,b\n1,2\n"), put("b.csv", gzipped("a,b\n1,2\n"))];
    expect((await look(packed)).sha256).toBe((await look(plain)).sha256);
  });

  test("a file that is cut off is found before any row is read", async () => {
    const whole = gzipped("a,b\n".repeat(1000));
    await expect(look(put("cut.csv.gz", whole.subarray(0, -6)))).rejects.toThrow("is not a complete gzip file");
  });

  test.each([
    ["an empty file", "", "is empty"],
    ["a JSON array", '[{"id":1}]', "jq -c"],
    ["UTF-16", Buffer.from("a,b\n1,2\n", "utf16le"), "--encoding"],
  ])("%s is rejected with advice", async (_, content, message) => {
    await expect(look(put("wrong", content))).rejects.toThrow(message);
  });
});

describe("NDJSON", () => {
  const read = (content: string | Buffer) => rowsIn(put("rows.ndjson", content), ["a", "b.c"]);

  test("columns are keys or paths, and empty lines are counted and passed over", async () => {
    expect(await read('{"a":1,"b":{"c":2}}\n\n  \r\n{"b.c":3}\r\n{"a":4}')).toEqual([
      [1, 1, 2],
      [4, undefined, 3],
      [5, 4, undefined],
    ]);
  });

  test("numbers that reading would change are kept as they are written, in columns that are texts", async () => {
    const [row] = await read('{"a":0.1234567890123456789,"b":{"c":[9007199254740993,1.5]}}\n');
    const [, a, list] = row ?? [];
    expect(asText(a)).toEqual({ value: "0.1234567890123456789" });
    expect(numberOf(a, ".")).toHaveProperty("problem", expect.stringContaining("would be read as 0.12345678901234568"));
    expect(plain(list)).toHaveProperty("problem", expect.stringContaining("beyond 2^53"));
    expect(boolOf(a)).toHaveProperty("problem");
  });

  test.each(["1.50", "1.0", "-0", "1e3", "0.0000001", "1E-2", "9007199254740993", "100", "1.05", "20", "0"])(
    "the number %s keeps its digits as a text, wherever it is",
    async (literal) => {
      const [row] = await read(`{"b":{"c":[{"x": ${literal}}]},"a":${literal}}`);
      const [, a, list] = row ?? [];
      expect(asText(a)).toEqual({ value: literal });
      expect(jsonText(list)).toEqual({ value: `[{"x":${literal}}]` });
    },
  );

  test("a number whose digits do not count is the same number", async () => {
    const [row] = await read('{"a":1.0,"b":{"c":1.7e9}}');
    const [, a, c] = row ?? [];
    expect([numberOf(a, "."), boolOf(a), plain({ a })]).toEqual([{ value: 1 }, { value: true }, { value: { a: 1 } }]);
    expect(shortest(c)).toBe(1_700_000_000);
  });

  test("a line ends with a line feed only", async () => {
    expect(await read('{"a":"\u2028\u0085"}\n')).toEqual([[1, "\u2028\u0085", undefined]]);
  });

  test("invalid lines are reported, and the others are read", async () => {
    const lines = [Buffer.from('{"a":1}\n{"a":\n[1]\n"\n'), Buffer.from([0x7b, 0xff, 0x0a]), Buffer.from('{"a":2}\n')];
    expect(await read(Buffer.concat(lines))).toEqual([
      [1, 1, undefined],
      [2, expect.stringContaining("not valid JSON")],
      [3, "The line is valid JSON, but not an object."],
      [4, expect.stringContaining("not valid JSON")],
      [5, "The line is not valid UTF-8."],
      [6, 2, undefined],
    ]);
  });

  test("a line that is longer than any event is reported, and not kept in memory", async () => {
    expect(await read(`{"a":1}\n{"a":"${"x".repeat(9_000_000)}"}\n{"a":2}\n`)).toEqual([
      [1, 1, undefined],
      [2, expect.stringContaining("9000008 bytes")],
      [3, 2, undefined],
    ]);
  });
});

describe("CSV", () => {
  const read = (content: string | Buffer, how = {}) =>
    rowsIn(put("rows.csv", content), ["a", "b"], { format: "csv", ...how });

  test("records have the line where they begin, also after line breaks in quotes and empty lines", async () => {
    expect(await read('\uFEFFa,b\r\n1,"x\r\ny"\r\n\r\n2,z\n"3","""q"""')).toEqual([
      [2, "1", "x\r\ny"],
      [5, "2", "z"],
      [6, "3", '"q"'],
    ]);
  });

  test("an invalid line costs no other line", async () => {
    expect(await read('a,b\n1,2\n3,"4"x\n5,6\n7,8"\n9\n10,11,12\n13,14\n')).toEqual([
      [2, "1", "2"],
      [3, expect.stringContaining("Characters follow the end of a quoted value")],
      [4, "5", "6"],
      [5, expect.stringContaining("does not begin with a quote")],
      [6, "The line has 1 values, the header has 2. --fill-missing takes missing ones as empty."],
      [7, "The line has 3 values, the header has 2."],
      [8, "13", "14"],
    ]);
  });

  test("missing values at the end of a line are empty ones, where they are to be filled", async () => {
    const fill = { fillMissing: true };
    expect(await read('a,b\n1\n""\n2,x\n3,y,z\n', fill)).toEqual([
      [2, "1", ""],
      [4, "2", "x"],
      [5, "The line has 3 values, the header has 2."],
    ]);
  });

  test("a quote that is never closed costs its line, and not the rest", async () => {
    expect(await read('a,b\n1,"2\n3,4\n"5,6\n7,8')).toEqual([
      [2, expect.stringContaining("Characters follow the end of a quoted value")],
      [3, "3", "4"],
      [4, 'A quote (") is opened and never closed.'],
      [5, "7", "8"],
    ]);
  });

  test("bytes that are not UTF-8 are reported with their line; in their own encoding they are read", async () => {
    const latin = Buffer.from("a,b\n1,caf\u00e9\n2,\u00fcber\n3,x\n", "latin1");
    const wrong = expect.stringContaining("not valid UTF-8") as string;
    expect(await read(latin)).toEqual([
      [2, wrong],
      [3, wrong],
      [4, "3", "x"],
    ]);
    expect(await read(latin, { encoding: "windows-1252" })).toEqual([
      [2, "1", "café"],
      [3, "2", "über"],
      [4, "3", "x"],
    ]);
    expect(await read("a,b\n1,\uFFFD\n")).toEqual([[2, "1", "\uFFFD"]]);
  });

  test("a file that is cut off inside a character is reported", async () => {
    const utf8 = Buffer.from("a,b\n1,x\n2,\u00fc");
    const wrong = (encoding: string) => [
      [2, "1", "x"],
      [3, `The line is not valid ${encoding}. Name its encoding with --encoding.`],
    ];
    expect(await read(utf8.subarray(0, -1))).toEqual(wrong("UTF-8"));
    const utf16 = Buffer.from("a,b\n1,x\n2,yz", "utf16le");
    expect(await read(utf16.subarray(0, -1), { encoding: "utf-16le" })).toEqual(wrong("UTF-16LE"));
    const lines = Buffer.from('{"a":"\uFFFD"}\n{"a":2}x', "utf16le").subarray(0, -1);
    expect(await rowsIn(put("cut.ndjson", lines), ["a"], { format: "ndjson", encoding: "utf-16le" })).toEqual([
      [1, "\uFFFD"],
      [2, "The line is not valid UTF-16LE."],
    ]);
  });

  test("the delimiter may be another", async () => {
    expect(await read("a\tb\n1,5\t2\n", { delimiter: "\t" })).toEqual([[2, "1,5", "2"]]);
  });

  test.each([
    ["a,a\n", "two columns called a: rename one"],
    ["a,,column_2\n", "two columns called column_2"],
    [",\n", "no names in its first line"],
    ['a,"b\n1,2\n', "has an unreadable header"],
    ["\n\n", "no header line"],
  ])("the header %j is rejected", async (content, message) => {
    await expect(readerOf(put("header.csv", content), { format: "csv" })).rejects.toThrow(message);
  });

  test("a file of many pieces is read as csv-parse reads it in one, with each invalid line in its place", async () => {
    const lines = ["a,b"];
    const wrong: number[] = [];
    for (let n = 0; lines.length < 90_000; n += 1) {
      const odd = (n * 7_919) % 1_009;
      if (odd === 3) {
        lines.push(`${n},"odd"${n}`);
        wrong.push(lines.length);
      } else if (odd % 5 === 0) lines.push(`${n},"a ""quoted"", text`, `of two lines, ä€😀"`);
      else lines.push(`${n},${"value ".repeat(odd % 7)}\r`);
    }
    const rows = await read(lines.join("\n"));
    const reported = rows.filter((row) => row.length === 2);
    expect(reported.map(([line]) => line)).toEqual(wrong);
    const right = lines.filter((_, index) => !wrong.includes(index + 1)).join("\n");
    const expected = parse(right, { record_delimiter: ["\n", "\r\n"] }).slice(1);
    expect(rows.filter((row) => row.length === 3).map((row) => row.slice(1))).toEqual(expected);
    for (const [line, a] of rows.slice(-100))
      if (typeof a === "string" && /^\d+$/.test(a)) expect(lines[Number(line) - 1]).toContain(a);
  });
});

describe("Parquet", () => {
  async function write(name: string, select: string): Promise<string> {
    const path = put(name);
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    await connection.run(`SET TimeZone = 'UTC'; COPY (${select}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 30000)`);
    connection.closeSync();
    return path;
  }

  test("local times have no offset, times in UTC have one, whole numbers are exact", async () => {
    const path = await write(
      "types.parquet",
      `SELECT TIMESTAMP '2011-03-27 08:26:00.5' AS local, TIMESTAMPTZ '2011-03-27 08:26:00+01' AS utc, DATE '2011-03-27' AS day,
         9007199254740993::BIGINT AS big, {'name': 'Ada', 'since': TIMESTAMP '2011-01-01 00:00:00'} AS customer,
         [{'at': TIMESTAMP '2011-01-01 00:00:00'}] AS list, NULL::VARCHAR AS nothing`,
    );
    const columns = ["local", "utc", "day", "big", "customer.name", "customer.since", "list", "nothing"];
    expect(await rowsIn(path, columns)).toEqual([
      [
        1,
        "2011-03-27T08:26:00.500",
        "2011-03-27T07:26:00.000Z",
        "2011-03-27",
        9007199254740993n,
        "Ada",
        "2011-01-01T00:00:00.000",
        [{ at: "2011-01-01T00:00:00.000" }],
        null,
      ],
    ]);
  });

  test("decimals are exact: as texts, and as numbers where a number keeps them", async () => {
    const path = await write(
      "decimals.parquet",
      `SELECT price::DECIMAL(18, 2) AS price, large::DECIMAL(38, 10) AS large, price::DECIMAL(4, 0) AS whole,
         {'vat': price::DECIMAL(4, 2)} AS deep, [price::DECIMAL(9, 3), NULL] AS list, MAP {'a': price::DECIMAL(9, 2)} AS map
         FROM (VALUES (19.99, 1.1), (-0.05, -1234567890123456789012345678.0123456789), (NULL, NULL)) AS rows (price, large)`,
    );
    const rows = await rowsIn(path, ["price", "large", "whole", "deep.vat", "list", "map"]);
    const written = (literal: string) => new WrittenNumber(literal);
    const large = written("-1234567890123456789012345678.0123456789");
    expect(rows).toEqual([
      [1, ...["19.99", "1.1000000000", "20", "19.99"].map(written), [written("19.990"), null], { a: written("19.99") }],
      [2, written("-0.05"), large, written("0"), written("-0.05"), [written("-0.050"), null], { a: written("-0.05") }],
      [3, null, null, null, null, [null, null], { a: null }],
    ]);
    expect(asText(large)).toEqual({ value: large.literal });
    expect(numberOf(large, ".")).toHaveProperty("problem", expect.stringContaining(large.literal));
    expect(numberOf(rows[0]?.[1], ",")).toEqual({ value: 19.99 });
    expect(plain(rows[0]?.slice(5))).toEqual({ value: [[19.99, null], { a: 19.99 }] });
  });

  test("an unreadable time rejects its row, and no other", async () => {
    const path = await write(
      "infinite.parquet",
      `SELECT * FROM (VALUES (1, {'at': TIMESTAMP '2011-01-01 00:00:00'}), (2, {'at': TIMESTAMP 'infinity'}), (3, {'at': NULL}))
         AS rows (a, deep)`,
    );
    expect(await rowsIn(path, ["a", "deep.at"])).toEqual([
      [1, 1, "2011-01-01T00:00:00.000"],
      [2, "at has an unreadable time: it is infinite, or out of range."],
      [3, 3, null],
    ]);
  });

  test("row groups and slices follow one another without a gap", async () => {
    const path = await write("many.parquet", "SELECT range AS a, 'text ' || range AS b FROM range(70000)");
    const rows = await rowsIn(path, ["a", "b"]);
    expect(rows).toHaveLength(70_000);
    expect(
      rows.every(([line, a, b], index) => line === index + 1 && a === BigInt(index) && b === `text ${index}`),
    ).toBe(true);
  });

  test("inside gzip it is rejected with advice", async () => {
    await expect(look(put("packed.parquet", gzipped("PAR1 and more")))).rejects.toThrow("gunzip it first");
  });
});
