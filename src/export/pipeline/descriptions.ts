/** Reads the segments' descriptions of themselves, of which a Parquet file's footer is made. */

import type { SegmentRow } from "../../db/exports/chunks.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { SpillwayError } from "../../errors.ts";
import type { Context } from "../../context.ts";
import { segmentKey } from "../delivery/object-keys.ts";
import { missingSegment } from "../output/segments.ts";
import { inParallel } from "./parallel.ts";

/**
 * What the segments' objects have after the bytes that are the file's.
 * @param maxBytes of all together; 0: the file needs none, and none is read.
 * @throws export_too_large for more; incomplete_export for a segment that is missing.
 */
export async function readDescriptions(
  { bucket }: Pick<Context, "bucket">,
  row: ExportRow,
  segments: readonly Pick<SegmentRow, "n" | "bytes">[],
  maxBytes: number,
): Promise<Uint8Array[]> {
  if (maxBytes === 0) return [];
  const descriptions: Uint8Array[] = [];
  let read = 0;
  await inParallel([...segments.entries()], 6, async ([index, { n, bytes }]) => {
    const description = await bucket.read(segmentKey(row, n), { from: bytes ?? 0, length: maxBytes });
    if (description === null) throw missingSegment();
    read += description.length;
    if (read > maxBytes) throw new SpillwayError("export_too_large");
    descriptions[index] = description;
  });
  return descriptions;
}
