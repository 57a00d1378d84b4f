/**
 * Brings the databases of a local service up to date: `node scripts/stack/migrate.ts FOLDER [CONFIG]` runs, in each
 * database of wrangler's configuration, the migrations that it lacks, one transaction each, and records them where
 * wrangler does. Wrangler's own command would start two processes for each database, and one more for each migration.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { getPlatformProxy, unstable_readConfig as readConfig, unstable_splitSqlQuery as splitSql } from "wrangler";

/** The part of a D1 database's interface that migrations need. */
interface Statement {
  bind(value: string): Statement;
  all(): Promise<{ results: { name: string }[] }>;
}
interface Migrated {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<unknown>;
}

const [persistTo = "", config = join(import.meta.dirname, "..", "..", "wrangler.toml")] = process.argv.slice(2);
const { d1_databases: databases } = readConfig({ config });
// With the databases alone: the Worker's other bindings have nothing behind them here.
const folder = mkdtempSync(join(tmpdir(), "spillway-migrate-"));
const configPath = join(folder, "wrangler.json");
writeFileSync(configPath, JSON.stringify({ name: "migrate", d1_databases: databases }));
const { env, dispose } = await getPlatformProxy<Record<string, Migrated>>({
  configPath,
  persist: { path: join(persistTo, "v3") },
  remoteBindings: false,
});
try {
  for (const { binding, migrations_dir: migrations, migrations_table: table } of databases) {
    const database = env[binding];
    if (database === undefined) throw new Error(`${config} binds no database ${binding}.`);
    await migrate(database, resolve(dirname(config), migrations ?? "migrations"), table ?? "d1_migrations");
  }
} finally {
  await dispose();
  rmSync(folder, { recursive: true });
}

async function migrate(database: Migrated, folder: string, table: string): Promise<void> {
  await database.batch([
    database.prepare(
      `CREATE TABLE IF NOT EXISTS "${table}" (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
         applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    ),
  ]);
  const { results } = await database.prepare(`SELECT name FROM "${table}"`).all();
  const applied = new Set(results.map(({ name }) => name));
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql") && !applied.has(name));
  for (const name of names.toSorted()) {
    const statements = splitSql(readFileSync(join(folder, name), "utf8")).map((sql) => database.prepare(sql));
    await database.batch([...statements, database.prepare(`INSERT INTO "${table}" (name) VALUES (?)`).bind(name)]);
  }
}
