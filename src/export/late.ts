/**
 * A step that ends after its export did (it was canceled, or another did the same work) must leave nothing behind: what it
 * uploaded goes again. Not where the export goes on, or may (a failed one, by a retry): there the object is the same bytes
 * that somebody else wrote, or will.
 */

import { findExport } from "../db/exports.ts";
import { OVER } from "./state.ts";
import type { Hall } from "./hall.ts";

interface Uploaded {
  spaceId: string;
  exportId: string;
  key: string;
}

/** After a segment was uploaded that the ledger did not take. */
export async function dropLateSegment(hall: Hall, { spaceId, exportId, key }: Uploaded): Promise<void> {
  const row = await findExport(hall.databases.control, spaceId, exportId);
  if (row === null || row.status === "completed" || OVER.has(row.status)) await hall.bucket.delete(key);
}

/** After a file was uploaded that the ledger did not take. A completed export has it from somebody else. */
export async function dropLateFile(hall: Hall, { spaceId, exportId, key }: Uploaded): Promise<void> {
  const row = await findExport(hall.databases.control, spaceId, exportId);
  if (row === null || OVER.has(row.status)) await hall.bucket.delete(key);
}
