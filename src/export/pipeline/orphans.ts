/**
 * A step that ends after its export did (it was canceled, or another did the same work) must leave nothing behind: what it
 * uploaded goes again. Not where the export goes on, or may (a failed one, by a retry): there the object is the same bytes
 * that somebody else wrote, or will.
 * What went to a customer's bucket stays there, whatever becomes of its export.
 */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { FINAL_STATUSES } from "./state.ts";
import type { Context } from "../../context.ts";
import { isCustomers } from "../delivery/object-keys.ts";
import { inParallel } from "./parallel.ts";

type OrphanContext = Pick<Context, "bucket" | "databases">;

/** After a segment was uploaded that the ledger did not take. */
export async function deleteOrphanedSegment(context: OrphanContext, of: ExportRow, key: string): Promise<void> {
  const row = await findExport(context.databases.control, of.space_id, of.id);
  if (row === null || row.status === "completed" || FINAL_STATUSES.has(row.status)) await context.bucket.delete(key);
}

/** After files were uploaded that the ledger did not take. A completed export has them from somebody else. */
export async function deleteOrphanedFiles(
  context: OrphanContext,
  of: ExportRow,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0 || isCustomers(of)) return;
  const row = await findExport(context.databases.control, of.space_id, of.id);
  if (row === null || FINAL_STATUSES.has(row.status)) await inParallel(keys, 6, (key) => context.bucket.delete(key));
}
