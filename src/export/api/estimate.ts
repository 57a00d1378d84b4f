/** The size that a result would have: rows are counted, bytes are extrapolated from a sample. */

import type { Bounds, Source } from "../../datasets/dataset.ts";
import type { ScanBudget } from "../../db/core/scan-budget.ts";
import type { CutLimits } from "../../db/events/event-cut.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import type { Fault } from "../../errors.ts";
import { freeze, type FreezeContext } from "./freeze.ts";
import { createEncoder, fileForm } from "../output/encode/encoder.ts";
import { type FilePosition, pageWriter } from "../output/page-writer.ts";
import type { ExportRequest } from "./request.ts";

export interface Estimate {
  /** Counted; extrapolated from the sample where a record may give several rows. */
  rows?: number;
  /** Instead of `rows`, where the budget ended before everything was counted: files and bytes are those of these. */
  rows_at_least?: number;
  files: number;
  /** Compressed. */
  bytes_estimate: number;
  /** What the request names and nothing has. */
  warnings: Fault[];
}

/** Pages of the sample. */
const MAX_PAGES = 10;
/** The sample is the middle of a file: what a file begins and ends with is not extrapolated. */
const MIDDLE: FilePosition = { first_in_file: 0, last_in_file: 0, follows_records: 1 };
/** Stands in for the space's redaction key: a hash has the same length under any key. */
const NO_KEY = new Uint8Array(32);

/** Where the sample ends at the latest. */
const SAMPLE: CutLimits = { records: 5_000, bytes: 5_000_000, scanned: 200_000 };

/** Few of the rows that a page looks through may be in the result: the sample ends where that would take long. */
async function sampleBounds(source: Source, counted: Bounds): Promise<Bounds> {
  const { next } = await source.cut(counted, SAMPLE);
  return { ...counted, upper: next ?? counted.upper };
}

/** @throws invalid_request as a create would. */
export async function estimate(
  context: FreezeContext,
  space: SpaceRow,
  request: ExportRequest,
  budget: ScanBudget,
): Promise<Estimate> {
  const { source, shape, encoding, warnings } = await freeze(context, space, request);
  const encoder = createEncoder(encoding, fileForm(encoding, source.form), NO_KEY);
  const { records, first, next } = await source.count(source.bounds, budget);
  const upper = next ?? source.bounds.upper;
  const bounds =
    first === undefined || first === null
      ? { ...source.bounds, upper }
      : await sampleBounds(source, { lower: first, upper });
  // Where no record was found there is no sample, and to look for one would scan everything once more.
  const sample = records === 0 ? [] : source.pages(bounds);
  let [sampled, sampledRows, lineBytes, bytes, pages] = [0, 0, 0, 0, 0];
  const writer = pageWriter(encoder, context.config, MIDDLE, (piece) => void (bytes += piece.length));
  for await (const page of sample) {
    writer.write(page);
    for (const line of page.lines) lineBytes += line.length + 1;
    sampledRows += page.lines.length;
    sampled += page.records;
    pages += 1;
    // A record with very many rows spans several pages, and is counted in the last of them.
    if ((sampled > 0 && sampledRows > 0) || pages === MAX_PAGES) break;
  }
  const { uncompressedBytes } = writer.end();
  const whole = records / Math.max(sampled, 1);
  const rows = shape.rows_vary ? Math.round(sampledRows * whole) : records;
  const byRows = Math.ceil(rows / request.file_rows);
  const byBytes = Math.ceil(
    ((encoder.kind === "table" ? lineBytes : uncompressedBytes) * whole) / context.sizes.fileBytes,
  );
  // Each chunk begins a file of its own.
  const byChunks = rows > 0 ? Math.ceil(records / (source.maxRecordsPerStep ?? records)) : 0;
  const splitFiles = Math.max(byRows, byBytes, byChunks);
  const files = { assembled: 1, counted_files: byRows, split_files: splitFiles }[shape.kind];
  return {
    ...(next === null ? { rows } : { rows_at_least: rows }),
    files,
    bytes_estimate: Math.ceil(bytes * whole),
    warnings,
  };
}
