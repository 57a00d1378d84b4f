/**
 * Amazon Redshift. https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html reads S3 alone: an address is the
 * beginning of keys. Values of JSON go through one of the type SUPER, whose names keep their letters where the session
 * says so: https://docs.aws.amazon.com/redshift/latest/dg/super-configurations.html
 */

import { countQuery, definitions, dotted, doubleQuoted, lines, literal } from "./sql.ts";
import { type Load, type LoadColumn, type LoadSystem, ROWS } from "./system.ts";

/** https://docs.aws.amazon.com/redshift/latest/dg/r_names.html */
const MAX_NAME_BYTES = 127;
/** https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html */
const MAX_COLUMNS = 1_600;
/** One COPY for each: a prefix would find the manifest beside the files too. */
const MAX_COPIES = 1_000;

export const redshift: LoadSystem = {
  title: "Redshift",
  reads: {
    ndjson: ["gzip", "zstd", "none"],
    csv: ["gzip", "zstd", "none"],
    parquet: ["snappy", "none"],
    document: ["gzip", "zstd", "none"],
  },
  names: { max: MAX_NAME_BYTES, unit: "bytes" },
  table: { parts: 2, spelling: (part) => part.toLowerCase() },
  places: { folder: false, schemes: ["s3"], endpoints: false },
  maxColumns: MAX_COLUMNS,
  maxListed: MAX_COPIES,
  matching: "common prefix",
  open: () => [
    "SET enable_case_sensitive_identifier TO true;",
    // A plain day is its midnight in UTC.
    "SET timezone TO 'UTC';",
    "BEGIN;",
  ],
  create: ({ table, columns }) => [
    `CREATE TABLE ${dotted(table, doubleQuoted)} (\n${definitions(columns, doubleQuoted)}\n);`,
  ],
  insert(load) {
    const { columns, format, table } = load;
    const names = lines(columns.map(({ name }) => doubleQuoted(name)));
    const values = lines(columns.map((column) => valueOf(column, format)));
    return [
      `CREATE TEMPORARY TABLE ${ROWS} (\n${staged(load)}\n);`,
      ...addresses(load).map((address) => `COPY ${ROWS} FROM ${literal(address)}\n  ${options(load).join("\n  ")};`),
      `INSERT INTO ${dotted(table, doubleQuoted)} (\n${names}\n)\nSELECT\n${values}\nFROM ${ROWS};`,
    ];
  },
  close: ({ table, rows }) => ["COMMIT;", countQuery(dotted(table, doubleQuoted), rows, doubleQuoted)],
};

function addresses({ files, place }: Load): string[] {
  const before = place.kind === "bucket" ? `s3://${place.bucket}/${place.prefix}` : "";
  return (files.kind === "listed" ? files.names : [files.prefix]).map((name) => before + name);
}

/** Of Parquet its own types, of CSV texts, of JSON whole values. */
function staged({ columns, format }: Load): string {
  const text = "VARCHAR(65535)";
  switch (format) {
    case "parquet":
      return lines(
        columns.map(({ name, type, sqlType }) => {
          const own = type === "json" ? text : type === "date" ? "TIMESTAMP" : sqlType;
          return `${doubleQuoted(name)} ${own}`;
        }),
      );
    case "csv":
      return lines(columns.map(({ name }) => `${doubleQuoted(name)} ${text}`));
    case "ndjson":
    case "document":
      return "  line SUPER";
  }
}

function options({ format, compression, place }: Load): string[] {
  const role = "IAM_ROLE 'arn:aws:iam::YOUR_ACCOUNT_ID:role/YOUR_ROLE'";
  // COPY of Parquet reads its own region alone.
  if (format === "parquet") return [role, "FORMAT AS PARQUET"];
  const region = place.kind === "bucket" && place.region !== null ? [`REGION ${literal(place.region)}`] : [];
  const codec = compression === "none" ? [] : [compression.toUpperCase()];
  const form = format === "csv" ? ["FORMAT AS CSV", "IGNOREHEADER 1"] : ["FORMAT AS JSON 'noshred'"];
  return [role, ...region, ...form, ...codec];
}

function valueOf({ name, path, type, sqlType, required }: LoadColumn, format: Load["format"]): string {
  const column = doubleQuoted(name);
  switch (format) {
    case "document":
      return "line";
    case "ndjson": {
      const value = `line.${path.map(doubleQuoted).join(".")}`;
      if (type === "json") return value;
      return type === "date" ? `${value}::VARCHAR::${sqlType}` : `${value}::${sqlType}`;
    }
    case "parquet":
      if (type === "json") return `JSON_PARSE(${column})`;
      return type === "date" ? `${column} AT TIME ZONE 'UTC'` : column;
    case "csv": {
      // Its reader of CSV makes an empty text of both null and "".
      const text = required ? column : `NULLIF(${column}, '')`;
      if (type === "json") return `JSON_PARSE(${text})`;
      if (type === "boolean") return `CASE ${column} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END`;
      return type === "text" ? text : `${text}::${sqlType}`;
    }
  }
}
