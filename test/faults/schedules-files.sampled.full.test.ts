/**
 * Random schedules, layout files: up to six faults of any kind at any effects, messages that arrive twice, late and out
 * of order at several consumers at once, cancels at any time, a bucket that is down until a retry. Each export ends in
 * the expected status. A failure prints its seed.
 */

import { afterEach, beforeAll, describe, it } from "vitest";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { playSchedules } from "../support/faults/schedules.ts";
import { seedGroups } from "../support/seeds.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("files");
});

afterEach(report);

/** Schedules per test, so that a test lasts seconds. */
const EACH = 26;
const SUITE = { first: 5000, few: EACH / 2, full: 2 * EACH, all: 10 * EACH };

describe("an export in the layout files completes under any schedule", () => {
  it.each(seedGroups(SUITE, EACH).map((group) => [group.length, group[0], group] as const))(
    "the %i from seed %i on",
    async (_count, _first, group) => playSchedules(rig, group),
    300_000,
  );
});
