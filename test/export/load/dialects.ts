/** What the systems document of their SQL: types, beginnings of statements, and what is quoted. */

import type { SystemName } from "../../../src/export/load/systems.ts";

export interface Dialect {
  types: readonly string[];
  statements: readonly string[];
  /** Quoted names and texts. */
  quoted: RegExp;
}

const DOUBLE = String.raw`"(?:[^"]|"")*"`;
const BACKTICK = String.raw`${"`"}[^${"`"}]*${"`"}`;
/** A backslash escapes in them. */
const ESCAPED_BACKTICK = String.raw`${"`"}(?:[^${"`"}\\]|\\[\s\S])*${"`"}`;
const SINGLE = String.raw`'(?:[^']|'')*'`;
const ESCAPED = String.raw`'(?:[^'\\]|\\[\s\S])*'`;

const quotes = (...forms: string[]) => new RegExp(forms.join("|"), "g");

export const DIALECTS: Record<SystemName, Dialect> = {
  // https://duckdb.org/docs/stable/sql/data_types/overview
  duckdb: {
    types: ["VARCHAR", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "JSON", "DECIMAL", "BIGINT"],
    statements: [
      "INSTALL ",
      "LOAD ",
      "CREATE OR REPLACE SECRET ",
      "SET ",
      "BEGIN",
      "CREATE TABLE ",
      "INSERT INTO ",
      "SELECT ",
      "COMMIT",
    ],
    quoted: quotes(DOUBLE, SINGLE),
  },
  // https://www.postgresql.org/docs/current/datatype.html
  postgres: {
    types: ["text", "numeric", "double precision", "boolean", "timestamptz", "jsonb", "json"],
    statements: [
      "\\set ",
      "\\copy ",
      "BEGIN",
      "SET LOCAL ",
      "CREATE TABLE ",
      "CREATE TEMPORARY TABLE ",
      "INSERT INTO ",
      "DO ",
      "COMMIT",
    ],
    quoted: quotes(DOUBLE, String.raw`\be'(?:[^'\\]|\\[\s\S]|'')*'`, SINGLE, String.raw`\$check\$[\s\S]*?\$check\$`),
  },
  // https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
  snowflake: {
    types: ["VARCHAR", "FLOAT", "NUMBER", "BOOLEAN", "TIMESTAMP_TZ", "TIMESTAMP_NTZ", "VARIANT"],
    statements: [
      "ALTER SESSION SET ",
      "CREATE OR REPLACE TEMPORARY STAGE ",
      "PUT ",
      "CREATE TABLE ",
      "CREATE OR REPLACE TEMPORARY TABLE ",
      "COPY INTO ",
      "INSERT INTO ",
      "SELECT ",
    ],
    quoted: quotes(DOUBLE, ESCAPED),
  },
  // https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
  bigquery: {
    types: ["STRING", "FLOAT64", "NUMERIC", "BOOL", "TIMESTAMP", "JSON"],
    statements: ["CREATE TABLE ", "LOAD DATA OVERWRITE ", "INSERT INTO ", "DROP TABLE ", "SELECT "],
    quoted: quotes(BACKTICK, String.raw`\br'[^']*'`, ESCAPED),
  },
  // https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
  redshift: {
    types: ["VARCHAR", "DOUBLE PRECISION", "DECIMAL", "BOOLEAN", "TIMESTAMPTZ", "TIMESTAMP", "SUPER"],
    statements: [
      "SET ",
      "BEGIN",
      "CREATE TABLE ",
      "CREATE TEMPORARY TABLE ",
      "COPY ",
      "INSERT INTO ",
      "COMMIT",
      "SELECT ",
    ],
    quoted: quotes(DOUBLE, SINGLE),
  },
  // https://docs.aws.amazon.com/athena/latest/ug/data-types.html
  athena: {
    types: ["string", "double", "decimal", "boolean", "timestamp", "date"],
    statements: ["CREATE EXTERNAL TABLE ", "CREATE TABLE ", "DROP TABLE ", "SELECT "],
    quoted: quotes(DOUBLE, BACKTICK, SINGLE),
  },
  // https://clickhouse.com/docs/sql-reference/data-types
  clickhouse: {
    types: ["String", "Float64", "Decimal", "Bool", "DateTime64", "JSON"],
    statements: ["CREATE TABLE ", "INSERT INTO ", "DROP TABLE ", "SELECT "],
    quoted: quotes(ESCAPED_BACKTICK, ESCAPED),
  },
};

/** The statements without comments, and without what is in quotes. */
export const unquoted = ({ quoted }: Dialect, text: string): string =>
  text.replaceAll(/^-- .*$/gm, "").replaceAll(quoted, "''");
