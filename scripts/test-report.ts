/** What vitest's JSON reporter writes, as far as the scripts read it. */

import type { Figures } from "../test/support/faults/figures-shape.ts";

export interface TestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    /** Epoch ms. */
    startTime: number;
    endTime: number;
    assertionResults: { meta?: { faults?: Figures } }[];
  }[];
}
