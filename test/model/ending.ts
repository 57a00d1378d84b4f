/** How a history ends: the store is there again, everything that waits is worked off, and everything is compared. */

import { settleSchedules } from "./commands-schedules.ts";
import { workAll } from "./work.ts";
import type { Stage } from "./stage.ts";
import type { World } from "./world.ts";

export async function endHistory(world: World, stage: Stage): Promise<void> {
  stage.outage = null;
  await workAll(world, stage);
  await settleSchedules(world, stage);
}
