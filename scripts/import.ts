/**
 * `npm run import -- FILE …`: `spillway events import` from the source; with `--profiles`, `spillway profiles import`.
 * `--key` gives the key that SPILLWAY_KEY has otherwise. `--help` lists the options.
 */

import { interruptSignal } from "../client/src/cli/interrupt.ts";
import { run } from "../client/src/cli/run.ts";
import { processTerminal } from "../client/src/cli/terminal.ts";

const PROFILES = "--profiles";
const KEY = /^--key(?:=|$)/;

const { npm_lifecycle_event: script, INIT_CWD: from, ...env } = process.env;
const given = process.argv.slice(2);
const at = given.findIndex((arg) => KEY.test(arg));
const isApart = given[at] === "--key";
const key = at < 0 ? env["SPILLWAY_KEY"] : isApart ? given[at + 1] : given[at]?.replace(KEY, "");
const args = given.filter((arg, n) => arg !== PROFILES && (at < 0 || (n !== at && !(isApart && n === at + 1))));
const terminal = processTerminal(interruptSignal());
// npm runs scripts in the project's folder: a relative path starts at the folder where npm was called.
const folder = script === "import" ? (from ?? terminal.folder) : terminal.folder;
process.exitCode = await run([given.includes(PROFILES) ? "profiles" : "events", "import", ...args], {
  ...terminal,
  folder,
  env: { ...env, ...(key !== undefined && { SPILLWAY_KEY: key }) },
});
