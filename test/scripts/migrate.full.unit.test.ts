/** The migrations of a local service's databases. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { ROOT, wrangler } from "../../scripts/stack.ts";

let folder: string;
let config: string;

/** Runs the script. @throws with what it wrote, where it fails. */
const migrate = () =>
  execFileSync(process.execPath, [join(ROOT, "scripts", "stack", "migrate.ts"), join(folder, "state"), config], {
    stdio: "pipe",
    encoding: "utf8",
  });

/** What wrangler says of the migrations that a database lacks. */
const lacks = (database: string) =>
  wrangler(["d1", "migrations", "list", database, "--local", "--persist-to", join(folder, "state"), "-c", config]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spillway-migrate-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  config = join(folder, "wrangler.json");
  mkdirSync(join(folder, "one"));
  writeFileSync(join(folder, "one", "0001_a.sql"), "CREATE TABLE a (id INTEGER); -- the first; of two\n");
  const databases = [
    { binding: "SPACE_DB", database_name: "space", migrations_dir: "one" },
    { binding: "SPACE_DB_2", database_name: "space-2", migrations_dir: "one" },
  ];
  writeFileSync(config, JSON.stringify({ name: "m", compatibility_date: "2026-11-01", d1_databases: databases }));
});

it("run in each database that is bound, one that fails leaves nothing, and wrangler finds them all recorded", async () => {
  const file = join(folder, "one", "0002_b.sql");
  const broken = "CREATE TABLE b (id INTEGER);\nCREATE TABLE a (id INTEGER);\n";
  writeFileSync(file, broken);
  expect(migrate).toThrow(/0002_b\.sql of the database SPACE_DB failed, and changed nothing: .*table a already exists/);
  // The first one is not run again, and nothing of the second one is in the way.
  writeFileSync(file, broken.replace("TABLE a", "TABLE c"));
  migrate();
  expect(await lacks("space-2")).toContain("No migrations to apply");
});
