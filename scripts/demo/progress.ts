/** Progress on a terminal as a bar, elsewhere (a log, a pipe) as a line each time a good part more is done. */

import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** @param total null while it is not known. @param note a few words behind the bar. */
  update(done: number, total: number | null, note?: string): void;
  /** Takes the bar away: what came of it is said elsewhere. */
  end(): void;
}

const LINE_EACH_PERCENT = 25;

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
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // On Ctrl-C the demo ends it.
      gracefulExit: false,
      fps: 10,
    },
    Presets.shades_classic,
  );
  single.start(1, 0, { note: "" });
  return {
    update(done, total, note = "") {
      // An update after the end would draw it again.
      if (!single.isActive) return;
      if (total !== null) single.setTotal(Math.max(1, total));
      single.update(total === null ? 0 : done, { note });
    },
    end() {
      if (single.isActive) single.stop();
    },
  };
}

function lines(label: string): Progress {
  let said = -1;
  return {
    update(done, total, note = "") {
      const percent = total === null || total === 0 ? 0 : Math.floor((100 * done) / total);
      const step = Math.floor(percent / LINE_EACH_PERCENT);
      if (step === said) return;
      said = step;
      console.log(`  ${label.padEnd(9)} ${String(percent).padStart(3)} %  ${note}`.trimEnd());
    },
    end() {},
  };
}
