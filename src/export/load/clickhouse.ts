/**
 * ClickHouse. https://clickhouse.com/docs/sql-reference/table-functions/s3 reads buckets; local files are sent by its
 * command-line client: https://clickhouse.com/docs/sql-reference/statements/insert-into#inserting-data-from-a-file
 */

import { addresses, countQuery, dotted, escapedLiteral, lines } from "./sql.ts";
import type { Load, LoadColumn, LoadSystem } from "./system.ts";

export const clickhouse: LoadSystem = {
  title: "ClickHouse",
  reads: {
    ndjson: ["gzip", "zstd", "none"],
    csv: ["gzip", "zstd", "none"],
    parquet: ["snappy", "zstd", "none"],
    document: ["gzip", "zstd", "none"],
  },
  names: { max: 255, unit: "characters" },
  table: { parts: 2, spelling: (part) => part },
  places: { folder: true, schemes: ["s3"], endpoints: true },
  maxColumns: Infinity,
  matching: "any",
  create: ({ table, columns }) => [
    `CREATE TABLE ${dotted(table, quoted)} (\n${lines(columns.map(definition))}\n)\nENGINE = MergeTree ORDER BY tuple();`,
  ],
  insert(load) {
    const { place, table, columns, format } = load;
    const names = lines(columns.map(({ name }) => quoted(name)));
    const values = lines(columns.map((column) => valueOf(column, format, columns.length === 1)));
    const into = `INSERT INTO ${dotted(table, quoted)} (\n${names}\n)\nSELECT\n${values}`;
    if (place.kind === "bucket") return [`${into}\nFROM s3(\n${lines(bucketFiles(load))}\n)${settings(format)};`];
    const rows = dotted([...table.slice(0, -1), `${table.at(-1) ?? ""}_rows`], quoted);
    const codec = format === "parquet" ? "none" : load.compression;
    return [
      `CREATE TABLE ${rows} (\n${lines(staged(load))}\n)\nENGINE = MergeTree ORDER BY tuple();`,
      ...addresses(load).map(
        (path) =>
          `INSERT INTO ${rows} FROM INFILE ${escapedLiteral(path)} COMPRESSION '${codec}'${settings(format)} FORMAT ${FORMATS[format]};`,
      ),
      `${into}\nFROM ${rows};`,
      `DROP TABLE ${rows};`,
    ];
  },
  close: ({ table, rows }) => [countQuery(dotted(table, quoted), rows, quoted)],
};

const FORMATS = {
  ndjson: "JSONAsString",
  csv: "CSV",
  parquet: "Parquet",
  document: "JSONAsString",
} as const;

const quoted = (name: string) => `\`${name.replaceAll(/[`\\]/g, String.raw`\$&`)}\``;
const nullable = (type: string) => `Nullable(${type})`;
const definition = ({ name, sqlType, required }: LoadColumn) =>
  `${quoted(name)} ${required ? sqlType : nullable(sqlType)}`;

/** Of Parquet its own names and types, of CSV texts, of JSON whole values. */
function staged({ columns, format }: Load): string[] {
  if (format === "parquet") return columns.map(({ source, sqlType }) => `${quoted(source)} ${nullable(sqlType)}`);
  return format === "csv" ? columns.map(({ name }) => `${quoted(name)} ${nullable("String")}`) : ["line String"];
}

/** An unquoted empty field is null, and only double quotes are quotes. */
const settings = (format: Load["format"]) =>
  format === "csv"
    ? " SETTINGS input_format_csv_skip_first_lines = 1, input_format_csv_detect_header = 0, input_format_csv_empty_as_default = 1, format_csv_allow_single_quotes = 0"
    : "";

function bucketFiles(load: Load): string[] {
  const { files, format, compression } = load;
  const [only, ...others] = files.kind === "listed" ? files.names : [`${files.prefix}*${files.suffix}`];
  const names = others.length === 0 ? (only ?? "") : `{${[only, ...others].join()}}`;
  const structure = staged(load).join(", ");
  return [
    escapedLiteral(`${bucketAddress(load)}${names}`),
    "'YOUR_ACCESS_KEY_ID'",
    "'YOUR_SECRET_ACCESS_KEY'",
    `'${FORMATS[format]}'`,
    escapedLiteral(structure),
    `'${format === "parquet" ? "none" : compression}'`,
  ];
}

function bucketAddress({ place }: Load): string {
  if (place.kind === "folder") return place.path;
  const { bucket, prefix, region, endpoint, pathStyle } = place;
  if (endpoint === null)
    return region === null ? `s3://${bucket}/${prefix}` : `https://${bucket}.s3.${region}.amazonaws.com/${prefix}`;
  const { protocol, host, pathname } = new URL(endpoint);
  const path = pathname.replace(/\/+$/, "");
  return pathStyle
    ? `${protocol}//${host}${path}/${bucket}/${prefix}`
    : `${protocol}//${bucket}.${host}${path}/${prefix}`;
}

/** Without the condition, a null would be parsed as an empty text. */
const time = (text: string) => `if(isNull(${text}), NULL, parseDateTime64BestEffort(assumeNotNull(${text}), 6, 'UTC'))`;

/** @param isOnly in a CSV file of one column null is quoted, as an empty text is. */
function valueOf({ name, source, path, type, sqlType }: LoadColumn, format: Load["format"], isOnly: boolean): string {
  switch (format) {
    case "document":
      return "line";
    case "parquet":
      return quoted(source);
    case "csv": {
      const column = isOnly ? `nullIf(${quoted(name)}, '')` : quoted(name);
      if (type === "date") return time(column);
      return type === "text" || type === "json" ? column : `CAST(${column}, ${escapedLiteral(nullable(sqlType))})`;
    }
    case "ndjson": {
      const at = `line, ${path.map(escapedLiteral).join(", ")}`;
      if (type === "json") return `nullIf(nullIf(JSONExtractRaw(${at}), 'null'), '')`;
      const text = type === "date" ? "String" : sqlType;
      const value = `JSONExtract(${at}, ${escapedLiteral(nullable(text))})`;
      return type === "date" ? time(value) : value;
    }
  }
}
