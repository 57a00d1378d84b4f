/**
 * `npm run faults [-- vitest's own arguments]`: every effect of an export with every fault, and hundreds of random schedules.
 * Ends with what was counted: how many schedules, how many faults, and how many rows were lost or doubled.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Figures } from "../test/support/faults/figures-shape.ts";
import { ensureDevVars, ENVIRONMENT, ROOT } from "./stack.ts";

interface Report {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  testResults: { assertionResults: { meta?: { faults?: Figures } }[] }[];
}

ensureDevVars();
const folder = mkdtempSync(join(tmpdir(), "spillway-faults-"));
const file = join(folder, "report.json");
const run = spawnSync(
  process.execPath,
  [
    join(ROOT, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    "test/vitest.config.ts",
    "--project",
    "worker",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    `--maxWorkers=${availableParallelism()}`,
    "test/faults",
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, env: ENVIRONMENT, stdio: "inherit" },
);

try {
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  const all = report.testResults.flatMap((each) => each.assertionResults).flatMap(({ meta }) => meta?.faults ?? []);
  const sum = (of: (figures: Figures) => number) => all.reduce((total, figures) => total + of(figures), 0);
  const kinds = new Map<string, number>();
  for (const [kind, times] of all.flatMap((figures) => Object.entries(figures.kinds)))
    kinds.set(kind, (kinds.get(kind) ?? 0) + times);
  const [schedules, lost, doubled] = [sum((of) => of.schedules), sum((of) => of.lost), sum((of) => of.doubled)];
  const failed = Math.max(report.numFailedTests, run.status === 0 ? 0 : 1);
  console.log([...kinds].map(([kind, times]) => `${kind} ${times}`).join(" · "));
  console.log(
    `${sum((of) => of.points)} points of the walk, ${kinds.size} kinds of faults, ${sum((of) => of.canceled)} canceled, ` +
      `${sum((of) => of.retries)} failed and retried; ${report.numPassedTests} tests passed, ${failed} failed`,
  );
  console.log(`${schedules} schedules, ${sum((of) => of.faults)} faults, ${lost} lost, ${doubled} doubled`);
  process.exitCode = failed === 0 && schedules > 0 && lost === 0 && doubled === 0 ? 0 : 1;
} catch {
  console.log("0 schedules: there is no report");
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
