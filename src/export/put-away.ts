/**
 * put away: what should no longer stand in the service's own bucket is found by its place there, whatever the ledger says: a
 * step that was killed leaves things that nobody wrote down. Goes in slices; what is left is found the next time.
 */

import { listLeftovers, markPutAway } from "../db/leftovers.ts";
import { logFailure } from "../log.ts";
import { type Hall, LAST_CALL_MS } from "./hall.ts";
import { exportPrefix, segmentPrefix } from "./objects.ts";
import { inParallel } from "./parallel.ts";

const MOST_EXPORTS = 50;
/** Calls to the bucket in one sweep, about: an invocation has ten thousand. */
const MOST_OBJECTS = 2_000;

/** One export that fails waits, and holds no other up. */
export async function putAway(hall: Hall): Promise<void> {
  const { control } = hall.databases;
  let removed = 0;
  for (const leftover of await listLeftovers(control, hall.world.now(), MOST_EXPORTS)) {
    if (removed >= MOST_OBJECTS) return;
    try {
      const found = await clear(hall, leftover.stays === 1 ? segmentPrefix(leftover) : exportPrefix(leftover));
      removed += found;
      if (found > 0 && removed >= MOST_OBJECTS) return;
      const now = hall.world.now();
      const settled = (leftover.completed_at ?? 0) + LAST_CALL_MS;
      // Until then a step that began before the end may still write.
      await markPutAway(control, leftover, now < settled ? settled : null, now);
    } catch (thrown) {
      const { id, space_id, request_id } = leftover;
      logFailure("sweep.failed", thrown, { part: "putAway", space_id, export_id: id, request_id });
    }
  }
}

/** Removes objects and unfinished uploads below a prefix, up to the limit. @returns how many there were. */
async function clear(hall: Hall, prefix: string): Promise<number> {
  const { bucket } = hall;
  let removed = 0;
  for (const { key, uploadId } of await bucket.listUploads(prefix)) {
    await bucket.abortUpload(key, uploadId);
    removed += 1;
  }
  while (removed < MOST_OBJECTS) {
    const keys = await bucket.list(prefix);
    if (keys.length === 0) break;
    await inParallel(keys, 6, (key) => bucket.delete(key));
    removed += keys.length;
  }
  return removed;
}
