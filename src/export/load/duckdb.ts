/**
 * DuckDB. https://duckdb.org/docs/stable/data/overview has the readers,
 * https://duckdb.org/docs/stable/core_extensions/httpfs/s3api what opens a bucket.
 */

import type { ColumnType } from "../../datasets/column.ts";
import { addresses, definitions, dotted, doubleQuoted, lines, literal } from "./sql.ts";
import type { Load, LoadColumn, LoadSystem, Place, TypesOfColumns } from "./system.ts";

/** The longest line of CSV: a row has at most 2 MB, whose columns a request may repeat, and quotes are doubled. */
const MAX_LINE_BYTES = 16_000_000;
/** The reader's own default for one JSON value. */
const MAX_OBJECT_BYTES = 16_777_216;

export const duckdb: LoadSystem = {
  title: "DuckDB",
  reads: {
    ndjson: ["gzip", "zstd", "none"],
    csv: ["gzip", "zstd", "none"],
    parquet: ["snappy", "zstd", "none"],
    document: ["gzip", "zstd", "none"],
  },
  names: { max: 1_000, unit: "characters" },
  table: { parts: 3, spelling: (part) => part },
  places: { folder: true, schemes: ["s3", "gs", "r2"], endpoints: true },
  maxColumns: Infinity,
  matching: "any",
  open: ({ place }) => [
    ...secret(place),
    // A plain day is its midnight in UTC.
    "SET TimeZone = 'UTC';",
    "BEGIN;",
  ],
  create: ({ table, columns }) => [
    `CREATE TABLE ${dotted(table, doubleQuoted)} (\n${definitions(columns, doubleQuoted)}\n);`,
  ],
  insert: (load) => [`INSERT INTO ${dotted(load.table, doubleQuoted)}\n${query(load)};`],
  close: ({ table, rows }) => [
    `SELECT CASE WHEN count(*) = ${rows} THEN count(*) ELSE error('the export has ${rows} rows') END AS "rows"\nFROM ${dotted(table, doubleQuoted)};`,
    "COMMIT;",
  ],
};

function secret(place: Place): string[] {
  if (place.kind === "folder") return [];
  const { scheme, bucket, region, endpoint, pathStyle } = place;
  const options = [
    `TYPE ${scheme === "gs" ? "gcs" : scheme}`,
    "KEY_ID 'YOUR_ACCESS_KEY_ID'",
    "SECRET 'YOUR_SECRET_ACCESS_KEY'",
    ...(scheme === "r2" ? ["ACCOUNT_ID 'YOUR_ACCOUNT_ID'"] : []),
    ...(scheme === "s3" ? [`REGION ${literal(region ?? "YOUR_REGION")}`] : []),
    ...(endpoint === null ? [] : endpointOptions(endpoint, pathStyle)),
    `SCOPE ${literal(`${scheme}://${bucket}`)}`,
  ];
  return ["INSTALL httpfs;", "LOAD httpfs;", `CREATE OR REPLACE SECRET spillway (\n${lines(options)}\n);`];
}

function endpointOptions(endpoint: string, pathStyle: boolean): string[] {
  const { protocol, host, pathname } = new URL(endpoint);
  return [
    `ENDPOINT ${literal(host + pathname.replace(/\/+$/, ""))}`,
    `URL_STYLE '${pathStyle ? "path" : "vhost"}'`,
    `USE_SSL ${protocol === "https:"}`,
  ];
}

function query(load: Load): string {
  const { columns, format, compression, uncompressedBytes } = load;
  const files = `[\n${lines(addresses(load).map(literal), "    ")}\n  ]`;
  const codec = `compression = '${compression === "none" ? "uncompressed" : compression}'`;
  switch (format) {
    case "parquet":
      return `SELECT\n${lines(columns.map(({ source }) => doubleQuoted(source)))}\nFROM read_parquet(${files})`;
    case "csv": {
      const options = [
        codec,
        "header = true, auto_detect = false",
        `delim = ',', quote = '"', escape = '"'`,
        // In a file of one column null is quoted too.
        `allow_quoted_nulls = ${columns.length === 1}`,
        `max_line_size = ${MAX_LINE_BYTES}`,
        struct(columns.map(({ name, type }) => [name, type === "json" ? "text" : type])),
      ];
      return `SELECT\n${lines(columns.map(ofCsv))}\nFROM read_csv(${files},\n${lines(options)})`;
    }
    case "ndjson": {
      const members = new Map(
        columns.map(({ path, type }) => [path[0] ?? "", path.length > 1 ? "json" : type] as const),
      );
      const options = [codec, `maximum_object_size = ${MAX_OBJECT_BYTES}`, struct([...members])];
      return `SELECT\n${lines(columns.map(ofRow))}\nFROM read_ndjson(${files},\n${lines(options)})`;
    }
    case "document":
      return `SELECT json FROM read_json_objects(${files},\n${lines([
        codec,
        "format = 'unstructured'",
        `maximum_object_size = ${Math.max(MAX_OBJECT_BYTES, uncompressedBytes + 1)}`,
      ])})`;
  }
}

/** The types that the readers make themselves: times are cast, because the readers have formats of their own. */
const READ_AS: TypesOfColumns = {
  text: "VARCHAR",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  date: "VARCHAR",
  json: "JSON",
};

const struct = (members: readonly (readonly [name: string, type: ColumnType])[]): string =>
  `columns = {\n${lines(
    members.map(([name, type]) => `${doubleQuoted(name)}: '${READ_AS[type]}'`),
    "    ",
  )}\n  }`;

function ofCsv({ name, type, sqlType }: LoadColumn): string {
  const column = doubleQuoted(name);
  return type === "date" || type === "json" ? `${column}::${sqlType}` : column;
}

/** A path below a member of the row is a JSON pointer (RFC 6901): names may begin with what a JSON path begins with. */
function ofRow({ path, type, sqlType }: LoadColumn): string {
  const [member = "", ...inner] = path;
  const column = doubleQuoted(member);
  if (inner.length === 0) return type === "date" ? `${column}::${sqlType}` : column;
  const pointer = literal(inner.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
  if (type === "json") return `nullif(${column}->${pointer}, 'null')`;
  const text = `(${column}->>${pointer})`;
  return type === "text" ? text : `${text}::${sqlType}`;
}
