/**
 * The same rows with every codec, through the whole service, each file read back by at least two readers of others:
 * the commands gzip and zstd, Python, Node and DuckDB. Single files are joined from two chunks.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Spillway } from "../../client/src/index.ts";
import { downloadTo } from "../../client/src/node/index.ts";
import { ALL_ORDERS, type EventsRequest, liveStack, openShop, orders } from "./support.ts";

const EVENTS = 60_000;
/** A file of Parquet has fewer. */
const HALF = 30_000;
/** With these texts, a file of zstd has pieces that are stored, and Parquet has pages of several frames. */
const LONG = Array.from({ length: 30_000 }, (_, n) => `${(n * 2_654_435_761) % 4_294_967_296} `).join("");

const PYTHON = {
  gzip: "import sys, gzip; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())",
  // Reads one frame: the module's own default.
  zstd: "import sys, zstandard; zstandard.ZstdDecompressor().copy_stream(open(sys.argv[1], 'rb'), sys.stdout.buffer)",
};

/** Debian's package installs its modules for Debian's Python alone. */
const python = ["python3", "/usr/bin/python3"].find((each) => runs(each, "-c", "import zstandard"));
const missing = [
  ...(runs("zstd", "--version") ? [] : ["zstd"]),
  ...(python === undefined ? ["python3-zstandard"] : []),
];
const ADVICE = missing.length === 0 ? "" : ` (install ${missing.join(" and ")})`;
if (missing.length > 0 && process.env["SPILLWAY_INTEROP"] === "required")
  throw new Error(`the readers of zstd must run${ADVICE}`);

function runs(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

/** What a program writes of a file. @throws when it fails. */
function read(program: string, ...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`${program}: ${stderr.toString()}`);
  return stdout;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const stack = liveStack("--var", "CREATE_LIMIT:1000", "--var", "POLL_LIMIT:1000");
let duck: DuckDBConnection;
let client: Spillway;
let key: string;
/** The file of each request. */
const fetched = new Map<string, string>();
/** The text of the file without compression, by format. */
const plain = new Map<string, Buffer>();

beforeAll(async () => {
  duck = await (await DuckDBInstance.create(":memory:")).connect();
  const shop = await openShop(stack.origin);
  client = shop.client;
  key = shop.space.api_key;
  await client.events.send(orders(EVENTS));
  const long = {
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: ALL_ORDERS.start,
    properties: { order_id: LONG, amount: 0 },
  };
  await client.events.send([
    { ...long, id: "long" },
    { ...long, id: "long again" },
  ]);
  for (const format of ["ndjson", "csv"] as const) {
    const file = await get({ format, compression: "none" });
    plain.set(format, await readFile(file));
  }
}, 240_000);

afterAll(() => duck.closeSync());

/** Downloads the one file of an export. @returns its path. */
async function get(request: Partial<EventsRequest>): Promise<string> {
  const key = JSON.stringify(request);
  const before = fetched.get(key);
  if (before !== undefined) return before;
  const { id } = await client.exports.create({ ...ALL_ORDERS, ...request }).wait();
  const [file, ...others] = await downloadTo(client, id, stack.directory);
  if (file === undefined || others.length > 0) throw new Error("the export has not one file");
  fetched.set(key, file.path);
  return file.path;
}

async function table(sql: string): Promise<unknown> {
  const amounts = `SELECT count(*)::INTEGER AS n, count(DISTINCT eventId)::INTEGER AS ids, sum(amount) AS amount,
    sum(length(order_id))::INTEGER AS letters`;
  return (await duck.runAndReadAll(`${amounts} FROM ${sql}`)).getRowObjectsJS()[0];
}

const ROWS = {
  n: EVENTS + 2,
  ids: EVENTS + 2,
  amount: (EVENTS * (EVENTS - 1)) / 8,
  letters: [...orders(EVENTS)].reduce(
    (sum, { properties }) => sum + (properties as { order_id: string }).order_id.length,
    2 * LONG.length,
  ),
};

describe.each(["ndjson", "csv"] as const)("%s", (format) => {
  const scan = (file: string) =>
    format === "csv" ? `read_csv('${file}', max_line_size = 4000000)` : `read_json('${file}')`;

  it("with none is the text, which DuckDB reads", async () => {
    const file = await get({ format, compression: "none" });
    expect(read("wc", "-l", file).toString()).toContain(`${EVENTS + 2 + (format === "csv" ? 1 : 0)} `);
    expect(await table(scan(file))).toEqual(ROWS);
  });

  it("with gzip is one member of the text, for gzip, Python, Node and DuckDB", async () => {
    const file = await get({ format, compression: "gzip" });
    const wanted = sha256(plain.get(format) ?? Buffer.alloc(0));
    expect(sha256(read("gzip", "-dc", file))).toBe(wanted);
    expect(sha256(read("python3", "-c", PYTHON.gzip, file))).toBe(wanted);
    expect(sha256(gunzipSync(await readFile(file)))).toBe(wanted);
    expect(await table(scan(file))).toEqual(ROWS);
  });

  it("with zstd is one frame of the text, for Node and DuckDB", async () => {
    const file = await get({ format, compression: "zstd" });
    expect(file.endsWith(".zst")).toBe(true);
    // Node's zlib reads the first frame alone.
    expect(sha256(zstdDecompressSync(await readFile(file)))).toBe(sha256(plain.get(format) ?? Buffer.alloc(0)));
    expect(await table(scan(file))).toEqual(ROWS);
  });

  it.skipIf(missing.length > 0)(`with zstd is one frame of the text, for zstd and Python${ADVICE}`, async () => {
    const file = await get({ format, compression: "zstd" });
    const wanted = sha256(plain.get(format) ?? Buffer.alloc(0));
    expect(sha256(read("zstd", "-dc", file))).toBe(wanted);
    expect(sha256(read(python ?? "", "-c", PYTHON.zstd, file))).toBe(wanted);
    expect(read("zstd", "-lv", file).toString()).toMatch(/# Zstandard Frames: 1\n/);
  });
});

it("the stream comes as zstd to a client that accepts it, and as text to others", async () => {
  const { id } = await client.exports.create({ ...ALL_ORDERS, compression: "zstd" }).wait();
  const content = (...args: string[]) =>
    read("curl", "-sSf", `${stack.origin}/v1/exports/${id}/content`, "-H", `Authorization: Bearer ${key}`, ...args);
  const wanted = sha256(plain.get("ndjson") ?? Buffer.alloc(0));
  expect(sha256(zstdDecompressSync(content("-H", "Accept-Encoding: zstd, gzip")))).toBe(wanted);
  expect(sha256(content("-H", "Accept-Encoding: gzip"))).toBe(wanted);
  expect(sha256(content())).toBe(wanted);
});

describe.each(["snappy", "zstd", "none"] as const)("Parquet with %s", (compression) => {
  it("has the rows, for DuckDB and hyparquet", async () => {
    const file = await get({ format: "parquet", compression, end: "2026-01-01T00:00:30.000Z" });
    const ids = HALF + 2;
    expect(await table(`read_parquet('${file}')`)).toMatchObject({ n: ids, ids, amount: (HALF * (HALF - 1)) / 8 });
    const codecs = await duck.runAndReadAll(`SELECT DISTINCT compression FROM parquet_metadata('${file}')`);
    const named = compression === "none" ? "uncompressed" : compression;
    expect(codecs.getRowObjectsJS()).toEqual([{ compression: named.toUpperCase() }]);
    const bytes = new Uint8Array(await readFile(file)).buffer;
    const rows = await parquetReadObjects({ file: bytes, compressors, columns: ["eventId", "order_id"] });
    expect(new Set(rows.map((row) => row["eventId"] as string)).size).toBe(ids);
    expect(rows.filter((row) => row["order_id"] === LONG)).toHaveLength(2);
  });
});
