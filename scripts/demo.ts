/**
 * `npm run demo [-- --keep] [--port N] [--home object]`: shows what Spillway does. A week of real flights goes in
 * over HTTP, an export of them comes out of the bucket, and every row is compared with its source. Exits 0 only if all
 * of that holds. `--keep` leaves the service running, with a key to it, until Ctrl-C. DEBUG=1 shows the service's own
 * output.
 */

import { parseArgs, styleText } from "node:util";
import { type CreatePortalLinkData, type PortalLink, Spillway } from "../client/src/index.ts";
import { pagesOf, tryItHere, tryItYourself } from "./demo/next-steps.ts";
import { endProgress } from "./progress.ts";
import { onOrphaned } from "./stack/orphaned.ts";
import { HOME_NAME } from "../src/db/core/home-names.ts";
import { tour } from "./demo/tour.ts";
import { startTemporaryService, type TemporaryService } from "./demo/temporary-service.ts";

const DEBUG = (process.env["DEBUG"] ?? "") !== "";
const INTERRUPTED = 130;
const HIGHEST_PORT = 65_535;
const PORTAL: CreatePortalLinkData["body"] = { scopes: ["exports:read", "exports:write"], expires_in_seconds: 86_400 };

let service: Promise<TemporaryService> | null = null;
let interrupted = false;
/** The exit code of Ctrl-C: 0 for a kept demo, which ends that way. */
let codeOfInterrupt = INTERRUPTED;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void interrupt());
onOrphaned(() => void interrupt());
try {
  await demo();
  await leave(0);
} catch (thrown) {
  // An error after an interrupt comes from the service that stops.
  if (!interrupted) await fail(thrown);
}

async function demo(): Promise<void> {
  const { keep, port, home } = readArguments();
  const started = performance.now();
  console.log(
    `\n${styleText("bold", "Spillway")}: a week of real flights goes in, comes out, and every row is compared.\n`,
  );
  // On a terminal the line of the first step replaces this one.
  if (process.stdout.isTTY) process.stdout.write("  starting the service\r");
  service = startTemporaryService({
    ...(port === undefined ? {} : { port }),
    ...(home === undefined ? {} : { home }),
    ...(DEBUG ? { onLine: (line: string) => console.error(line) } : {}),
  });
  const open = await service;
  if (interrupted) throw new Error("interrupted");
  const { key, exportId } = await Promise.race([tour(open, started), open.ended]);
  if (keep) {
    const client = new Spillway({ origin: pagesOf(open.origin), key });
    const { url: portalUrl } = await client.request<PortalLink>("POST", "/v1/portal-links", { body: PORTAL });
    console.log(tryItHere({ origin: open.origin, key, exportId, portalUrl }));
    codeOfInterrupt = 0;
    await open.ended;
  } else console.log(tryItYourself());
}

/** @throws for an invalid argument. */
function readArguments(): { keep: boolean; port: number | undefined; home: string | undefined } {
  const { values } = parseArgs({
    options: { keep: { type: "boolean", default: false }, port: { type: "string" }, home: { type: "string" } },
  });
  const { home } = values;
  if (home !== undefined && !HOME_NAME.test(home))
    throw new Error(`--home must be d1:SPACE_DB or object: where the service keeps the data of a space.`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT))
    throw new Error(`--port must be a whole number from 1 to ${HIGHEST_PORT}.`);
  return { keep: values.keep, port, home };
}

async function interrupt(): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  endProgress();
  console.log("\nThe service stops.");
  await leave(codeOfInterrupt);
}

async function fail(thrown: unknown): Promise<void> {
  endProgress();
  console.error(`\n${styleText("red", "✗", { stream: process.stderr })} The demo failed: ${sentenceOf(thrown)}`);
  if (DEBUG) console.error(thrown);
  else console.error("  DEBUG=1 npm run demo shows the output of the service.");
  await leave(1);
}

/** The error line of the service's output where the message has one, else the first line. */
function sentenceOf(thrown: unknown): string {
  const lines = (thrown instanceof Error ? thrown.message : String(thrown)).split("\n");
  const first = lines[0]?.replace(/:$/, "") ?? "";
  const error = lines.find((line) => line.includes("[ERROR]"))?.replace(/^.*\[ERROR\]\S*\s*/, "");
  return error === undefined ? first : `${first}: ${error}`;
}

/** Ends the service; one that is still starting is ended after its start. */
async function leave(code: number): Promise<void> {
  await service?.then(
    (open) => open.close(),
    () => {},
  );
  process.exit(code);
}
