/**
 * put away: what should no longer stand in the service's own bucket is found by its place there, whatever the ledger says: a
 * step that was killed leaves things that nobody wrote down. Goes in slices; what is left is found the next time.
 */

import { type ExportToCleanUp, listToCleanUp, markCleanedUp } from "../db/exports/cleanup.ts";
import { asSpillwayError } from "../errors.ts";
import { logFailure } from "../log.ts";
import { type Context, LAST_CALL_MS } from "../context.ts";
import { endCustomersUploads } from "../export/delivery/key-conflicts.ts";
import { exportPrefix, isCustomerBucket, planPrefix, segmentPrefix } from "../export/delivery/object-keys.ts";
import { inParallel } from "../export/pipeline/parallel.ts";

const MAX_EXPORTS = 50;
/** Calls to the bucket in one sweep, about: an invocation has ten thousand. */
const MAX_OBJECTS = 2_000;
/** One that fails comes again after this, and stands in nobody's way meanwhile. */
const AGAIN_MS = 300_000;
const MAX_MS = 30_000;

export async function cleanUp(context: Context): Promise<void> {
  const { control } = context.databases;
  const until = context.runtime.now() + MAX_MS;
  let removed = 0;
  for (;;) {
    const leftovers = await listToCleanUp(control, context.runtime.now(), MAX_EXPORTS);
    for (const leftover of leftovers) {
      if (removed >= MAX_OBJECTS || context.runtime.now() > until) return;
      try {
        removed += await clearAll(context, leftover, MAX_OBJECTS - removed);
      } catch (thrown) {
        const { id, space_id, request_id } = leftover;
        logFailure("sweep.failed", thrown, { part: "putAway", space_id, export_id: id, request_id });
        await markCleanedUp(control, leftover, context.runtime.now() + AGAIN_MS, context.runtime.now());
        // The bucket is away: it is for the others too.
        if (asSpillwayError(thrown).code === "destination_unavailable") return;
      }
    }
    if (leftovers.length < MAX_EXPORTS) return;
  }
}

/** @returns how many objects and uploads were removed; fewer than `most` when all are gone. */
async function clearAll(context: Context, leftover: ExportToCleanUp, most: number): Promise<number> {
  let removed = await endUploads(context, leftover);
  if (leftover.stays === 0 && isCustomerBucket(leftover)) await endCustomersUploads(context, leftover);
  for (const prefix of prefixesOf(leftover)) removed += await clear(context, prefix, most);
  if (removed >= most) return removed;
  const now = context.runtime.now();
  const settled = (leftover.completed_at ?? 0) + LAST_CALL_MS;
  // Until then a step that began before the end may still write.
  await markCleanedUp(context.databases.control, leftover, now < settled ? settled : null, now);
  return removed;
}

/** What has to go: of an export that stays, its segments and what its earlier plans left. */
function prefixesOf(leftover: ExportToCleanUp): string[] {
  if (leftover.stays === 0) return [exportPrefix(leftover)];
  const earlier = Array.from({ length: leftover.plan_version }, (_, version) =>
    planPrefix({ ...leftover, plan_version: version }),
  );
  return [...earlier, segmentPrefix(leftover)];
}

/** When an export is over, an upload that is under way is one that nobody will end. @returns how many there were. */
async function endUploads({ bucket }: Context, leftover: ExportToCleanUp): Promise<number> {
  const uploads = await bucket.listUploads(exportPrefix(leftover));
  for (const { key, uploadId } of uploads) await bucket.abortUpload(key, uploadId);
  return uploads.length;
}

/** Removes the objects below a prefix, up to the limit. @returns how many there were. */
async function clear({ bucket }: Context, prefix: string, most: number): Promise<number> {
  let removed = 0;
  while (removed < most) {
    const keys = await bucket.list(prefix);
    if (keys.length === 0) break;
    await inParallel(keys, 6, (key) => bucket.delete(key));
    removed += keys.length;
  }
  return removed;
}
