/** The summed figures of the schedules in a test file. `npm run faults` prints the sum of all files. */

import type { TestContext } from "vitest";
import type { Play } from "./play.ts";
import type { Figures } from "./figures-shape.ts";

const none = (): Figures => ({
  schedules: 0,
  faults: 0,
  points: 0,
  retries: 0,
  canceled: 0,
  lost: 0,
  doubled: 0,
  kinds: {},
});

export const figures: Figures = none();

/** After a run. */
export function count(play: Play, status: string): void {
  figures.schedules += 1;
  figures.retries += play.retries;
  if (status === "canceled") figures.canceled += 1;
  for (const { fault } of play.faults) {
    figures.faults += 1;
    figures.kinds[fault] = (figures.kinds[fault] ?? 0) + 1;
  }
}

declare module "vitest" {
  interface TaskMeta {
    faults?: Figures;
  }
}

/** Resets the figures: the files of a worker share them. */
export function resetFigures(): void {
  Object.assign(figures, none());
}

/** Hands the figures so far to the report, with this test, and resets them. */
export function report(context: TestContext): void {
  context.task.meta.faults = structuredClone(figures);
  resetFigures();
}
