/**
 * A step that ends after its export did (it was canceled, or another did the same work) must leave nothing behind. What it
 * uploaded goes again, unless the ledger has it.
 */

import { findExport } from "../db/exports.ts";
import { isChunkDone } from "../db/chunks.ts";
import { findFileByNumber } from "../db/files.ts";
import { IN_FLIGHT } from "./state.ts";
import type { Hall } from "./hall.ts";

interface Uploaded {
  spaceId: string;
  exportId: string;
  key: string;
}

/** After a segment was uploaded that the ledger did not take. */
export async function dropLateSegment(hall: Hall, { spaceId, exportId, key }: Uploaded): Promise<void> {
  const row = await findExport(hall.databases.control, spaceId, exportId);
  // While it goes on, the segment is the one that somebody else wrote too: `assemble` needs it.
  if (row === null || !IN_FLIGHT.has(row.status)) await hall.bucket.delete(key);
}

/** After a file was uploaded that the ledger did not take. @param chunk the chunk that is the whole file, or null. */
export async function dropLateFile(
  hall: Hall,
  { spaceId, exportId, key }: Uploaded,
  chunk: number | null,
  fileN: number,
): Promise<void> {
  const { control } = hall.databases;
  const row = await findExport(control, spaceId, exportId);
  if (row !== null && IN_FLIGHT.has(row.status)) return;
  const file = await findFileByNumber(control, spaceId, exportId, fileN);
  const delivered = file?.done === 1 || (chunk !== null && (await isChunkDone(control, spaceId, exportId, chunk)));
  if (row === null || row.status === "expired" || !delivered) await hall.bucket.delete(key);
}
