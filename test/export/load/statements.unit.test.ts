/**
 * The statements of every system, in every form that it reads, as files: `npm test -- test/export/load -u` writes them
 * anew. Each is checked against the system's documented types and quotes. test/live/load runs those of DuckDB and
 * PostgreSQL.
 */

import { describe, expect, it } from "vitest";
import { columnNames } from "../../../src/export/load/names.ts";
import type { Source } from "../../../src/export/load/place.ts";
import { type LoadedExport, loadStatements, maxListed } from "../../../src/export/load/statements.ts";
import { SYSTEM_NAMES, SYSTEMS, type SystemName } from "../../../src/export/load/systems.ts";
import type { LoadFiles, LoadFormat } from "../../../src/export/load/system.ts";
import { DIALECTS, unquoted } from "./dialects.ts";

/** What no system takes as it is, or would run if it were not quoted. */
const HOSTILE = ["'; EVIL 1; --", '"; EVIL 2; --', "`; EVIL 3; --", "\\'; EVIL 4; --", "*/ EVIL 5 /*", "$$ EVIL 6 $$"];

const TYPES = ["text", "number", "boolean", "date", "json"] as const;

const ORDERS: LoadedExport = {
  id: "4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10",
  dataset: "activity_events",
  format: "ndjson",
  compression: "gzip",
  columns: [
    { name: "eventId", type: "text", nullable: false },
    { name: "occurredAt", type: "date", nullable: false },
    { name: "amount", type: "number", nullable: true },
    { name: "is_gift", type: "boolean", nullable: true },
    { name: "items", type: "json", nullable: true },
  ],
  source: null,
  files: 2,
  rows: 541_909,
  uncompressedBytes: 146_315_430,
};

const bucket = (more: Partial<NonNullable<Source>["location"]>): Source => ({
  location: {
    bucket: "acme-exports",
    region: "eu-central-1",
    endpoint: null,
    path_style: false,
    provider: "aws",
    ...more,
  },
  prefix: "spillway/dt=now/",
});
const SOURCES: Record<string, Source> = {
  download: null,
  s3: bucket({}),
  r2: bucket({ region: "auto", endpoint: "https://acme.r2.cloudflarestorage.com", path_style: true, provider: "r2" }),
  gcs: bucket({ region: "auto", endpoint: "https://storage.googleapis.com", path_style: true, provider: "gcs" }),
};

const EXTENSIONS: Record<string, string> = { gzip: ".gz", zstd: ".zst" };

/** Two files of an export. */
function filesOf({ format, compression }: Pick<LoadedExport, "format" | "compression">): LoadFiles {
  const ending = format === "parquet" ? ".parquet" : `.${format}${EXTENSIONS[compression] ?? ""}`;
  return { kind: "listed", names: [`first${ending}`, `second${ending}`] };
}

const load = (system: SystemName, of: LoadedExport, more: { table?: string; path?: string } = {}) =>
  loadStatements(of, filesOf(of), { system, ...more });

const FORMS = SYSTEM_NAMES.flatMap((system) =>
  Object.entries(SYSTEMS[system].reads).map(([format, [compression = "none"]]) => ({
    system,
    of: {
      ...ORDERS,
      format: format as LoadFormat,
      compression,
      columns: format === "document" ? null : ORDERS.columns,
    } satisfies LoadedExport,
  })),
);

describe.each(FORMS)("$of.format in $system", ({ system, of }) => {
  it.each(["download", "s3"])("is loaded by these statements (%s)", async (source) => {
    const file = `golden/${system}-${of.format}-${source}.sql`;
    await expect(load(system, { ...of, source: SOURCES[source] ?? null })).toMatchFileSnapshot(file);
  });

  it.each(Object.keys(SOURCES))("has statements that the system knows, and no parenthesis too many (%s)", (source) => {
    const text = unquoted(DIALECTS[system], load(system, { ...of, source: SOURCES[source] ?? null }));
    const statements = text
      .split(/;\s*\n|\n(?=\\)/)
      .map((each) => each.trim())
      .filter((each) => each !== "");
    for (const each of statements) {
      expect(
        DIALECTS[system].statements.some((start) => each.startsWith(start)),
        each,
      ).toBe(true);
      expect(each.split("(").length, each).toBe(each.split(")").length);
    }
  });

  it("runs nothing that a name of a column contains", () => {
    const columns = HOSTILE.flatMap((name) =>
      TYPES.map((type) => ({ name: `${name}${type}`, type, nullable: true, path: ["a", `${name}${type}`] })),
    );
    const hostile = { ...of, columns: of.columns === null ? null : columns };
    // BigQuery reads no such names in Parquet, and says so.
    if (system === "bigquery" && of.format === "parquet")
      return expect(() => load(system, hostile)).toThrow("with another name");
    expect(unquoted(DIALECTS[system], load(system, hostile))).not.toContain("EVIL");
  });
});

describe.each(SYSTEM_NAMES)("the types of %s", (system) => {
  it.each(TYPES)("are documented ones: %s", (type) => {
    expect(DIALECTS[system].types).toContain(SYSTEMS[system].types[type].replace(/\(.*/, ""));
  });
});

describe("names of columns", () => {
  const { names: postgres } = SYSTEMS.postgres;

  it("are those of the export where the system takes them", () => {
    expect(columnNames(["eventId", "größe 数量"], postgres)).toEqual(["eventId", "größe 数量"]);
  });

  it("are cut to what the system keeps, at whole characters, and stay apart", () => {
    const long = "größe".repeat(20);
    const names = columnNames([`${long}1`, `${long}2`, `${long.toUpperCase()}3`], postgres);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(names[1]).toMatch(/^größe.*_2$/);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3);
    expect(names.join("")).not.toContain("\ufffd");
  });

  it("stay apart where the system has no letter case, or few characters", () => {
    expect(columnNames(["a b", "A-B", "a.b", "1st"], SYSTEMS.bigquery.names)).toEqual([
      "a_b",
      "A_B_2",
      "a_b_3",
      "_1st",
    ]);
    expect(columnNames(["_table_x", "_PARTITIONTIME"], SYSTEMS.bigquery.names)).toEqual([
      "column_table_x",
      "column_PARTITIONTIME",
    ]);
    expect(columnNames(["Größe", "select"], SYSTEMS.athena.names)).toEqual(["gr__e", "select"]);
  });
});

describe("where the files are", () => {
  it.each([
    ["bigquery", "gcs", "gs://acme-exports/spillway/dt=now/first"],
    ["bigquery", "r2", "gs://YOUR_BUCKET/YOUR_FOLDER/first"],
    ["redshift", "r2", "s3://YOUR_BUCKET/YOUR_FOLDER/first"],
    ["snowflake", "r2", "s3compat://acme-exports/spillway/dt=now/"],
    ["duckdb", "r2", "ENDPOINT 'acme.r2.cloudflarestorage.com'"],
    ["clickhouse", "r2", "https://acme.r2.cloudflarestorage.com/acme-exports/spillway/dt=now/{first"],
    ["postgres", "r2", '--endpoint-url "https://acme.r2.cloudflarestorage.com"'],
  ] as const)("%s reads a bucket of %s at %s", (system, source, expected) => {
    expect(load(system, { ...ORDERS, source: SOURCES[source] ?? null })).toContain(expected);
  });

  it("is what the request says, of a file in a bucket too", () => {
    const at = (system: SystemName, path: string) =>
      load(system, { ...ORDERS, source: SOURCES["s3"] ?? null }, { path });
    expect(at("duckdb", "/data/größe 1")).toContain("'/data/größe 1/first.ndjson.gz'");
    expect(at("redshift", "s3://other")).toContain("'s3://other/first.ndjson.gz'");
    expect(at("bigquery", "gs://other/a/")).toContain("'gs://other/a/first.ndjson.gz'");
    expect(() => at("athena", "/data")).toThrow("Athena reads no local folder: path must begin with s3://.");
    expect(() => at("redshift", "gs://other")).toThrow("Redshift cannot read gs://");
  });
});

describe("many files", () => {
  const many = (system: SystemName, prefix: string) =>
    loadStatements(
      { ...ORDERS, source: SOURCES["s3"] ?? null, files: 20_000 },
      { kind: "matching", prefix, suffix: ".json.gz" },
      { system },
    );

  it.each(SYSTEM_NAMES)("are a short text for %s", (system) => {
    expect(many(system, "4c959f87-events-").length).toBeLessThan(4_000);
  });

  it("are refused where a system finds them by the beginning of their names, and they have none in common", () => {
    expect(() => many("redshift", "")).toThrow("reads at most 1000");
    expect(maxListed("redshift")).toBe(1_000);
  });
});

describe("refused is", () => {
  it("a form that a system cannot read, with those that it can", () => {
    expect(() => load("bigquery", { ...ORDERS, format: "csv", compression: "zstd" })).toThrow(
      "BigQuery cannot read this export, which is csv with the compression zstd. It can read ndjson (gzip, none); csv (gzip, none); parquet (snappy, zstd, none); JSON documents (gzip, none).",
    );
    expect(() => load("athena", { ...ORDERS, format: "csv" })).toThrow("Athena cannot read this export");
  });

  it("more columns than a table has", () => {
    const columns = Array.from({ length: 1_601 }, (_, n) => ({ name: `c${n}`, type: "text" as const, nullable: true }));
    expect(() => load("postgres", { ...ORDERS, columns })).toThrow("at most 1600 columns, and the export has 1601");
    expect(load("postgres", { ...ORDERS, columns: columns.slice(1) })).toContain('"c1600"');
  });

  it("a table's name with more parts than the system has, and one that the statements need", () => {
    expect(() => load("postgres", ORDERS, { table: "a.b.c" })).toThrow("at most 2 parts");
    expect(() => load("postgres", ORDERS, { table: "a.Spillway_Rows" })).toThrow("choose another");
    expect(load("snowflake", ORDERS, { table: "a.b.c" })).toContain('"A"."B"."C"');
  });
});

it("an export without files makes the table alone", () => {
  for (const system of SYSTEM_NAMES) {
    const text = loadStatements({ ...ORDERS, files: 0, rows: 0 }, { kind: "listed", names: [] }, { system });
    expect(text).toContain("CREATE TABLE");
    expect(text).not.toMatch(/\bCOPY\b|INFILE|LOAD DATA|read_ndjson/);
  }
});
