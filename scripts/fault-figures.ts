/**
 * The figures of the fault runs of a test run: faults of each kind, and rows that were lost or doubled.
 */

import type { Figures } from "../test/support/faults/figures-shape.ts";
import type { TestReport } from "./test-report.ts";

/** @returns lines to print: none when no fault run was among the tests. */
export function faultFigures(report: TestReport): string[] {
  const all = report.testResults.flatMap((each) => each.assertionResults).flatMap(({ meta }) => meta?.faults ?? []);
  if (all.length === 0) return [];
  const sum = (of: (figures: Figures) => number) => all.reduce((total, figures) => total + of(figures), 0);
  const kinds = new Map<string, number>();
  for (const [kind, times] of all.flatMap((figures) => Object.entries(figures.kinds)))
    kinds.set(kind, (kinds.get(kind) ?? 0) + times);
  return [
    [...kinds].map(([kind, times]) => `${kind} ${times}`).join(" · "),
    `${sum((of) => of.points)} points of the walk, ${kinds.size} kinds of faults, ` +
      `${sum((of) => of.canceled)} canceled, ${sum((of) => of.retries)} failed and retried`,
    `${sum((of) => of.schedules)} schedules, ${sum((of) => of.faults)} faults, ` +
      `${sum((of) => of.lost)} lost, ${sum((of) => of.doubled)} doubled`,
  ];
}
