/**
 * Each fault at each effect of an export with three chunks, two of them of two files: the export completes with the
 * bytes of an undisturbed run, sends its event once, and leaves no orphans.
 */

import { afterEach, beforeAll, describe, it } from "vitest";
import { FAULTS } from "../support/faults/effects.ts";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { walk } from "../support/faults/walk.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("files");
});

afterEach(report);

describe("an export in the layout files completes", () => {
  it.each(FAULTS)("with one fault at any of its effects: %s", async (fault) => walk(rig, fault), 300_000);
});
