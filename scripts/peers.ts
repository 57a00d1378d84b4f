/**
 * `npm run peers -- start [--port N]`: a real S3 and STS (Ceph's gateway) on this machine, in the background, to
 * deliver to. `npm run peers -- stop [--port N]` ends it, and its data, which is in memory only.
 */

import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installation, isRunning, missingPrograms, startGateway, stopGateway } from "./peers/gateway.ts";
import { guide, linesOf, settingsFor } from "./peers/users.ts";
import { ensureDevVars } from "./stack/settings.ts";
import { ROOT } from "./stack.ts";

const DEFAULT_PORT = "8000";

function leave(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { port: { type: "string", default: DEFAULT_PORT } },
  allowPositionals: true,
});
const port = Number(values.port);
const [command, ...others] = positionals;
if (others.length > 0 || (command !== "start" && command !== "stop") || !Number.isInteger(port) || port < 1)
  leave(`Usage: npm run peers -- start [--port ${DEFAULT_PORT}] | stop [--port ${DEFAULT_PORT}]`, 2);

const folder = join(tmpdir(), `spillway-peers-${port}`);
const settings = join(folder, "dev.vars");
const origin = `http://127.0.0.1:${port}`;

if (command === "stop") {
  const running = isRunning(folder);
  await stopGateway(folder);
  console.log(
    running ? `radosgw at ${origin} has been stopped.` : `No radosgw that this command started runs at ${origin}.`,
  );
} else {
  if (missingPrograms().length > 0) leave(installation(), 1);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void stopGateway(folder).finally(() => process.exit(130)));
  try {
    if (!isRunning(folder)) await startGateway(folder, port);
    ensureDevVars();
    const own = await readFile(join(ROOT, ".dev.vars"), "utf8");
    // A later line for a setting replaces an earlier one.
    await writeFile(settings, [own, ...linesOf(settingsFor(origin)), ""].join("\n"));
  } catch (thrown) {
    leave(thrown instanceof Error ? thrown.message : String(thrown), 1);
  }
  console.log(guide(origin, settings));
}
