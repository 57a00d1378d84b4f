/** Runs one command line: arguments in, exit code out. Nothing here knows the process. */

import { CommanderError } from "commander";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { shownError } from "./problems.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** @param argv the arguments behind the program's name. Errors are printed, never thrown. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { program, cli } = createProgram(terminal, argv.includes("--json"));
  try {
    await program.parseAsync(argv, { from: "user" });
    return cli.exitCode;
  } catch (thrown) {
    cli.endProgress();
    // Help that was asked for, and usage errors: commander has printed them.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    if (terminal.signal.aborted) {
      for (const line of ["Interrupted.", ...cli.afterInterrupt]) cli.out.warn(line);
      return EXIT_CODES.interrupted;
    }
    const { exitCode, lines, json } = shownError(thrown, cli.fields);
    if (cli.out.json) cli.out.warn(JSON.stringify({ error: json }));
    else cli.out.warn(`spillway: ${lines.join("\n")}`);
    return exitCode;
  } finally {
    cli.endProgress();
  }
}
