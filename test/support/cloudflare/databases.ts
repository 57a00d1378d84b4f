/** D1: databases by name, over Node's SQLite, so that migrations really run. */

import { randomUUID } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import * as z from "zod";
import { Page, Refusal } from "./answers.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Account, Database } from "./state.ts";

const MAX_DATABASES = { free: 10, paid: 50_000 };

const READS = /^\s*(select|pragma)\b/i;

const creation = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-_]*$/i),
  primary_location_hint: z.enum(["weur", "eeur", "apac", "oc", "wnam", "enam"]).optional(),
  jurisdiction: z.enum(["eu", "us", "fedramp"]).optional(),
});
const parameters = z.array(z.union([z.string(), z.number(), z.null(), z.boolean()])).optional();
const statement = z.object({ sql: z.string(), params: parameters });
const query = z.union([statement, z.object({ batch: z.array(statement) })]);

export const databaseRoutes: readonly Route[] = [
  route("GET", "/d1/database", listDatabases),
  route("POST", "/d1/database", createDatabase),
  route("GET", "/d1/database/:database", (call) => describe(findDatabase(call))),
  route("DELETE", "/d1/database/:database", deleteDatabase),
  route("POST", "/d1/database/:database/query", (call) => runQuery(call, false)),
  route("POST", "/d1/database/:database/raw", (call) => runQuery(call, true)),
];

/** The API's filter is for a part of the name. */
function listDatabases({ account, query }: Call) {
  const part = query.get("name") ?? "";
  return new Page(account.databases.filter(({ name }) => name.includes(part)).map(describe), query);
}

function createDatabase(call: Call) {
  const { account } = call;
  const { name, primary_location_hint: location, jurisdiction } = call.json(creation);
  if (account.databases.some((database) => database.name === name))
    throw new Refusal(400, 7502, `A database with the name '${name}' already exists`);
  if (account.databases.length >= MAX_DATABASES[account.plan])
    throw new Refusal(400, 7406, "You have reached the maximum number of databases for your account");
  const database: Database = {
    uuid: randomUUID(),
    name,
    jurisdiction: jurisdiction ?? null,
    location: location ?? null,
    created_at: call.now(),
    sqlite: new DatabaseSync(":memory:"),
    log: [],
  };
  account.databases.push(database);
  return describe(database);
}

function deleteDatabase(call: Call) {
  const database = findDatabase(call);
  database.sqlite.close();
  call.account.databases = call.account.databases.filter((each) => each !== database);
  return null;
}

/** By id or by name. */
export function findDatabase({ account, param }: Call): Database {
  const wanted = param("database");
  const database = account.databases.find(({ uuid, name }) => uuid === wanted || name === wanted);
  if (database === undefined) throw new Refusal(404, 7404, `The database ${wanted} could not be found`);
  return database;
}

/** The tables of a database, each with its number of rows. */
export function tablesOf({ sqlite }: Pick<Account["databases"][number], "sqlite">): Record<string, number> {
  const names = sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  return Object.fromEntries(
    names.map(({ name }) => {
      const [row] = sqlite.prepare(`SELECT count(*) AS rows FROM "${String(name)}"`).all();
      return [String(name), Number(row?.["rows"])];
    }),
  );
}

function describe(database: Database) {
  const { uuid, name, jurisdiction, location, created_at } = database;
  return {
    uuid,
    name,
    created_at,
    version: "production",
    num_tables: Object.keys(tablesOf(database)).length,
    file_size: 12_288,
    jurisdiction,
    running_in_region: location?.toUpperCase() ?? "WEUR",
    read_replication: { mode: "disabled" },
  };
}

/** All statements of a call are one transaction, as D1 runs them. */
function runQuery(call: Call, asArrays: boolean) {
  const { sqlite, log } = findDatabase(call);
  const body = call.json(query);
  const statements = "batch" in body ? body.batch : [body];
  const results: unknown[] = [];
  const changes: typeof log = [];
  sqlite.exec("BEGIN");
  try {
    for (const { sql, params } of statements)
      for (const [ran, result] of runAll(sqlite, sql, params ?? [], asArrays)) {
        results.push(result);
        if (!READS.test(ran)) changes.push({ sql: ran, params: params ?? [] });
      }
    sqlite.exec("COMMIT");
  } catch (thrown) {
    if (sqlite.isTransaction) sqlite.exec("ROLLBACK");
    throw new Refusal(400, 7500, thrown instanceof Error ? `${thrown.message}: SQLITE_ERROR` : String(thrown));
  }
  log.push(...changes);
  return results;
}

type Parameters = z.infer<typeof parameters>;

/** SQLite prepares the first statement of a text: the rest follows from where that ends. */
function* runAll(sqlite: DatabaseSync, sql: string, params: NonNullable<Parameters>, asArrays: boolean) {
  for (let rest = sql; rest.trim() !== "";) {
    let prepared;
    try {
      prepared = sqlite.prepare(rest);
    } catch (thrown) {
      if (thrown instanceof Error && thrown.message.includes("contains no statements")) return;
      throw thrown;
    }
    rest = rest.slice(prepared.sourceSQL.length);
    const values = params.map((value): SQLInputValue => (typeof value === "boolean" ? Number(value) : value));
    prepared.setReturnArrays(asArrays);
    const rows = prepared.all(...values);
    const columns = prepared.columns().map(({ name }) => name);
    yield [
      prepared.sourceSQL,
      {
        success: true,
        results: asArrays ? { columns, rows } : rows,
        meta: { served_by: "stand-in", duration: 0, changes: 0, last_row_id: 0, rows_read: 0, rows_written: 0 },
      },
    ] as const;
  }
}
