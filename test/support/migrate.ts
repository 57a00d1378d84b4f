/**
 * Each test file begins with empty tables and nothing mocked; in a run on objects each space has tables of its own. The
 * files of a worker share its databases: the first makes them.
 */

import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { nameNoSpace, objectsAsD1 } from "./object-home.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      CONTROL_MIGRATIONS: D1Migration[];
      SPACE_MIGRATIONS: D1Migration[];
    }
  }
}

/** Every table but SQLite's, D1's and the list of migrations. */
const TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
    AND name <> 'd1_migrations'
  -- The rows of a space that was left frozen cannot be deleted before that.
  ORDER BY name = 'moves_out' DESC`;

async function prepare(database: D1Database, migrations: D1Migration[]): Promise<void> {
  await applyD1Migrations(database, migrations);
  await empty(database);
}

async function empty(database: D1Database): Promise<void> {
  const { results } = await database.prepare(TABLES).all<{ name: string }>();
  // A file may have set triggers on them, beside those of the migrations.
  const triggers = await database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE 'moves\\_%' ESCAPE '\\'")
    .all<{ name: string }>();
  await database.batch([
    ...triggers.results.map(({ name }) => database.prepare(`DROP TRIGGER "${name}"`)),
    ...results.map(({ name }) => database.prepare(`DELETE FROM "${name}"`)),
  ]);
}

// The files of a worker share its globals too: no file finds what another has mocked.
vi.restoreAllMocks();
vi.useRealTimers();
await prepare(env.CONTROL_DB, env.CONTROL_MIGRATIONS);
if (env.DEFAULT_HOME === "object") {
  Object.defineProperty(env, "SPACE_DB", { value: objectsAsD1, configurable: true });
  // The object of statements that name no space is shared.
  nameNoSpace();
  await empty(env.SPACE_DB);
} else await prepare(env.SPACE_DB, env.SPACE_MIGRATIONS);
