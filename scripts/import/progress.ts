/** What is seen while a file is loaded: a bar on a terminal, elsewhere a line now and then; messages in between, on stderr. */

import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** @param share 0 to 1. @param note a few words behind it. */
  update(share: number, note: string): void;
  /** A line of its own that stays. */
  say(line: string): void;
  end(): void;
}

const LINE_EACH_MS = 10_000;

/** @param label what is going on, in a word. */
export function openProgress(label: string): Progress {
  return process.stdout.isTTY ? bar(label) : lines(label);
}

function bar(label: string): Progress {
  const single = new SingleBar(
    {
      format: `${label.padEnd(8)} {bar} {percentage} %  {note}`,
      stream: process.stdout,
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      fps: 10,
    },
    Presets.shades_classic,
  );
  let last: [share: number, note: string] = [0, ""];
  const start = () => single.start(1000, Math.floor(last[0] * 1000), { note: last[1] });
  start();
  return {
    update(share, note) {
      last = [share, note];
      if (single.isActive) single.update(Math.floor(share * 1000), { note });
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
  let said = performance.now();
  return {
    update(share, note) {
      if (performance.now() - said < LINE_EACH_MS) return;
      said = performance.now();
      console.log(`${label.padEnd(8)} ${String(Math.floor(share * 100)).padStart(3)} %  ${note}`);
    },
    say(line) {
      process.stderr.write(`${line}\n`);
    },
    end() {},
  };
}
