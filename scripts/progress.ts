/** Progress on a terminal as a bar, elsewhere (a log, a pipe) as a line now and then; messages in between, on stderr. */

import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** @param total null while it is not known. @param note a few words behind the bar. */
  update(done: number, total: number | null, note?: string): void;
  /** A line of its own that stays. */
  say(line: string): void;
  /** Takes the bar away: what came of it is said elsewhere. */
  end(): void;
}

const LINE_EACH_PERCENT = 25;
const LINE_EACH_MS = 10_000;

let current: Progress | null = null;

/** @param label what is going on, in a word. One at a time. */
export function openProgress(label: string): Progress {
  endProgress();
  current = process.stdout.isTTY ? bar(label) : lines(label);
  return current;
}

/** Leaves the terminal as it was, whoever opened a progress and did not come to its end. */
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
      // Whoever is interrupted ends it.
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
    say(line) {
      // The bar stands in the line that this one needs.
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
  let said = { step: -1, at: performance.now() };
  return {
    update(done, total, note = "") {
      const percent = total === null || total === 0 ? 0 : Math.floor((100 * done) / total);
      const step = Math.floor(percent / LINE_EACH_PERCENT);
      const now = performance.now();
      if (step === said.step && now - said.at < LINE_EACH_MS) return;
      said = { step, at: now };
      console.log(`  ${label.padEnd(9)} ${String(percent).padStart(3)} %  ${note}`.trimEnd());
    },
    say(line) {
      process.stderr.write(`${line}\n`);
    },
    end() {},
  };
}
