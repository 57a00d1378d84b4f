/**
 * docs/connect/dbt on the tables that the statements to load make in DuckDB: its tests hold, and its model has the
 * rows.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dbtTables, EXPORTS, windowOf } from "../support/dbt.ts";
import { ROOT } from "../support/pages.ts";
import { END, Scene, START } from "./load/scene.ts";
import { liveStack } from "./support.ts";

const modelFile = (name: string) => readFileSync(join(ROOT, "docs/connect/dbt/models", name), "utf8");

const VISITS = 60;
const stack = liveStack("--var", "CREATE_LIMIT:1000", "--var", "POLL_LIMIT:1000");
let duck: DuckDBConnection;

const count = async (query: string) =>
  Number((await duck.runAndReadAll(`SELECT count(*) FROM (${query})`)).getRowsJS()[0]?.[0]);

beforeAll(async () => {
  const scene = new Scene(stack.origin, (name) => stack.file(name));
  await scene.fill(VISITS);
  duck = await (await DuckDBInstance.create(":memory:")).connect();
  for (const [dataset, request] of Object.entries(EXPORTS)) {
    const { id, folder } = await scene.export({ dataset, ...windowOf(dataset, START, END), ...request });
    await duck.run(await scene.statements(id, { for: "duckdb", path: folder }));
  }
}, 120_000);

afterAll(() => duck.closeSync());

const tests = dbtTables(modelFile("sources.yml")).flatMap(({ name: table, columns }) =>
  columns.flatMap(({ name, data_tests: of = [] }) => of.map((test) => [test, table, name] as const)),
);

it.each(tests)("%s holds in %s of %s", async (test, table, column) => {
  const broken = {
    not_null: `SELECT 1 FROM "${table}" WHERE "${column}" IS NULL`,
    unique: `SELECT 1 FROM "${table}" GROUP BY "${column}" HAVING count(*) > 1`,
  }[test];
  expect(await count(broken ?? "")).toBe(0);
  expect(await count(`FROM "${table}"`)).toBeGreaterThan(0);
});

it("the staging model has a row for each event, with typed times", async () => {
  const model = modelFile("stg_spillway__activity_events.sql").replace(
    /\{\{ source\('spillway', '(\w+)'\) \}\}/,
    '"$1"',
  );
  expect(await count(model)).toBe(await count('FROM "spillway_activity_events"'));
  const described = (await duck.runAndReadAll(`DESCRIBE ${model}`)).getRowObjectsJS();
  expect(Object.fromEntries(described.map((row) => [row["column_name"], row["column_type"]]))).toMatchObject({
    event_id: "VARCHAR",
    occurred_at: "TIMESTAMP WITH TIME ZONE",
    received_at: "TIMESTAMP WITH TIME ZONE",
  });
});
