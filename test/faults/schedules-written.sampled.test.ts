/** Random schedules, with files cut by size while they are written. See schedules-files.sampled.full.test.ts. */

import { afterEach, beforeAll, describe, it } from "vitest";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { playSchedules } from "../support/faults/schedules.ts";
import { seedGroups } from "../support/seeds.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("written");
});

afterEach(report);

/** Schedules per test, so that a test lasts seconds. */
const EACH = 13;
const SUITE = { first: 9000, few: EACH, full: 3 * EACH, all: 3 * EACH };

describe("an export whose files are cut as they are written completes under any schedule", () => {
  it.each(seedGroups(SUITE, EACH).map((group) => [group.length, group[0], group] as const))(
    "the %i from seed %i on",
    async (_count, _first, group) => playSchedules(rig, group),
    300_000,
  );
});
