/**
 * Removes orphaned objects and expired files from the service's own bucket. Orphans are found by listing prefixes, not
 * from the ledger: a step that was killed may have uploaded objects that no row names. One slice removes a limited
 * number.
 */

import { type ExportToCleanUp, listToCleanUp, markCleanedUp } from "../db/exports/cleanup.ts";
import { asSpillwayError } from "../errors.ts";
import { logFailure } from "../log.ts";
import { type Context, MAX_INVOCATION_MS } from "../context.ts";
import { endCustomersUploads } from "../export/delivery/key-conflicts.ts";
import { exportPrefix, isCustomerBucket, planPrefix, segmentPrefix } from "../export/delivery/object-keys.ts";

const EXPORTS = 50;
/** Objects that one slice removes, a thousand in one call. */
const MAX_OBJECTS = 20_000;
/** When an export's cleanup is retried after it failed; the other exports are cleaned up meanwhile. */
const RETRY_MS = 300_000;
const MAX_MS = 30_000;

/** One slice: removes until nothing is due, or much was removed. @returns whether more is due. */
export async function cleanUp(context: Context): Promise<boolean> {
  const { control } = context.databases;
  const until = context.runtime.now() + MAX_MS;
  let removed = 0;
  for (;;) {
    const exports = await listToCleanUp(control, context.runtime.now(), EXPORTS);
    for (const row of exports) {
      try {
        removed += await clearAll(context, row, MAX_OBJECTS - removed);
      } catch (thrown) {
        const { id, space_id, request_id } = row;
        logFailure("sweep.failed", thrown, { task: "cleanUp", space_id, export_id: id, request_id });
        await markCleanedUp(control, row, context.runtime.now() + RETRY_MS, context.runtime.now());
        // The bucket does not answer: the other exports' cleanup would fail too.
        if (asSpillwayError(thrown).code === "destination_unavailable") return false;
      }
      if (removed >= MAX_OBJECTS || context.runtime.now() > until || context.budget.isNearlySpent) return true;
    }
    if (exports.length < EXPORTS) return false;
  }
}

/** @returns how many objects and uploads were removed; fewer than `limit` when none are left. */
async function clearAll(context: Context, row: ExportToCleanUp, limit: number): Promise<number> {
  let removed = await abortUploads(context, row);
  if (row.stays === 0 && isCustomerBucket(row)) await endCustomersUploads(context, row);
  for (const prefix of prefixesOf(row)) removed += await clear(context, prefix, limit);
  if (removed >= limit) return removed;
  const now = context.runtime.now();
  const settledAt = (row.completed_at ?? 0) + MAX_INVOCATION_MS;
  // Until then, a step that started before the export ended may still upload: the prefixes are listed once more.
  await markCleanedUp(context.databases.control, row, now < settledAt ? settledAt : null, now);
  return removed;
}

/** A completed export keeps its files: only its segments and the objects of its earlier plans are removed. */
function prefixesOf(row: ExportToCleanUp): string[] {
  if (row.stays === 0) return [exportPrefix(row)];
  const earlier = Array.from({ length: row.plan_version }, (_, version) =>
    planPrefix({ ...row, plan_version: version }),
  );
  return [...earlier, segmentPrefix(row)];
}

/** Aborts the multipart uploads that an ended export left open. @returns how many there were. */
async function abortUploads({ bucket }: Pick<Context, "bucket">, row: ExportToCleanUp): Promise<number> {
  const uploads = await bucket.listUploads(exportPrefix(row));
  for (const { key, uploadId } of uploads) await bucket.abortUpload(key, uploadId);
  return uploads.length;
}

/** Removes objects below a prefix, about `limit` at most. @returns how many were removed. */
async function clear({ bucket }: Pick<Context, "bucket">, prefix: string, limit: number): Promise<number> {
  let removed = 0;
  while (removed < limit) {
    const keys = await bucket.list(prefix);
    if (keys.length === 0) break;
    await bucket.deleteAll(keys);
    removed += keys.length;
  }
  return removed;
}
