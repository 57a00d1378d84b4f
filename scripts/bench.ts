/**
 * `npm run bench [-- --rows N] [--runs 3] [--json FILE] [--keep]`: the service with both of its engines, beside what a
 * user would do instead, on the same events and in the same run. A missed target is reported; only a failure ends with
 * 1. `--attribution`: conversions with their credit instead, beside the same export without it. `--document`: one JSON
 * document of profiles with that many events.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { judgeAttribution, measureAttribution, showAttribution } from "./bench/attribution.ts";
import { versionOf } from "./bench/baseline.ts";
import { measureDocument, showDocument } from "./bench/document.ts";
import { describeMachine } from "./bench/machine.ts";
import { showLatencies, showMachine, showReading, showSize, showTargets } from "./bench/report.ts";
import { stopAll } from "./bench/service.ts";
import { measureLatencies, measureSize, type SizeResult } from "./bench/size.ts";
import { judge } from "./bench/targets.ts";
import { ROOT } from "./stack.ts";

const DIRECTORY = join(ROOT, ".bench");
const DEFAULT_ROWS = [100_000, 1_000_000];
const DEFAULT_CONVERSIONS = 200_000;
const DEFAULT_DOCUMENT_EVENTS = 2_000_000;

const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    runs: { type: "string", default: "3" },
    json: { type: "string" },
    keep: { type: "boolean", default: false },
    attribution: { type: "boolean", default: false },
    document: { type: "boolean", default: false },
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

async function bench(): Promise<void> {
  const sizes = values.rows === undefined ? DEFAULT_ROWS : [positive("rows", values.rows)];
  const runs = positive("runs", values.runs);
  const missing = ["sqlite3", "gzip"].filter((program) => versionOf(program) === null);
  const baseline = missing.length === 0;
  const machine = describeMachine();
  rmSync(DIRECTORY, { recursive: true, force: true });
  console.log(`${showMachine(machine)}\n`);
  if (!baseline)
    console.log(
      `The baseline (c) is skipped, because ${missing.join(" and ")} is not installed (Debian: apt-get install ${missing.join(" ")}).\n`,
    );
  console.log(`${showReading(runs)}\n`);

  const directory = (name: string) => {
    const path = join(DIRECTORY, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const results: SizeResult[] = [];
  for (const rows of sizes) {
    const result = await measureSize({ rows, runs, directory: directory(String(rows)), baseline, report });
    report("");
    console.log(`${showSize(result)}\n`);
    results.push(result);
  }
  report("latency");
  const latency = await measureLatencies(directory("latency"));
  report("");
  console.log(`${showLatencies(latency, results)}\n`);
  const targets = judge(results);
  console.log(showTargets(targets));
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine, sizes: results, latency, targets }, null, 2)}\n`);
}

/** Starts with an empty directory. @returns the number of events. */
function begin(usual: number): number {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  console.log(`${showMachine(describeMachine())}\n`);
  return values.rows === undefined ? usual : positive("rows", values.rows);
}

async function benchDocument(): Promise<void> {
  const result = await measureDocument({ events: begin(DEFAULT_DOCUMENT_EVENTS), directory: DIRECTORY, report });
  report("");
  console.log(showDocument(result));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
}

async function benchAttribution(): Promise<void> {
  const events = begin(DEFAULT_CONVERSIONS);
  const persistTo = join(DIRECTORY, "attribution");
  const result = await measureAttribution({ events, runs: positive("runs", values.runs), persistTo, report });
  report("");
  console.log(`${showAttribution(result)}\n\n${showTargets(judgeAttribution(result))}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
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
  await (values.document ? benchDocument() : values.attribution ? benchAttribution() : bench());
} catch (thrown) {
  console.error(`\nThe benchmark failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
} finally {
  cleanUp();
}
