/**
 * `npm run import -- FILE --space SPACE [--map mapping.json] …`: loads a file of events or profiles. Invalid lines are
 * reported, and all others are loaded; after an interruption the same command continues where it stopped. `--help`
 * lists the options.
 */

import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CallError, Client } from "./client.ts";
import { HELP, readOptions } from "./import/options.ts";
import { InputError } from "./import/rows.ts";
import { run, type Shell } from "./import/run.ts";
import { retrying, type RetryPolicy } from "./import/service.ts";
import { openProgress, type Progress } from "./progress.ts";

const ALL_LOADED = 0;
const REJECTED = 1;
const INCOMPLETE = 2;
const INTERRUPTED = 130;
const TRIES = 12;
/** On Ctrl-C the terminal and npm each send a signal: the two count as one. */
const SAME_SIGNAL_MS = 1_000;

const interrupt = new AbortController();
let progress: Progress | null = null;

const SHELL: Shell = {
  log: (line) => console.log(line),
  warn(line) {
    if (progress === null) console.error(line);
    else progress.print(line);
  },
  progress(label) {
    const opened = openProgress(label);
    progress = opened;
    return (done, total, note) => opened.update(done, total, note);
  },
  endProgress() {
    progress?.end();
    progress = null;
  },
  signal: interrupt.signal,
};

const RETRY_POLICY: RetryPolicy = {
  tries: TRIES,
  onWait: (error, seconds) => SHELL.warn(`${error.message} The call is retried in ${seconds.toFixed(1)} s.`),
  wait: (ms) => wait(ms, undefined, { signal: interrupt.signal }),
};

let interruptedAt = Infinity;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // The second signal does not wait for the calls in flight.
    if (performance.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED);
    interruptedAt = Math.min(interruptedAt, performance.now());
    interrupt.abort();
  });
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), process.env, absolute);
    if (options === null) {
      console.log(HELP);
      return ALL_LOADED;
    }
    // Rate limits are waited out by the retries, where an interrupt ends the wait.
    const service = retrying(new Client(options.origin, options.key, { maxWaits: 0 }), RETRY_POLICY);
    const { rejected, stopped } = await run(options, service, SHELL);
    if (!interrupt.signal.aborted) return rejected > 0 || stopped ? REJECTED : ALL_LOADED;
    console.error("The import was interrupted. Run the same command again to continue.");
    return INTERRUPTED;
  } catch (thrown) {
    SHELL.endProgress();
    if (interrupt.signal.aborted) return INTERRUPTED;
    console.error(sentenceOf(thrown));
    if (!(thrown instanceof InputError || thrown instanceof CallError || isSystemError(thrown))) console.error(thrown);
    return INCOMPLETE;
  }
}

/** npm runs scripts in the project's folder: a relative path starts at the folder where npm was called. */
function absolute(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: from } = process.env;
  return resolve(script === "import" ? (from ?? "") : "", path);
}

function sentenceOf(thrown: unknown): string {
  if (thrown instanceof CallError && thrown.status === 401) return `The API key was not accepted. ${thrown.message}`;
  if (thrown instanceof CallError && thrown.status === 403)
    return `The API key may not do this, or its space is inactive. ${thrown.message}`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** For example a file that cannot be written: its message needs no stack. */
function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}
