/**
 * `npm run bench [-- --rows 1000000] [--runs 3] [--json FILE] [--keep]`: the CPU time of the service in each column of
 * bench/columns.ts, of its ingest and of attribution, beside what a user would do instead, on the same events and in
 * the same run. Exports and ingest are measured with a tenth of the rows too. A missed target is reported; only a
 * failure ends with 1. Instead of all that, `--profile`: where the CPU time of the columns goes, by stage.
 * `--attribution`: conversions with their credit in every model. `--document`: one JSON document of profiles with that
 * many events. `--homes`: ingest and export of that many events in a D1 database and in an object, in turns. `--start`:
 * how long the Worker needs before its first answer.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MODELS } from "../src/attribution/models.ts";
import { judgeAttribution, JUDGED_MODELS, measureAttribution, showAttribution } from "./bench/attribution.ts";
import { versionOf } from "./bench/baseline.ts";
import { type Endpoint, withBucket } from "./bench/bucket.ts";
import { measureDocument, showDocument } from "./bench/document.ts";
import { measureHomes, showHomes } from "./bench/homes.ts";
import { showIngest } from "./bench/ingest.ts";
import { measureLatencies } from "./bench/latency.ts";
import { describeMachine } from "./bench/machine.ts";
import { measureProfile, showProfile } from "./bench/profile.ts";
import { showLatencies, showMachine, showReading, showSize, showTargets } from "./bench/report.ts";
import { stopAll } from "./bench/service.ts";
import { measureSize, type SizeResult } from "./bench/size.ts";
import { measureStarts, showStarts } from "./bench/start.ts";
import { judge } from "./bench/targets.ts";
import { ROOT } from "./stack.ts";

const DIRECTORY = join(ROOT, ".bench");
const DEFAULT_ROWS = 1_000_000;
const DEFAULT_CONVERSIONS = 200_000;
const DEFAULT_PROFILE_ROWS = 200_000;
const DEFAULT_DOCUMENT_EVENTS = 2_000_000;

const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    runs: { type: "string", default: "3" },
    json: { type: "string" },
    keep: { type: "boolean", default: false },
    attribution: { type: "boolean", default: false },
    document: { type: "boolean", default: false },
    homes: { type: "boolean", default: false },
    start: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
  },
});

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0.`);
}

/** Progress goes to stderr, and the result to stdout. */
function report(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (text !== "") process.stderr.write(`${text}\n`);
}

const directory = (name: string) => {
  const path = join(DIRECTORY, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const asked = (usual: number) => (values.rows === undefined ? usual : positive("rows", values.rows));

/** @returns whether the baseline can be measured. */
function checkPrograms(): boolean {
  const missing = ["sqlite3", "gzip"].filter((program) => versionOf(program) === null);
  if (missing.length > 0)
    console.log(
      `The baseline is skipped, because ${missing.join(" and ")} is not installed (Debian: apt-get install ${missing.join(" ")}).\n`,
    );
  return missing.length === 0;
}

async function bench(bucket: Endpoint): Promise<unknown> {
  const rows = asked(DEFAULT_ROWS);
  const runs = positive("runs", values.runs);
  const baseline = checkPrograms();
  console.log(`${showReading(runs)}\n`);
  const sizes: SizeResult[] = [];
  for (const size of rows < 10 ? [rows] : [Math.floor(rows / 10), rows]) {
    const result = await measureSize({
      rows: size,
      runs,
      directory: directory(String(size)),
      bucket,
      baseline,
      report,
    });
    report("");
    console.log(`${showSize(result)}\n\n${showIngest(result.ingest, size)}\n`);
    sizes.push(result);
  }
  const attribution = await measureAttribution({
    events: Math.min(DEFAULT_CONVERSIONS, Math.ceil(rows / 5)),
    runs,
    models: JUDGED_MODELS,
    persistTo: directory("attribution"),
    bucket,
    report,
  });
  report("latency");
  const latency = await measureLatencies(directory("latency"), bucket);
  report("");
  console.log(`${showAttribution(attribution)}\n\n${showLatencies(latency)}\n`);
  const [large, small] = sizes.toReversed();
  if (large === undefined) throw new Error("No size was measured.");
  const targets = [...judge(small ?? null, large), ...judgeAttribution(attribution)];
  console.log(showTargets(targets));
  return { sizes, attribution, latency, targets };
}

async function benchDocument(bucket: Endpoint): Promise<unknown> {
  const result = await measureDocument({
    events: asked(DEFAULT_DOCUMENT_EVENTS),
    directory: directory("document"),
    bucket,
    report,
  });
  report("");
  console.log(showDocument(result));
  return result;
}

async function benchAttribution(bucket: Endpoint): Promise<unknown> {
  const result = await measureAttribution({
    events: asked(DEFAULT_CONVERSIONS),
    runs: positive("runs", values.runs),
    models: MODELS,
    persistTo: directory("attribution"),
    bucket,
    report,
  });
  report("");
  console.log(`${showAttribution(result)}\n\n${showTargets(judgeAttribution(result))}`);
  return result;
}

async function benchProfile(bucket: Endpoint): Promise<unknown> {
  const result = await measureProfile({
    rows: asked(DEFAULT_PROFILE_ROWS),
    runs: positive("runs", values.runs),
    directory: directory("profile"),
    bucket,
    report,
  });
  report("");
  console.log(showProfile(result));
  return result;
}

async function benchHomes(bucket: Endpoint): Promise<unknown> {
  const result = await measureHomes({
    rows: asked(DEFAULT_ROWS),
    runs: positive("runs", values.runs),
    persistTo: directory("homes"),
    bucket,
    report,
  });
  report("");
  console.log(showHomes(result));
  return result;
}

async function benchStart(): Promise<unknown> {
  const result = await measureStarts(positive("runs", values.runs), directory("start"));
  console.log(showStarts(result));
  return result;
}

/** @returns what the options ask for. */
function chosen(): (bucket: Endpoint) => Promise<unknown> {
  if (values.start) return benchStart;
  if (values.profile) return benchProfile;
  if (values.document) return benchDocument;
  if (values.homes) return benchHomes;
  return values.attribution ? benchAttribution : bench;
}

/** Starts with an empty directory and the bucket. */
async function run(): Promise<void> {
  rmSync(DIRECTORY, { recursive: true, force: true });
  const machine = describeMachine();
  console.log(`${showMachine(machine)}\n`);
  const result = await withBucket(directory("bucket"), chosen());
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, result }, null, 2)}\n`);
}

function cleanUp(): void {
  if (!values.keep) rmSync(DIRECTORY, { recursive: true, force: true });
}

async function interrupted(): Promise<void> {
  await stopAll();
  cleanUp();
  process.exit(1);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void interrupted());

try {
  await run();
} catch (thrown) {
  console.error(`\nThe benchmark failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
} finally {
  cleanUp();
}
