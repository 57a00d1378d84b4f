/**
 * BigQuery. https://cloud.google.com/bigquery/docs/reference/standard-sql/load-statements: files are read from Cloud
 * Storage, and through a connection from S3. https://cloud.google.com/bigquery/docs/schemas has the names of columns.
 */

import { invalid } from "../../errors.ts";
import { asciiName } from "./names.ts";
import { addresses, countQuery, definitions, escapedLiteral, lines } from "./sql.ts";
import type { Load, LoadColumn, LoadSystem } from "./system.ts";

const MAX_NAME_CHARACTERS = 300;
/** https://cloud.google.com/bigquery/quotas */
const MAX_COLUMNS = 10_000;
/** Names of columns must not begin with these, in any case of letters. */
const RESERVED =
  /^(_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER|_CHANGE_SEQUENCE_NUMBER|_CHANGE_TYPE|_CHANGE_TIMESTAMP)/i;

export const bigquery: LoadSystem = {
  title: "BigQuery",
  reads: {
    ndjson: ["gzip", "none"],
    csv: ["gzip", "none"],
    parquet: ["snappy", "zstd", "none"],
    document: ["gzip", "none"],
  },
  names: {
    max: MAX_NAME_CHARACTERS,
    unit: "characters",
    allowed: (name) => asciiName(name).replace(RESERVED, "column$1"),
  },
  table: { parts: 3, spelling: (part) => part },
  places: { folder: false, schemes: ["gs", "s3"], endpoints: false },
  maxColumns: MAX_COLUMNS,
  matching: "any",
  check({ format, columns }) {
    const renamed = columns.find(({ name, source }) => format === "parquet" && name !== source);
    if (renamed === undefined) return;
    throw invalid({
      pointer: "#query/for",
      detail: `BigQuery cannot read a column with the name ${renamed.source} in Parquet: export it with another name (columns, as), or as ndjson or csv.`,
    });
  },
  create: (load) => [`CREATE TABLE ${tableOf(load)} (\n${definitions(load.columns, quoted)}\n);`],
  insert(load) {
    const { columns, format } = load;
    const rows = tableOf(load, "_rows");
    const names = lines(columns.map(({ name }) => quoted(name)));
    const values = lines(columns.map((column) => valueOf(column, format)));
    const from =
      format === "ndjson" ? `(\n  SELECT PARSE_JSON(line, wide_number_mode => 'round') AS line FROM ${rows}\n)` : rows;
    return [
      `LOAD DATA OVERWRITE ${rows} (\n${staged(load)}\n)\nFROM FILES (\n${lines(options(load))}\n)${connection(load)};`,
      `INSERT INTO ${tableOf(load)} (\n${names}\n)\nSELECT\n${values}\nFROM ${from};`,
      `DROP TABLE ${rows};`,
    ];
  },
  close: (load) => [countQuery(tableOf(load), load.rows, quoted)],
};

const quoted = (name: string) => `\`${name}\``;

/** A table's whole name is quoted as one. */
const tableOf = ({ table }: Load, ending = "") =>
  quoted(`${[...(table.length === 1 ? ["YOUR_DATASET"] : []), ...table].join(".")}${ending}`);

/** Parquet has types. Of other files all values are texts: those of JSON whole lines. */
function staged({ columns, format }: Load): string {
  if (format === "parquet")
    return lines(columns.map(({ name, type, sqlType }) => `${quoted(name)} ${type === "json" ? "STRING" : sqlType}`));
  return format === "csv" ? lines(columns.map(({ name }) => `${quoted(name)} STRING`)) : "  line STRING";
}

function options(load: Load): string[] {
  const uris = `uris = [\n${lines(addresses(load).map(escapedLiteral), "    ")}\n  ]`;
  if (load.format === "parquet") return ["format = 'PARQUET'", uris];
  const text = ["format = 'CSV'", uris, "encoding = 'UTF-8'", "preserve_ascii_control_characters = TRUE"];
  if (load.format === "csv") return [...text, "skip_leading_rows = 1", "allow_quoted_newlines = TRUE"];
  // A line of JSON has neither this character nor a line break: it is one value.
  return [...text, String.raw`field_delimiter = '\x01'`, "quote = ''"];
}

function connection({ place }: Load): string {
  if (place.kind === "folder" || place.scheme !== "s3") return "";
  return `\nWITH CONNECTION \`aws-${place.region ?? "YOUR_REGION"}.YOUR_CONNECTION\``;
}

/** Two forms of an offset, of which one is recognized; and six digits of a second at most. */
const time = (text: string) =>
  String.raw`TIMESTAMP(REGEXP_REPLACE(REGEXP_REPLACE(${text}, r'([+-][0-9]{2})([0-9]{2})$', r'\1:\2'), r'([.][0-9]{6})[0-9]+', r'\1'), 'UTC')`;

function valueOf(column: LoadColumn, format: Load["format"]): string {
  const { name, path, type, sqlType, required } = column;
  if (format === "document") return "PARSE_JSON(line, wide_number_mode => 'round')";
  if (format === "ndjson") {
    const value = `line${path.map((each) => `[${escapedLiteral(each)}]`).join("")}`;
    if (type === "json") return `IF(JSON_TYPE(${value}) = 'null', NULL, ${value})`;
    return cast(`JSON_VALUE(${value})`, type, sqlType);
  }
  const json = `PARSE_JSON(${quoted(name)}, wide_number_mode => 'round')`;
  if (format === "parquet") return type === "json" ? json : quoted(name);
  // Its reader of CSV makes an empty text of both null and "".
  return type === "json" && !required
    ? `PARSE_JSON(NULLIF(${quoted(name)}, ''), wide_number_mode => 'round')`
    : type === "json"
      ? json
      : cast(required ? quoted(name) : `NULLIF(${quoted(name)}, '')`, type, sqlType);
}

function cast(text: string, type: LoadColumn["type"], sqlType: string): string {
  if (type === "date") return time(text);
  return type === "text" ? text : `CAST(${text} AS ${sqlType})`;
}
