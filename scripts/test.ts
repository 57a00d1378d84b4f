/**
 * `npm test [-- vitest's own arguments]`: every test, inside workerd and against the running service. Ends with one line that
 * counts them.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDevVars, ENVIRONMENT, ROOT } from "./stack.ts";

ensureDevVars();
const folder = mkdtempSync(join(tmpdir(), "spillway-test-"));
const report = join(folder, "report.json");
const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
const run = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "--config",
    "test/vitest.config.ts",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, env: ENVIRONMENT, stdio: "inherit" },
);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}

try {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8")) as Report;
  // A file that cannot be loaded fails the run without failing a test.
  const failed = Math.max(numFailedTests, run.status === 0 ? 0 : 1);
  console.log(
    `${numPassedTests} passed, ${failed} failed${numPendingTests === 0 ? "" : `, ${numPendingTests} skipped`}`,
  );
  process.exitCode = failed === 0 && numPassedTests > 0 ? 0 : 1;
} catch {
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
