/** THE list of systems, by the name that a request has for them, each with its types of columns. */

import { duckdb } from "./duckdb.ts";
import { postgres } from "./postgres.ts";
import type { LoadSystem, TypesOfColumns } from "./system.ts";

const system = (known: LoadSystem, types: TypesOfColumns) => ({ ...known, types });

export type TypedSystem = ReturnType<typeof system>;

export const SYSTEMS = {
  duckdb: system(duckdb, { text: "VARCHAR", number: "DOUBLE", boolean: "BOOLEAN", date: "TIMESTAMPTZ", json: "JSON" }),
  postgres: system(postgres, {
    text: "text",
    number: "numeric",
    boolean: "boolean",
    date: "timestamptz",
    json: "jsonb",
  }),
} as const satisfies Record<string, TypedSystem>;

export type SystemName = keyof typeof SYSTEMS;

export const SYSTEM_NAMES = Object.keys(SYSTEMS) as [SystemName, ...SystemName[]];
