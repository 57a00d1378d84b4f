/** A command that cannot go on: one sentence that says why, what to do next, and the exit code. */

import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";

export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;
  /** Lines that say what to do. */
  readonly hints: readonly string[];

  constructor(message: string, exitCode: ExitCode = EXIT_CODES.failed, hints: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.hints = hints;
  }
}

/** @returns the error of an option or argument that is not valid. */
export function usageError(message: string, ...hints: string[]): CommandError {
  return new CommandError(message, EXIT_CODES.usage, hints);
}
