/** What a connection test comes to. Pure. */

import type { DestinationTest } from "spillway-client";

export type TestStep = DestinationTest["steps"][number];

/** How many steps failed; exports can be delivered where that is none. */
export const failedSteps = (steps: readonly TestStep[]) => steps.filter(({ status }) => status === "failed").length;

/** The class that colours a step's status. */
export const TONES = { passed: "good", failed: "bad", skipped: "small" } as const;
