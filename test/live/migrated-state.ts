/** The state of a service whose databases have all migrations and no rows: made once in a run of tests, then copied. */

import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { migrate } from "../../scripts/stack.ts";

/** The folder of this run, which scripts/test.ts deletes in the end; undefined: vitest was started by itself. */
const run = process.env["RUN_FOLDER"];

/** @param to the path of a folder that is not there yet. */
export async function copyMigratedState(to: string): Promise<void> {
  if (run === undefined) return migrate(to);
  const made = join(run, "migrated-state");
  if (!existsSync(made)) {
    const own = await mkdtemp(`${made}-`);
    await migrate(own);
    // Of files that make it at the same time, the first one's stays.
    await rename(own, made).catch(() => rm(own, { recursive: true }));
  }
  await cp(made, to, { recursive: true });
}
