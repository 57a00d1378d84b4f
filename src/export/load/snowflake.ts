/**
 * Snowflake. https://docs.snowflake.com/en/sql-reference/sql/copy-into-table has the formats of files,
 * https://docs.snowflake.com/en/sql-reference/sql/create-stage what opens a bucket. Local files are uploaded with PUT,
 * which the command-line clients have.
 */

import { definitions, dotted, doubleQuoted, escapedLiteral, lines, countQuery, pattern } from "./sql.ts";
import { type Load, type LoadColumn, type LoadSystem, ROWS } from "./system.ts";

const MAX_NAME_CHARACTERS = 255;
const STAGE = "spillway_stage";

export const snowflake: LoadSystem = {
  title: "Snowflake",
  reads: {
    ndjson: ["gzip", "zstd", "none"],
    csv: ["gzip", "zstd", "none"],
    parquet: ["snappy", "zstd", "none"],
    document: ["gzip", "zstd", "none"],
  },
  names: { max: MAX_NAME_CHARACTERS, unit: "characters" },
  // Names without quotes are of capital letters there.
  table: { parts: 3, spelling: (part) => part.toUpperCase() },
  places: { folder: true, schemes: ["s3"], endpoints: true },
  maxColumns: Infinity,
  matching: "any",
  open: (load) => [
    // A plain day is its midnight in UTC.
    "ALTER SESSION SET TIMEZONE = 'UTC';",
    ...stage(load),
  ],
  create: ({ table, columns }) => [
    `CREATE TABLE ${dotted(table, doubleQuoted)} (\n${definitions(columns, doubleQuoted)}\n);`,
  ],
  insert(load) {
    const { columns, format } = load;
    const isCsv = format === "csv";
    const staged = isCsv ? lines(columns.map(({ name }) => `${doubleQuoted(name)} VARCHAR`)) : "  line VARIANT";
    const names = lines(columns.map(({ name }) => doubleQuoted(name)));
    const values = lines(columns.map((column) => (isCsv ? ofCsv(column) : ofRow(column, format))));
    return [
      `CREATE OR REPLACE TEMPORARY TABLE ${ROWS} (\n${staged}\n);`,
      `COPY INTO ${ROWS} FROM @${STAGE}\n${lines([`FILE_FORMAT = (${fileFormat(load)})`])}\n${lines([selection(load)])};`,
      `INSERT INTO ${dotted(load.table, doubleQuoted)} (\n${names}\n)\nSELECT\n${values}\nFROM ${ROWS};`,
    ];
  },
  close: ({ table, rows }) => [countQuery(dotted(table, doubleQuoted), rows, doubleQuoted)],
};

function stage({ place, files }: Load): string[] {
  if (place.kind === "folder") {
    const folder = place.path === "" ? "/YOUR_FOLDER/" : place.path;
    const names = files.kind === "listed" ? files.names : [`${files.prefix}*${files.suffix}`];
    return [
      `CREATE OR REPLACE TEMPORARY STAGE ${STAGE};`,
      ...names.map((name) => `PUT ${escapedLiteral(`file://${folder}${name}`)} @${STAGE} AUTO_COMPRESS = FALSE;`),
    ];
  }
  const { bucket, prefix, endpoint } = place;
  const options = [
    `URL = ${escapedLiteral(`${endpoint === null ? "s3" : "s3compat"}://${bucket}/${prefix}`)}`,
    ...(endpoint === null ? [] : [`ENDPOINT = ${escapedLiteral(new URL(endpoint).host)}`]),
    "CREDENTIALS = (AWS_KEY_ID = 'YOUR_ACCESS_KEY_ID' AWS_SECRET_KEY = 'YOUR_SECRET_ACCESS_KEY')",
  ];
  return [`CREATE OR REPLACE TEMPORARY STAGE ${STAGE}\n  ${options.join("\n  ")};`];
}

function selection({ files }: Load): string {
  if (files.kind === "listed") return `FILES = (${files.names.map(escapedLiteral).join(", ")})`;
  return `PATTERN = ${escapedLiteral(`.*${pattern(files)}`)}`;
}

function fileFormat({ format, compression, columns }: Load): string {
  const codec = `COMPRESSION = ${compression.toUpperCase()}`;
  switch (format) {
    case "csv":
      return [
        `TYPE = CSV ${codec} SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '"' ESCAPE_UNENCLOSED_FIELD = NONE`,
        // In a file of one column null is quoted too.
        `EMPTY_FIELD_AS_NULL = TRUE NULL_IF = (${columns.length === 1 ? "''" : ""})`,
      ].join(" ");
    case "parquet":
      return "TYPE = PARQUET USE_LOGICAL_TYPE = TRUE";
    case "ndjson":
    case "document":
      return `TYPE = JSON ${codec}`;
  }
}

/** The offset `+0000` becomes `+00:00`, which is among the formats that are recognized. */
const time = (text: string) =>
  String.raw`TO_TIMESTAMP_TZ(REGEXP_REPLACE(${text}, '([+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))`;

function ofCsv({ name, type, sqlType }: LoadColumn): string {
  const column = doubleQuoted(name);
  if (type === "date") return time(column);
  if (type === "json") return `PARSE_JSON(${column})`;
  return type === "text" ? column : `${column}::${sqlType}`;
}

/** Rows of Parquet have their JSON as text, and times as times. */
function ofRow({ source, path, type, sqlType }: LoadColumn, format: Load["format"]): string {
  if (format === "document") return "line";
  const names = format === "parquet" ? [source] : path;
  const value = `line${names.map((name) => `[${escapedLiteral(name)}]`).join("")}`;
  if (type === "json")
    return format === "parquet" ? `PARSE_JSON(${value}::VARCHAR)` : `IFF(IS_NULL_VALUE(${value}), NULL, ${value})`;
  return type === "date" && format === "ndjson" ? time(`${value}::VARCHAR`) : `${value}::${sqlType}`;
}
