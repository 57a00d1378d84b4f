/**
 * What a task of the sweep does for one space. It holds up no other space when it fails: the database of the space's
 * home may not answer, and a space that moves takes no writes for some seconds.
 */

import { hasLeft } from "../db/core/late-driver.ts";
import type { MaintenanceTask } from "../context.ts";
import { log, logFailure } from "../log.ts";

/** @returns what the work returns; null where it failed, which is logged. The task comes back to the space later. */
export async function forOneSpace<Result>(
  task: MaintenanceTask,
  spaceId: string,
  work: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await work();
  } catch (thrown) {
    const isMoving = thrown instanceof Error && hasLeft(thrown.cause);
    if (isMoving) log("sweep.postponed", { task, space_id: spaceId });
    else logFailure("sweep.failed", thrown, { task, space_id: spaceId });
    return null;
  }
}
