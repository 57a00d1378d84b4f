/** `npm run dev [-- --port 8787] [--persist-to DIR] [wrangler's own arguments]`: the service on this machine. */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, startStack } from "./stack.ts";

const { values, tokens } = parseArgs({
  args: process.argv.slice(2),
  options: { port: { type: "string", default: "8787" }, "persist-to": { type: "string" } },
  strict: false,
  tokens: true,
});

/** What is not ours goes to wrangler as it was given. */
const args = process.argv.slice(2).filter((_, index) => {
  const own = tokens.find(
    (token) =>
      token.kind === "option" &&
      (token.name === "port" || token.name === "persist-to") &&
      (token.index === index || (token.inlineValue === false && token.index + 1 === index)),
  );
  return own === undefined;
});

const interrupt = new AbortController();
let stop: (signal: NodeJS.Signals) => Promise<void> = async () => interrupt.abort();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal));

try {
  const stack = await startStack({
    port: Number(values.port),
    persistTo: String(values["persist-to"] ?? join(ROOT, ".wrangler", "state")),
    args,
    signal: interrupt.signal,
  });
  stop = (signal) => stack.stop(signal);
  stack.process.on("close", (code) => process.exit(code ?? 0));
  console.log(`Spillway answers at ${stack.origin} (reference: ${stack.origin}/docs)`);
} catch (thrown) {
  if (interrupt.signal.aborted) process.exit(130);
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exit(1);
}
