/** Schedules by dice, of an export whose files are cut as they are written. See schedules-files. */

import { afterEach, beforeAll, describe, it } from "vitest";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { playSchedules } from "../support/faults/schedules.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("written");
});

afterEach(report);

/** Schedules in one test: so that a test takes seconds. */
const EACH = 13;
const FIRST_SEEDS = Array.from({ length: 3 }, (_, n) => 9000 + n * EACH);

describe("an export whose files are cut as they are written ends well under whatever schedule", () => {
  it.each(FIRST_SEEDS)(`the ${EACH} from seed %i on`, async (seed) => playSchedules(rig, seed, EACH), 300_000);
});
