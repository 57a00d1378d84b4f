/** `spillway events import FILE` and `spillway profiles import FILE`. */

import { resolve } from "node:path";
import type { Command } from "commander";
import { MAX_CALLS, MAX_EVENTS, type Options, type OptionTexts, readOptions } from "../import/options.ts";
import { MappingNeeded } from "../import/needs-mapping.ts";
import type { Result } from "../import/report.ts";
import type { Shell } from "../import/prepare.ts";
import { run } from "../import/run.ts";
import { commandFor, proposalLines, writeMapping } from "./import-proposal.ts";
import { retrying, type Service, serviceOf } from "../import/service.ts";
import { InputError } from "../import/rows.ts";
import { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Identity } from "./identity.ts";
import { FORMATS } from "../import/source.ts";
import { EVENTS_HELP, PROFILES_HELP } from "./import-help.ts";

/** Some minutes of growing delays. Rate limits are waited out for as long as the service says. */
const TRIES = 12;

/** Adds `import` to the command `events`. */
export function addEventsImport(events: Command, cli: Cli): void {
  const command = events
    .command("import <file>")
    .description(
      "load a file of events: CSV with a header, NDJSON or Parquet, also compressed; - is the standard input",
    )
    .option("--create-profiles", "create the people that the file names, each once, before their first event")
    .option("--batch <n>", `events per call, 1 to ${MAX_EVENTS}`, String(MAX_EVENTS));
  withFileOptions(command, "create the event definitions that the file needs; existing ones are checked")
    .addHelpText("after", EVENTS_HELP)
    .action((file: string, texts: OptionTexts) => importFile(cli, file, texts, false));
}

/** Adds `import` to the command `profiles`. */
export function addProfilesImport(profiles: Command, cli: Cli): void {
  const command = profiles
    .command("import <file>")
    .description(
      "load a file of profiles: CSV with a header, NDJSON or Parquet, also compressed; - is the standard input",
    );
  withFileOptions(command, "define the attributes of the mapping that the space does not have")
    .addHelpText("after", PROFILES_HELP)
    .action((file: string, texts: OptionTexts) => importFile(cli, file, texts, true));
}

function withFileOptions(command: Command, define: string): Command {
  return command
    .option("--map <file>", "how columns become fields (JSON: see below)")
    .option("--define", define)
    .option("--dry-run", "send nothing: show what would be sent, the types of values, and what would be rejected")
    .option("--space <space>", "id or name of the space that you mean: nothing is sent into another one")
    .option("--fill-missing", "take missing values at the end of a line of CSV as empty; else it is rejected")
    .option("--strict", "stop at the first invalid line; else it is reported, and all others are loaded")
    .option("--errors <file>", "write every invalid line as NDJSON: {line, pointer, detail}")
    .option("--state <file>", "where progress is kept (default: FILE.import.json beside the file; none for a pipe)")
    .option("--restart", "send every line, loaded ones too; refused where events would get other ids than before")
    .option("--allow-new-ids", "with --restart: send them nevertheless; events without an id of their own are doubled")
    .option("--concurrency <n>", `calls at once, 1 to ${MAX_CALLS}`, "3")
    .option("--format <format>", `${FORMATS.join(", ")}: where the content does not show it`)
    .option("--delimiter <character>", "of CSV: a character, or tab (default: as the header shows it)")
    .option("--encoding <label>", "encoding of text: windows-1252, utf-16le, …", "utf-8");
}

async function importFile(cli: Cli, file: string, texts: OptionTexts, profiles: boolean): Promise<void> {
  const { terminal, out } = cli;
  const options = withPaths(optionsFrom(file, texts, profiles), terminal.folder);
  cli.afterInterrupt = ["Run the same command again to continue: accepted rows are not sent again."];
  let result: Result;
  try {
    result = await run(options, serviceFor(cli, options), shellOf(cli));
  } catch (thrown) {
    if (thrown instanceof MappingNeeded) {
      cli.endProgress();
      showProposal(cli, thrown, options);
      return;
    }
    throw asCommandError(thrown);
  }
  if (out.json) out.result(shown(result), []);
  terminal.signal.throwIfAborted();
  if (result.rows.rejected > 0 || result.stopped) cli.exitCode = EXIT_CODES.failed;
}

function optionsFrom(file: string, texts: OptionTexts, profiles: boolean): Options {
  try {
    return readOptions(file, texts, profiles);
  } catch (thrown) {
    throw asCommandError(thrown);
  }
}

/** A file, a mapping or an option that cannot be used: the user mends the command, or the file. */
function asCommandError(thrown: unknown): unknown {
  return thrown instanceof InputError ? usageError(thrown.message) : thrown;
}

function shellOf(cli: Cli): Shell {
  const { terminal, out } = cli;
  return {
    // With --json the result alone is on stdout.
    log: (line) => {
      if (!out.json) out.item(null, line);
    },
    warn: (line) => out.warn(line),
    progress(label) {
      const progress = cli.progress(label);
      return (done, total, note) => progress.update(done, total, note);
    },
    endProgress: () => cli.endProgress(),
    stdin: terminal.stdin,
    now: () => terminal.now(),
    signal: terminal.signal,
  };
}

/** The result of a file without a mapping that needs one: a mapping to begin with. */
function showProposal(cli: Cli, needed: MappingNeeded, options: Options): void {
  const { folder } = cli.terminal;
  const file = writeMapping(needed, options, folder);
  cli.exitCode = EXIT_CODES.usage;
  if (!cli.out.json) {
    for (const line of proposalLines(needed, file, options, folder)) cli.out.warn(line);
    return;
  }
  const { columns, proposal, message } = needed;
  const shownColumns = columns.columns.map(({ name, filled, example }) => ({
    name,
    filled,
    example,
    becomes: proposal.becomes.get(name) ?? null,
  }));
  const value = {
    needs_mapping: message,
    rows: columns.rows,
    columns: shownColumns,
    mapping: proposal.mapping,
    checks: proposal.checks,
    mapping_file: file.path,
    next: commandFor(options, file.path ?? "mapping.json", folder),
  };
  cli.out.result(value, []);
}

/** @returns null where there is no key, and nothing is sent. */
function serviceFor(cli: Cli, { dryRun, space }: Options): Service | null {
  const identity = dryRun && space === null ? identityOrNull(cli) : cli.identity;
  if (identity === null) return null;
  // The import's own policy waits out longer times, and an interrupt ends the wait.
  const spillway = new Spillway({
    ...identity,
    fetch: (request) => cli.terminal.fetch(request),
    retries: { attempts: 1 },
  });
  return retrying(serviceOf(spillway), {
    tries: TRIES,
    onWait: (error, seconds) => cli.out.warn(`${error.message} The call is retried in ${seconds.toFixed(1)} s.`),
    wait: (ms) => cli.terminal.sleep(ms),
  });
}

function identityOrNull(cli: Cli): Identity | null {
  try {
    return cli.identity;
  } catch {
    return null;
  }
}

/** The result as `--json` shows it. */
function shown({ dryRun, stopped, ...result }: Result): Record<string, unknown> {
  return { ...result, seconds: Number(result.seconds.toFixed(3)), dry_run: dryRun, stopped };
}

function withPaths(options: Options, folder: string): Options {
  const absolute = (path: string) => resolve(folder, path);
  const { file, map, errors, state } = options;
  return {
    ...options,
    file: file === "-" ? file : absolute(file),
    map: map === null ? null : absolute(map),
    errors: errors === null ? null : absolute(errors),
    state: state === null ? null : absolute(state),
  };
}
