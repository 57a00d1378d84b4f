/**
 * Progress on a terminal as a bar, elsewhere (a log, a pipe) as a line now and then; messages in between, on stderr.
 */

import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** @param total null while it is not known. @param note a few words behind the bar. */
  update(done: number, total: number | null, note?: string): void;
  /** Prints a line above the bar. */
  print(line: string): void;
  /** Removes the bar. */
  end(): void;
}

const LINE_EACH_PERCENT = 25;
const LINE_EACH_MS = 10_000;

let current: Progress | null = null;

/** Opens the only progress. @param label the current activity, in a word. */
export function openProgress(label: string): Progress {
  endProgress();
  current = process.stdout.isTTY ? bar(label) : lines(label);
  return current;
}

/** Ends the current progress, so that the terminal is as before. */
export function endProgress(): void {
  current?.end();
  current = null;
}

function bar(label: string): Progress {
  const single = new SingleBar(
    {
      format: `  ${label.padEnd(9)} {bar} {percentage} %  {note}`,
      stream: process.stdout,
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // The script ends the bar on an interrupt.
      gracefulExit: false,
      fps: 10,
    },
    Presets.shades_classic,
  );
  let last: [done: number, total: number, note: string] = [0, 1, ""];
  const start = () => single.start(last[1], last[0], { note: last[2] });
  start();
  return {
    update(done, total, note = "") {
      last = total === null || total === 0 ? [0, 1, note] : [done, total, note];
      // An update after the end would draw it again.
      if (!single.isActive) return;
      single.setTotal(last[1]);
      single.update(last[0], { note });
    },
    print(line) {
      // The bar is in the line that this text needs.
      const active = single.isActive;
      if (active) single.stop();
      process.stderr.write(`${line}\n`);
      if (active) start();
    },
    end() {
      if (single.isActive) single.stop();
    },
  };
}

function lines(label: string): Progress {
  let last = { step: -1, at: performance.now() };
  return {
    update(done, total, note = "") {
      const percent = total === null || total === 0 ? 0 : Math.floor((100 * done) / total);
      const step = Math.floor(percent / LINE_EACH_PERCENT);
      const now = performance.now();
      if (step === last.step && now - last.at < LINE_EACH_MS) return;
      last = { step, at: now };
      console.log(`  ${label.padEnd(9)} ${String(percent).padStart(3)} %  ${note}`.trimEnd());
    },
    print(line) {
      process.stderr.write(`${line}\n`);
    },
    end() {},
  };
}
