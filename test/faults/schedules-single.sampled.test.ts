/**
 * Random schedules, layout single: up to six faults of any kind at any effects, messages that come twice, late and in
 * disorder to several consumers at once, cancels at any moment, a bucket that is down until a retry. Each ends as it
 * must; one that does not is named by its seed.
 */

import { afterEach, beforeAll, describe, it } from "vitest";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { playSchedules } from "../support/faults/schedules.ts";
import { seedGroups } from "../support/seeds.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("single");
});

afterEach(report);

/** Schedules per test, so that a test lasts seconds. */
const EACH = 26;
const SUITE = { first: 1000, few: EACH / 2, full: 3 * EACH, all: 10 * EACH };

describe("an export in the layout single ends well under whatever schedule", () => {
  it.each(seedGroups(SUITE, EACH).map((group) => [group.length, group[0], group] as const))(
    "the %i from seed %i on",
    async (_count, _first, group) => playSchedules(rig, group),
    300_000,
  );
});
