/**
 * The walk with the codecs that are not the default: each fault at each effect of an export leaves the bytes of an
 * undisturbed run. The full run walks one file of zstd, the soak every codec in both layouts.
 */

import { afterEach, beforeAll, describe, it } from "vitest";
import { FAULTS } from "../support/faults/effects.ts";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { walk } from "../support/faults/walk.ts";
import { IS_SOAK } from "../support/seeds.ts";

const WALKS = [
  ["single", "zstd"],
  ["files", "zstd"],
  ["single", "none"],
  ["files", "none"],
] as const;

describe.each(IS_SOAK ? WALKS : WALKS.slice(0, 1))(
  "an export in the layout %s with %s completes",
  (layout, compression) => {
    let rig: Rig;

    beforeAll(async () => {
      rig = await openRig(layout, { compression });
    });

    afterEach(report);

    it.each(FAULTS)("with one fault at any of its effects: %s", async (fault) => walk(rig, fault), 300_000);
  },
);
