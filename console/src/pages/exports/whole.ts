/** Whether and how an export can be had as one plain stream (`/content`). Pure. */

import type { Export } from "spillway-client";

/** The service joins no more. */
const MAX_JOINED = 1_000;

/** @returns the name of the file on disk; null where the service does not send the result as one stream. */
export function wholeName({ id, dataset, delivery, progress, request }: Export): string | null {
  const files = progress.files_total ?? 0;
  const format = dataset === "segment_profiles" ? "json" : request.format;
  // Parquet is compressed inside: the stream would be the file.
  if (delivery.type === "s3" || format === "parquet" || format === undefined) return null;
  if (files > MAX_JOINED || (files > 1 && format !== "ndjson")) return null;
  return `${dataset}-${id.slice(0, 8)}.${format}`;
}
