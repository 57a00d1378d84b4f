/** Progress on stderr: a bar on a terminal, else (a log, a pipe) a line now and then. */

import { Presets, SingleBar } from "cli-progress";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** @param total null while it is not known. @param note a few words behind the bar. */
  update(done: number, total: number | null, note?: string): void;
  /** Removes the bar. */
  end(): void;
}

const BAR_CHARACTERS = 30;
const FRAMES_PER_SECOND = 10;
const LABEL_CHARACTERS = 12;
const LINE_EACH_PERCENT = 25;
const LINE_EACH_MS = 10_000;
const SILENT: Progress = { update() {}, end() {} };

/** Opens the progress of one activity. With `--quiet` it shows nothing. @param label the activity, in a word. */
export function openProgress(terminal: Terminal, output: Output, label: string): Progress {
  if (output.quiet) return SILENT;
  return terminal.stderr.isTTY === true ? bar(terminal, output, label) : lines(terminal, output, label);
}

function bar(terminal: Terminal, output: Output, label: string): Progress {
  const single = new SingleBar(
    {
      format: `${label.padEnd(LABEL_CHARACTERS)} {bar} {percentage} %  {note}`,
      // The types of cli-progress ask for a stream with a cursor, which a terminal's stderr is.
      stream: terminal.stderr,
      barsize: BAR_CHARACTERS,
      hideCursor: true,
      clearOnComplete: true,
      // run.ts ends the bar on an interrupt.
      gracefulExit: false,
      fps: FRAMES_PER_SECOND,
    },
    Presets.shades_classic,
  );
  let last: [done: number, total: number, note: string] = [0, 1, ""];
  const start = () => single.start(last[1], last[0], { note: last[2] });
  start();
  output.above = (line) => {
    single.stop();
    terminal.stderr.write(`${line}\n`);
    start();
  };
  return {
    update(done, total, note = "") {
      last = total === null || total === 0 ? [0, 1, note] : [done, total, note];
      // An update after the end would draw it again.
      if (!single.isActive) return;
      single.setTotal(last[1]);
      single.update(last[0], { note });
    },
    end() {
      output.above = null;
      if (single.isActive) single.stop();
    },
  };
}

function lines(terminal: Terminal, output: Output, label: string): Progress {
  let last = { step: -1, at: -Infinity };
  return {
    update(done, total, note = "") {
      const percent = total === null || total === 0 ? 0 : Math.floor((100 * done) / total);
      const step = Math.floor(percent / LINE_EACH_PERCENT);
      const now = terminal.now();
      if (step === last.step && now - last.at < LINE_EACH_MS) return;
      last = { step, at: now };
      output.note(`${label.padEnd(LABEL_CHARACTERS)} ${String(percent).padStart(3)} %  ${note}`.trimEnd());
    },
    end() {},
  };
}
