/** The demo's progress: that of the command line. One is open at a time. */

import { Output } from "../client/src/cli/output.ts";
import { openProgress as open, type Progress } from "../client/src/cli/progress.ts";
import { processTerminal } from "../client/src/cli/terminal.ts";

const terminal = processTerminal(new AbortController().signal);

let current: Progress | null = null;

/** Opens the only progress. @param label the current activity, in a word. */
export function openProgress(label: string): Progress {
  endProgress();
  current = open(terminal, new Output(terminal, () => ({})), label);
  return current;
}

/** Ends the current progress, so that the terminal is as before. */
export function endProgress(): void {
  current?.end();
  current = null;
}
