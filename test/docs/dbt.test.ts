/** docs/connect/dbt names each dataset's table, with the columns and types that the statements to load make. */

import { beforeAll, expect, it } from "vitest";
import { DATASETS } from "../../src/datasets/index.ts";
import { dbtTables, EXPORTS, windowOf } from "../support/dbt.ts";
import { roomyService } from "../support/pipeline.ts";
import { type Space, START } from "../support/service.ts";

const [sources = ""] = Object.values(
  import.meta.glob<string>("../../docs/connect/dbt/models/sources.yml", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
);
const tables = dbtTables(sources);
const service = roomyService();
let space: Space;

beforeAll(async () => {
  space = await service.shop();
});

it("there is a table for each dataset, under its name", () => {
  expect(tables.map(({ name }) => name)).toEqual(DATASETS.map(({ name }) => `spillway_${name}`));
});

it.each(DATASETS.map(({ name }) => name))("the table of %s has the columns of its export", async (dataset) => {
  const window = windowOf(dataset, new Date(START - 3_600_000).toISOString(), new Date(START).toISOString());
  const body = { dataset, ...window, ...EXPORTS[dataset] };
  const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body });
  await service.pump();
  const response = await service.call("GET", `/v1/exports/${id}/load?for=duckdb`, { key: space.key });
  const statements = await response.text();
  const [, name, columns = ""] = /CREATE TABLE "([^"]+)" \(\n([^;]*)\n\);/.exec(statements) ?? [];
  const table = tables.find((each) => each.name === name);
  const written = table?.columns.map(({ name: column, data_type: type, data_tests: tests = [] }) =>
    [`"${column}" ${type}`, ...(tests.includes("not_null") ? ["NOT NULL"] : [])].join(" "),
  );
  expect(columns.split(",\n").map((column) => column.trim())).toEqual(written);
  expect(table?.columns.filter(({ quote }) => !quote)).toEqual([]);
});

it("a freshness is of a column that every row has", () => {
  for (const { config, columns } of tables.filter((table) => table.config !== undefined)) {
    const column = columns.find(({ name }) => `"${name}"` === config?.loaded_at_field);
    expect([column?.data_type, column?.data_tests]).toEqual(["TIMESTAMPTZ", ["not_null"]]);
  }
});
