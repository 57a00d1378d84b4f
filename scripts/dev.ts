/** `npm run dev [-- --port 8787] [--persist-to DIR] [wrangler's own arguments]`: the service on this machine. */

import { join, relative } from "node:path";
import { parseArgs, styleText } from "node:util";
import { pagesOf } from "./demo/next-steps.ts";
import { QuietOutput } from "./stack/output.ts";
import { placeOf, readSettingsFiles } from "./stack/settings.ts";
import { onOrphaned } from "./stack/orphaned.ts";
import { checkStart, ROOT, type Stack, startStack } from "./stack.ts";

const { values, tokens } = parseArgs({
  args: process.argv.slice(2),
  options: { port: { type: "string", default: "8787" }, "persist-to": { type: "string" } },
  strict: false,
  tokens: true,
});

/** Every argument but this script's own goes to wrangler. */
const args = process.argv.slice(2).filter((_, index) => {
  const own = tokens.find(
    (token) =>
      token.kind === "option" &&
      (token.name === "port" || token.name === "persist-to") &&
      (token.index === index || (token.inlineValue === false && token.index + 1 === index)),
  );
  return own === undefined;
});
const persistTo = String(values["persist-to"] ?? join(ROOT, ".wrangler", "state"));
const output = new QuietOutput((line) => console.log(line), (process.env["DEBUG"] ?? "") === "");

const interrupt = new AbortController();
let stack: Stack | null = null;
let stopping = false;
/** The second signal does not wait. */
async function stop(signal: NodeJS.Signals): Promise<void> {
  const chosen = stopping ? "SIGKILL" : signal;
  stopping = true;
  interrupt.abort();
  await stack?.stop(chosen);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(signal));
onOrphaned(() => void stop("SIGTERM"));
// The terminal, and so the end of the pipe, may be closed before the service has stopped.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  const port = Number(values.port);
  await checkStart(port, args);
  console.log("Spillway starts: about ten seconds …");
  stack = await startStack({
    port,
    persistTo,
    args,
    signal: interrupt.signal,
    onLine: (line) => output.take(line),
  });
  stack.process.on("close", (code) => {
    if (!stopping) console.error(`The service ended unexpectedly, with code ${code}.`);
    process.exit(stopping ? 0 : (code ?? 1));
  });
  // A signal in the meantime had no service to stop yet.
  if (stopping) await stack.stop();
  console.log(guide(stack.origin));
  output.open();
} catch (thrown) {
  if (stopping) process.exit(0);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  console.error(`${styleText("red", "Spillway did not start.", { stream: process.stderr })} ${message}`);
  process.exit(1);
}

/** Where the service answers, how to use it, and how to end it. */
function guide(origin: string): string {
  const data = relative(process.cwd(), persistTo);
  const folder = data.startsWith("..") ? persistTo : data;
  return [
    `${styleText("bold", "Spillway")} answers at ${styleText("bold", origin)}`,
    `  console      ${pagesOf(origin)}/console`,
    `  reference    ${origin}/docs`,
    `  admin token  ADMIN_TOKEN in ${placeOf("ADMIN_TOKEN", readSettingsFiles(args))}`,
    `  data         ${folder} (to start empty: stop the service, then rm -r ${folder})`,
    "  stop         Ctrl-C",
    "The service's log follows. DEBUG=1 npm run dev shows all of wrangler's output too.",
  ].join("\n");
}
