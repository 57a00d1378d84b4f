/** Random schedules: the same seeds each run, so that a failure can be reproduced by its seed. */

import { random } from "./plans.ts";
import type { Rig } from "./rig.ts";
import { runAll } from "./walk.ts";

/** Plays the schedules of these seeds. */
export async function playSchedules(rig: Rig, seeds: readonly number[]): Promise<void> {
  await runAll(
    rig,
    seeds.map((seed) => random(seed, rig.effects.length)),
  );
}
