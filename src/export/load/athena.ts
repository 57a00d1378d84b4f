/**
 * Amazon Athena. An external table is a whole folder of S3, of which the files of the export are selected by their
 * path: https://docs.aws.amazon.com/athena/latest/ug/create-table.html. Its readers of CSV know neither nulls nor line
 * breaks in values (https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html), so CSV is refused. What compression
 * it reads: https://docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html. Athena runs one
 * statement at a time.
 */

import { asciiName } from "./names.ts";
import { addresses, countQuery, doubleQuoted, lines, literal } from "./sql.ts";
import type { Load, LoadColumn, LoadSystem } from "./system.ts";

/** https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html */
const MAX_NAME_CHARACTERS = 255;

export const athena: LoadSystem = {
  title: "Athena",
  note: "Run one statement after the other.",
  reads: {
    ndjson: ["gzip", "zstd", "none"],
    parquet: ["snappy", "zstd", "none"],
    document: ["gzip", "zstd", "none"],
  },
  names: {
    max: MAX_NAME_CHARACTERS,
    unit: "characters",
    allowed: (name) => asciiName(name).toLowerCase(),
  },
  table: { parts: 2, spelling: (part) => part.toLowerCase() },
  places: { folder: false, schemes: ["s3"], endpoints: false },
  maxColumns: Infinity,
  matching: "any",
  // A table of text or of JSON would be no table of columns: the query that selects the files makes it.
  create(load) {
    const values = lines(
      load.columns.map((column) => `${valueOf(column, load.format)} AS ${doubleQuoted(column.name)}`),
    );
    const table = names(load.table, doubleQuoted);
    const from = names(filesOf(load), doubleQuoted);
    return [
      externalTable(load),
      `CREATE TABLE ${table} WITH (format = 'PARQUET') AS\nSELECT\n${values}\nFROM ${from}\nWHERE ${selection(load)};`,
    ];
  },
  insert: () => [],
  close: (load) => [
    `DROP TABLE ${names(filesOf(load), backticked)};`,
    countQuery(names(load.table, doubleQuoted), load.rows, doubleQuoted),
  ],
};

/** Definitions quote names otherwise than queries. */
const backticked = (name: string) => `\`${name}\``;
const names = (parts: readonly string[], quote: (name: string) => string) => parts.map(quote).join(".");
const filesOf = ({ table }: Load) => [...table.slice(0, -1), `${table.at(-1) ?? ""}_files`];

function externalTable(load: Load): string {
  const { columns, format, place } = load;
  const location = place.kind === "bucket" ? `s3://${place.bucket}/${place.prefix}` : "";
  const form =
    format === "parquet"
      ? [
          // Columns by their place: their names in the files may be others.
          "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'",
          "WITH SERDEPROPERTIES ('parquet.column.index.access' = 'true')",
          "STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'",
          "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'",
        ]
      : // A line of JSON has neither this character nor a line break: it is one value.
        [String.raw`ROW FORMAT DELIMITED FIELDS TERMINATED BY '\001'`, "STORED AS TEXTFILE"];
  const all =
    format === "parquet" ? columns.map(({ name, sqlType }) => `${backticked(name)} ${sqlType}`) : ["`line` string"];
  return [
    `CREATE EXTERNAL TABLE ${names(filesOf(load), backticked)} (\n${lines(all)}\n)`,
    ...form,
    `LOCATION ${literal(location)};`,
  ].join("\n");
}

function selection(load: Load): string {
  const paths = addresses(load).map(literal);
  if (paths.length === 0) return "FALSE";
  if (load.files.kind === "listed") return `"$path" IN (\n${lines(paths)}\n)`;
  return String.raw`"$path" LIKE ${(paths[0] ?? "").replaceAll("_", String.raw`\_`).replace("*", "%")} ESCAPE '\'`;
}

function valueOf({ name, path, type, sqlType }: LoadColumn, format: Load["format"]): string {
  if (format === "document") return "line";
  if (format === "parquet") return doubleQuoted(name);
  const at = literal(`$${path.map((each) => `[${JSON.stringify(each)}]`).join("")}`);
  if (type === "json") return `NULLIF(json_format(json_extract(line, ${at})), 'null')`;
  const text = `json_extract_scalar(line, ${at})`;
  if (type === "date") return `CAST(from_iso8601_timestamp(${text}) AT TIME ZONE 'UTC' AS timestamp(3))`;
  return type === "text" ? text : `CAST(${text} AS ${sqlType})`;
}
