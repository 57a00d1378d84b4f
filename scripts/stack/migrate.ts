/**
 * Brings the databases of a local service up to date: `node scripts/stack/migrate.ts FOLDER [CONFIG]` runs, in each
 * database of wrangler's configuration, the migrations that it lacks, one transaction each, and records them where
 * wrangler does. Wrangler's own command is for one database, and takes several times as long.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
try {
  await migrateAll();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}

async function migrateAll(): Promise<void> {
  const { d1_databases: databases } = readConfig({ config });
  // With the databases alone: the Worker's other bindings have nothing behind them here.
  const folder = mkdtempSync(join(tmpdir(), "spillway-migrate-"));
  const configPath = join(folder, "wrangler.json");
  writeFileSync(configPath, JSON.stringify({ name: "migrate", d1_databases: databases }));
  const persist = { path: join(persistTo, "v3") };
  const { env, dispose } = await getPlatformProxy<Record<string, Migrated>>({
    configPath,
    persist,
    remoteBindings: false,
  });
  try {
    for (const {
      binding,
      migrations_dir: dir = "migrations",
      migrations_table: table = "d1_migrations",
    } of databases) {
      const database = env[binding];
      const files = resolve(dirname(config), dir);
      if (database === undefined || !existsSync(files))
        throw new Error(
          `${config}: the database ${binding} has no folder of migrations "${dir}". Set its migrations_dir.`,
        );
      await migrate({ binding, database, table }, files);
    }
  } finally {
    await dispose();
    rmSync(folder, { recursive: true });
  }
}

interface Target {
  binding: string;
  database: Migrated;
  /** The name of the table that has the names of the migrations that ran. */
  table: string;
}

async function migrate({ binding, database, table }: Target, folder: string): Promise<void> {
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
    const noted = database.prepare(`INSERT INTO "${table}" (name) VALUES (?)`).bind(name);
    await database.batch([...statements, noted]).catch((thrown: unknown) => {
      throw new Error(
        `The migration ${name} of the database ${binding} failed, and changed nothing: ${String(thrown)}`,
      );
    });
  }
}
