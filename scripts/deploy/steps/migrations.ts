/**
 * The migrations of each database, before the code that needs them. The code that still runs meets the new tables for
 * a while: a migration that it would not survive is refused.
 */

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { findingText, lintMigrations } from "../../migrations.ts";
import { ROOT } from "../../stack.ts";
import { type Database, databasesOf } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import { runWrangler } from "../run-wrangler.ts";
import type { Step } from "../steps.ts";
import { namesIn, tablesOf } from "./databases.ts";

const APPLIED = "SELECT name FROM d1_migrations ORDER BY id";
const OWN_TABLE = "d1_migrations";

export function migrationSteps(deployment: Deployment): Step[] {
  const { tracked, options, installation } = deployment;
  return databasesOf(tracked, options.environment, installation.spaceDatabases).map((database) => ({
    name: `migrations of ${database.name}`,
    async look() {
      const files = readdirSync(join(ROOT, database.migrations))
        .filter((file) => file.endsWith(".sql"))
        .toSorted();
      const applied = await readApplied(deployment, database);
      const pending = files.filter((file) => !applied.includes(file));
      if (pending.length === 0) return { found: `found: all ${files.length} applied` };
      if (applied.length > 0) refuseUnsafe(database, pending);
      return { due: `apply ${pending.join(", ")}`, act: () => apply(deployment, database, pending) };
    },
  }));
}

/** @returns the migrations that the database has; none where it is not there. @throws Error for a foreign database. */
async function readApplied(deployment: Deployment, { name }: Database): Promise<string[]> {
  const id = deployment.databaseIds.get(name);
  if (id === undefined) return [];
  const tables = await tablesOf(deployment, id);
  if (tables.includes(OWN_TABLE)) return namesIn(deployment, id, APPLIED);
  if (tables.length === 0) return [];
  throw new Error(`the database ${name} has tables of another program. Choose another --env.`);
}

/** @throws Error with each reason why the code that still runs would not survive a migration. */
function refuseUnsafe({ migrations }: Database, pending: readonly string[]): void {
  const files = new Set(pending.map((file) => `${basename(migrations)}/${file}`));
  const findings = lintMigrations().filter(({ file }) => files.has(file));
  if (findings.length > 0)
    throw new Error(
      ["the code that still runs would not survive:", ...findings.map((each) => findingText(each))].join("\n"),
    );
}

async function apply(deployment: Deployment, { name }: Database, pending: readonly string[]): Promise<string> {
  await runWrangler(deployment, ["d1", "migrations", "apply", name, "--remote"]);
  return `applied ${pending.join(", ")}`;
}
