/** How much a call may scan while its caller waits. */

import { ScanBudget } from "../db/core/scan-budget.ts";
import type { Call } from "./route.ts";

/** A scan begins no further slice after this time. */
export const MAX_SCAN_MS = 10_000;

/** For the document. */
export const BUDGET_HELP =
  "A call scans at most about 20,000,000 rows, for 10 seconds, and ends when its caller leaves.";

export function scanBudget({ request, runtime }: Call): ScanBudget {
  const until = runtime.now() + MAX_SCAN_MS;
  return new ScanBudget(() => !request.signal.aborted && runtime.now() < until);
}
