/**
 * `npm run demo [-- --keep] [--port N]`: Spillway does its main job before your eyes. A week of real flights goes in over HTTP,
 * an export of them comes out of the bucket, and every row is compared with its source. Exits 0 only if all of that holds.
 * `--keep` leaves the service running, with a key to it, until Ctrl-C. DEBUG=1 shows the service's own output.
 */

import { parseArgs, styleText } from "node:util";
import { tryItHere, tryItYourself } from "./demo/next.ts";
import { endProgress } from "./progress.ts";
import { onOrphaned } from "./stack/orphaned.ts";
import { tour } from "./demo/tour.ts";
import { openStage, type Stage } from "./demo/stage.ts";

const DEBUG = (process.env["DEBUG"] ?? "") !== "";
const INTERRUPTED = 130;
const HIGHEST_PORT = 65_535;

let stage: Promise<Stage> | null = null;
let interrupted = false;
/** What Ctrl-C exits with: it is how a kept demo is meant to end. */
let codeOfInterrupt = INTERRUPTED;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void interrupt());
onOrphaned(() => void interrupt());
try {
  await demo();
  await leave(0);
} catch (thrown) {
  // What breaks off because the service was told to stop is no failure.
  if (!interrupted) await fail(thrown);
}

async function demo(): Promise<void> {
  const { keep, port } = readArguments();
  const started = performance.now();
  console.log(
    `\n${styleText("bold", "Spillway")}: a week of real flights goes in, comes out, and every row is compared.\n`,
  );
  // It takes some seconds: on a terminal this stands there until the line of the first step takes its place.
  if (process.stdout.isTTY) process.stdout.write("  starting the service\r");
  stage = openStage({
    ...(port === undefined ? {} : { port }),
    ...(DEBUG ? { onLine: (line: string) => console.error(line) } : {}),
  });
  const open = await stage;
  if (interrupted) throw new Error("interrupted");
  const { key, exportId } = await Promise.race([tour(open, started), open.ended]);
  if (keep) {
    console.log(tryItHere(open.origin, key, exportId));
    codeOfInterrupt = 0;
    await open.ended;
  } else console.log(tryItYourself());
}

/** @throws for arguments that mean nothing here. */
function readArguments(): { keep: boolean; port: number | undefined } {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false }, port: { type: "string" } } });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT))
    throw new Error(`--port must be a port's number, not ${values.port}.`);
  return { keep: values.keep, port };
}

async function interrupt(): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  endProgress();
  console.log("\nStopping.");
  await leave(codeOfInterrupt);
}

async function fail(thrown: unknown): Promise<void> {
  endProgress();
  console.error(`\n${styleText("red", "✗", { stream: process.stderr })} The demo failed: ${sentenceOf(thrown)}`);
  if (DEBUG) console.error(thrown);
  else console.error("  DEBUG=1 npm run demo shows more.");
  await leave(1);
}

/** The service's own error line, where an output comes along, else the first line. */
function sentenceOf(thrown: unknown): string {
  const lines = (thrown instanceof Error ? thrown.message : String(thrown)).split("\n");
  const first = lines[0]?.replace(/:$/, "") ?? "";
  const error = lines.find((line) => line.includes("[ERROR]"))?.replace(/^.*\[ERROR\]\S*\s*/, "");
  return error === undefined ? first : `${first}: ${error}`;
}

/** A service that is still starting is waited for: it cannot be ended before. */
async function leave(code: number): Promise<void> {
  await stage?.then(
    (open) => open.close(),
    () => {},
  );
  process.exit(code);
}
