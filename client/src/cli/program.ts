/** The program: its commands, the options that every command takes, and the help that leads a newcomer. */

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { Cli } from "./cli.ts";
import { addCompletion } from "./completion.ts";
import { addDefinitions } from "./definitions.ts";
import { addDestinations } from "./destinations.ts";
import { addEventsImport, addProfilesImport } from "./events-import.ts";
import { addEvents } from "./events.ts";
import { EXIT_CODE_MEANINGS, EXIT_CODES } from "./exit-codes.ts";
import { addEstimate } from "./exports-create.ts";
import { addExports } from "./exports.ts";
import { addHomes } from "./homes.ts";
import { addKeys } from "./keys.ts";
import { addLogin } from "./login.ts";
import { addProfiles } from "./people.ts";
import { addSchedules } from "./schedules.ts";
import { fieldsOf } from "./resource.ts";
import { addSegments } from "./segments.ts";
import { addSpaces } from "./spaces.ts";
import type { Terminal } from "./terminal.ts";
import { addWebhooks } from "./webhooks.ts";

const HELP = `
From a clone to your own rows in a verified file, in five minutes:

  # In a terminal of its own: the service, at http://localhost:8787.
  npm ci && npm run dev
  # A space for ten years of your data. Its key is saved, and the next commands use it.
  npx spillway spaces create shop --save --retention-days 3650
  # Shows the columns of your file, what they may become, and the command that loads it.
  npx spillway events import orders.csv
  # Parquet files, each compared with the manifest: here, and where the service stores them.
  npx spillway exports create activity_events --last all --format parquet --out ./events --verify

Beside \`npm run dev\` the operator's token comes from ADMIN_TOKEN in .dev.vars, in the folder where you run the command.
With a service elsewhere, and a key of its operator: spillway login --origin https://exports.example.com

Environment:
  SPILLWAY_KEY            an API key, instead of a saved login
  SPILLWAY_ORIGIN         the service; default: the login's, else http://localhost:8787
  SPILLWAY_LOGIN          the saved login to use
  SPILLWAY_ADMIN_TOKEN    the operator's token, for spaces
  SPILLWAY_CONFIG         the file of logins; default: ~/.config/spillway/config.json

Results go to standard output, notes and progress to standard error. With --json, standard output has one JSON document,
or one a line where a command streams, and an error is one JSON document on standard error.

Exit codes:
${EXIT_CODE_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join("\n")}`;

export interface Program {
  program: Command;
  cli: Cli;
}

/** Makes the program for one run. @param isJson whether an error is a JSON document, also where no option is valid. */
export function createProgram(terminal: Terminal, isJson = false): Program {
  const program = new Command("spillway");
  const cli = new Cli(terminal, program);
  program
    .description("Exports of customer events and profiles: every row, once, with proof.")
    .usage("[options] <command>")
    .version(version(), "-V, --version", "print the version")
    .option("--json", "print JSON")
    .option("-q, --quiet", "no progress and no notes; ids alone where things are made or listed")
    .option("-v, --verbose", "print each call with its status and request id, on standard error")
    .option("--origin <url>", "the service")
    .option("--login <name>", "the saved login to use")
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, helpWidth: helpWidth(terminal) })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(usageErrorText(text, isJson)),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText("after", HELP)
    .hook("preAction", (_program, command) => void (cli.fields = fieldsOf(command)));
  addExports(program, cli);
  addEstimate(program, cli);
  addEventsImport(addEvents(program, cli), cli);
  addProfilesImport(addProfiles(program, cli), cli);
  addDefinitions(program, cli);
  addSegments(program, cli);
  addSchedules(program, cli);
  addDestinations(program, cli);
  addWebhooks(program, cli);
  addSpaces(program, cli);
  addHomes(program, cli);
  addKeys(program, cli);
  addLogin(program, cli);
  addCompletion(program, cli);
  return { program, cli };
}

/** @param text of commander: `error: …`. */
function usageErrorText(text: string, isJson: boolean): string {
  const detail = text.replace(/^error: /, "").trimEnd();
  if (!isJson) return `spillway: ${detail}\n(--help shows what is possible)\n`;
  return `${JSON.stringify({ error: { code: "usage", detail, exit_code: EXIT_CODES.usage } })}\n`;
}

/** The package's version; its file is two folders up from here, in the source and in what is built. */
function version(): string {
  const file = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}

const MAX_HELP_WIDTH = 120;

function helpWidth({ stdout }: Terminal): number {
  return Math.min(stdout.columns ?? MAX_HELP_WIDTH, MAX_HELP_WIDTH);
}
