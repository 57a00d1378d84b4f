/**
 * `npm test` runs the tests that a change usually breaks, in about five minutes on two cores. `npm test -- PATH`
 * runs the files of a path, of any suite. `npm run test:full` runs the rest that CI runs, `npm run test:soak` every
 * seed of the random suites. Arguments that begin with `-` are vitest's own. test/vitest.config.ts describes the
 * suites.
 *
 * Ends with the ten slowest files, the figures of the fault runs, and one line that counts the tests.
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { faultFigures } from "./fault-figures.ts";
import { ensureDevVars } from "./stack/settings.ts";
import { ENVIRONMENT, ROOT } from "./stack.ts";
import type { TestReport } from "./test-report.ts";

interface Kind {
  /** Suites of test/vitest.config.ts. */
  suites: readonly string[];
  /** The words in the names of the files of `unit` and `worker`, with `|` between them; empty: any name. */
  words: string;
  /** A pattern of the files that are left out. */
  exclude: string;
  /** How much of the random suites is played: see test/support/seeds.ts. */
  seeds: "few" | "full" | "all";
  reporter: "default" | "verbose";
}

const QUICK: Kind = {
  suites: ["unit", "worker", "smoke", "browser"],
  words: "",
  exclude: "test/**/*.full.*",
  seeds: "few",
  reporter: "default",
};
const KINDS: Record<string, Kind> = {
  full: {
    suites: ["unit", "worker", "worker-object", "live", "live-alone", "interop", "browser", "deploy"],
    words: "sampled|full",
    exclude: "",
    seeds: "full",
    reporter: "default",
  },
  // Titles have the seeds.
  soak: {
    suites: ["unit", "worker", "worker-object"],
    words: "sampled",
    exclude: "",
    seeds: "all",
    reporter: "verbose",
  },
};

/** Files of a path run once: SPILLWAY_HOME says on which kind of home. */
const ONCE = ["--project", "!worker-object"];

const SLOWEST = 10;

const [first = "", ...others] = process.argv.slice(2);
const named = KINDS[first.replace(/^--/, "")];
const kind = named ?? QUICK;
const args = named === undefined && first !== "" ? [first, ...others] : others;
// A path, or vitest's option, selects the suites.
const namesSuites = args.some((arg) => arg.startsWith("--project"));
const choosesSuites = namesSuites || args.some((arg) => existsSync(arg));

ensureDevVars();
const folder = mkdtempSync(join(tmpdir(), "spillway-test-"));
const file = join(folder, "report.json");
const run = spawnSync(
  process.execPath,
  [
    join(ROOT, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    "test/vitest.config.ts",
    `--reporter=${kind.reporter}`,
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...(namesSuites ? [] : choosesSuites ? ONCE : kind.suites.flatMap((suite) => ["--project", suite])),
    ...args,
  ],
  {
    cwd: ROOT,
    env: {
      ...ENVIRONMENT,
      WORDS: choosesSuites ? "" : kind.words,
      EXCLUDE: choosesSuites ? "" : kind.exclude,
      SEEDS: process.env["SEEDS"] ?? kind.seeds,
      RUN_FOLDER: folder,
      TMPDIR: temporaryFolder(),
    },
    stdio: "inherit",
  },
);

try {
  const report = JSON.parse(readFileSync(file, "utf8")) as TestReport;
  const { numPassedTests: passed, numPendingTests: skipped } = report;
  // A file that cannot be loaded fails the run without failing a test.
  const failed = Math.max(report.numFailedTests, run.status === 0 ? 0 : 1);
  const slowest = report.testResults.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST);
  console.log(`The ${slowest.length} slowest files:`);
  for (const each of slowest) console.log(`${seconds(each).toFixed(1).padStart(7)} s  ${relative(ROOT, each.name)}`);
  for (const line of faultFigures(report)) console.log(line);
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} catch {
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function seconds({ startTime, endTime }: TestReport["testResults"][number]): number {
  return (endTime - startTime) / 1_000;
}

/**
 * In memory where the system has such a folder: the databases of the tests are written there, and each commit waits for
 * it.
 */
function temporaryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}
