/** The list of scenarios. A new one is a file in scenarios/, and a line here. */

import type { Scenario } from "./scenario.ts";
import { homes } from "./scenarios/homes.ts";
import { huge } from "./scenarios/huge.ts";
import { nightly } from "./scenarios/nightly.ts";
import { bucketDown, d1Slow } from "./scenarios/outages.ts";
import { steady } from "./scenarios/steady.ts";
import { tiny } from "./scenarios/tiny.ts";

export const SCENARIOS: readonly Scenario[] = [steady, huge, nightly, homes, bucketDown, d1Slow, tiny];
