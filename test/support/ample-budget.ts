/** A budget that no scan of a test uses up. */

import { ScanBudget } from "../../src/db/core/scan-budget.ts";

export const ample = () => new ScanBudget(() => true, Number.POSITIVE_INFINITY);
