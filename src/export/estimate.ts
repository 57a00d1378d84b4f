/** How large a result would be: counted rows, and bytes from a sample of them. */

import type { SpaceRow } from "../db/spaces.ts";
import { BlockWriter } from "./blocks.ts";
import { openUnmade } from "./create.ts";
import { compressor } from "./deflate.ts";
import type { Hall } from "./hall.ts";
import type { ExportRequest } from "./request.ts";

export interface Estimate {
  rows: number;
  files: number;
  /** Compressed. */
  bytes_estimate: number;
}

/** @throws invalid_request as a create would. */
export async function estimate(hall: Hall, space: SpaceRow, request: ExportRequest): Promise<Estimate> {
  const source = await openUnmade(hall, space, request);
  const rows = await source.count(source.bounds);
  const files = request.layout === "single" ? 1 : Math.ceil(rows / request.file_rows);
  let sampled = 0;
  let bytes = 0;
  const compress = compressor(hall.config.gzip);
  const blocks = new BlockWriter((block) => {
    bytes += compress(block).length;
  });
  for await (const page of source.pages(source.bounds)) {
    for (const line of page.lines) blocks.write(line + source.form.lineEnd);
    sampled += page.records;
    break;
  }
  blocks.flush();
  return { rows, files, bytes_estimate: sampled === 0 ? 0 : Math.ceil((bytes * rows) / sampled) };
}
