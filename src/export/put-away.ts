/**
 * put away: what should no longer stand in the service's own bucket is found by its place there, whatever the ledger says: a
 * step that was killed leaves things that nobody wrote down. Goes in slices; what is left is found the next time.
 */

import { type Leftover, listLeftovers, markPutAway } from "../db/leftovers.ts";
import { asSpillwayError } from "../errors.ts";
import { logFailure } from "../log.ts";
import { type Hall, LAST_CALL_MS } from "./hall.ts";
import { endCustomersUploads } from "./names-taken.ts";
import { exportPrefix, isCustomers, planPrefix, segmentPrefix } from "./objects.ts";
import { inParallel } from "./parallel.ts";

const MOST_EXPORTS = 50;
/** Calls to the bucket in one sweep, about: an invocation has ten thousand. */
const MOST_OBJECTS = 2_000;
/** One that fails comes again after this, and stands in nobody's way meanwhile. */
const AGAIN_MS = 300_000;
const MOST_MS = 30_000;

export async function putAway(hall: Hall): Promise<void> {
  const { control } = hall.databases;
  const until = hall.world.now() + MOST_MS;
  let removed = 0;
  for (;;) {
    const leftovers = await listLeftovers(control, hall.world.now(), MOST_EXPORTS);
    for (const leftover of leftovers) {
      if (removed >= MOST_OBJECTS || hall.world.now() > until) return;
      try {
        removed += await clearAll(hall, leftover, MOST_OBJECTS - removed);
      } catch (thrown) {
        const { id, space_id, request_id } = leftover;
        logFailure("sweep.failed", thrown, { part: "putAway", space_id, export_id: id, request_id });
        await markPutAway(control, leftover, hall.world.now() + AGAIN_MS, hall.world.now());
        // The bucket is away: it is for the others too.
        if (asSpillwayError(thrown).code === "destination_unavailable") return;
      }
    }
    if (leftovers.length < MOST_EXPORTS) return;
  }
}

/** @returns how many objects and uploads were removed; fewer than `most` when all are gone. */
async function clearAll(hall: Hall, leftover: Leftover, most: number): Promise<number> {
  let removed = await endUploads(hall, leftover);
  if (leftover.stays === 0 && isCustomers(leftover)) await endCustomersUploads(hall, leftover);
  for (const prefix of prefixesOf(leftover)) removed += await clear(hall, prefix, most);
  if (removed >= most) return removed;
  const now = hall.world.now();
  const settled = (leftover.completed_at ?? 0) + LAST_CALL_MS;
  // Until then a step that began before the end may still write.
  await markPutAway(hall.databases.control, leftover, now < settled ? settled : null, now);
  return removed;
}

/** What has to go: of an export that stays, its segments and what its earlier plans left. */
function prefixesOf(leftover: Leftover): string[] {
  if (leftover.stays === 0) return [exportPrefix(leftover)];
  const earlier = Array.from({ length: leftover.plan }, (_, plan) => planPrefix({ ...leftover, plan }));
  return [...earlier, segmentPrefix(leftover)];
}

/** When an export is over, an upload that is under way is one that nobody will end. @returns how many there were. */
async function endUploads({ bucket }: Hall, leftover: Leftover): Promise<number> {
  const uploads = await bucket.listUploads(exportPrefix(leftover));
  for (const { key, uploadId } of uploads) await bucket.abortUpload(key, uploadId);
  return uploads.length;
}

/** Removes the objects below a prefix, up to the limit. @returns how many there were. */
async function clear({ bucket }: Hall, prefix: string, most: number): Promise<number> {
  let removed = 0;
  while (removed < most) {
    const keys = await bucket.list(prefix);
    if (keys.length === 0) break;
    await inParallel(keys, 6, (key) => bucket.delete(key));
    removed += keys.length;
  }
  return removed;
}
