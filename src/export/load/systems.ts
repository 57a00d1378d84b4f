/** THE list of systems, by the name that a request has for them, each with its types of columns. */

import { athena } from "./athena.ts";
import { bigquery } from "./bigquery.ts";
import { clickhouse } from "./clickhouse.ts";
import { duckdb } from "./duckdb.ts";
import { postgres } from "./postgres.ts";
import { redshift } from "./redshift.ts";
import { snowflake } from "./snowflake.ts";
import type { LoadSystem, TypesOfColumns } from "./system.ts";

const system = (known: LoadSystem, types: TypesOfColumns) => ({ ...known, types });

export type TypedSystem = ReturnType<typeof system>;

export const SYSTEMS = {
  duckdb: system(duckdb, {
    text: "VARCHAR",
    number: "DOUBLE",
    boolean: "BOOLEAN",
    date: "TIMESTAMPTZ",
    json: "JSON",
  }),
  postgres: system(postgres, {
    text: "text",
    number: "numeric",
    boolean: "boolean",
    date: "timestamptz",
    json: "jsonb",
  }),
  snowflake: system(snowflake, {
    text: "VARCHAR",
    number: "FLOAT",
    boolean: "BOOLEAN",
    date: "TIMESTAMP_TZ",
    json: "VARIANT",
  }),
  bigquery: system(bigquery, {
    text: "STRING",
    number: "FLOAT64",
    boolean: "BOOL",
    date: "TIMESTAMP",
    json: "JSON",
  }),
  redshift: system(redshift, {
    text: "VARCHAR(65535)",
    number: "DOUBLE PRECISION",
    boolean: "BOOLEAN",
    date: "TIMESTAMPTZ",
    json: "SUPER",
  }),
  athena: system(athena, {
    text: "string",
    number: "double",
    boolean: "boolean",
    date: "timestamp",
    json: "string",
  }),
  clickhouse: system(clickhouse, {
    text: "String",
    number: "Float64",
    boolean: "Bool",
    date: "DateTime64(6, 'UTC')",
    json: "String",
  }),
} as const satisfies Record<string, TypedSystem>;

export type SystemName = keyof typeof SYSTEMS;

export const SYSTEM_NAMES = Object.keys(SYSTEMS) as [SystemName, ...SystemName[]];
