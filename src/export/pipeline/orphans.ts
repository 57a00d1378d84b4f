/**
 * Deletes objects that a step uploaded after its export had ended: it was canceled, or another consumer did the same
 * work. While the export continues, or may (a failed one can be retried), the objects stay: another consumer writes the
 * same bytes to the same key. Files in a customer's bucket always stay.
 */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { FINAL_STATUSES } from "./state.ts";
import type { Context } from "../../context.ts";
import { isCustomerBucket } from "../delivery/object-keys.ts";
import { inParallel } from "./parallel.ts";

type OrphanContext = Pick<Context, "bucket" | "databases">;

/** After a segment was uploaded and the ledger rejected its commit. */
export async function deleteOrphanedSegment(context: OrphanContext, of: ExportRow, key: string): Promise<void> {
  const row = await findExport(context.databases.control, of.space_id, of.id);
  if (row === null || row.status === "completed" || FINAL_STATUSES.has(row.status)) await context.bucket.delete(key);
}

/** After files were uploaded and their commit was rejected. A completed export has them from another consumer. */
export async function deleteOrphanedFiles(
  context: OrphanContext,
  of: ExportRow,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0 || isCustomerBucket(of)) return;
  const row = await findExport(context.databases.control, of.space_id, of.id);
  if (row === null || FINAL_STATUSES.has(row.status)) await inParallel(keys, 6, (key) => context.bucket.delete(key));
}
