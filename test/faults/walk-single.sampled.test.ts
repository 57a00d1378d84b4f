/**
 * Whatever goes wrong at whichever effect of an export (three chunks, put together into one file), it ends completed,
 * with the bytes of an undisturbed run, told once, and leaves nothing behind.
 */

import { afterEach, beforeAll, describe, it } from "vitest";
import { FAULTS } from "../support/faults/effects.ts";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { walk } from "../support/faults/walk.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("single");
});

afterEach(report);

describe("an export in the layout single ends well", () => {
  it.each(FAULTS)("with one fault at any of its effects: %s", async (fault) => walk(rig, fault), 300_000);
});
