/**
 * finish: checks that all counts agree, deletes the segments, writes the manifest and completes the export, in this
 * order. A client that reads `completed` finds every object, and no segment.
 */

import type { Bounds, Source } from "../../datasets/dataset.ts";
import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { completeExport } from "../../db/exports/transitions.ts";
import { type ChunkRow, listChunks, listSummaries } from "../../db/exports/chunks.ts";
import { type FileRow, listFiles } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { sha256Hex, utf8 } from "../../outbound/s3.ts";
import { bucketOf, destinationOf } from "../delivery/destination.ts";
import { type FinishedContext, onFinished } from "./on-finished.ts";
import { columnsOf, type Context, MAX_INVOCATION_MS, type Message, sourceOf } from "../../context.ts";
import { encodingOf } from "../output/encode/encoder.ts";
import { createManifest, manifestColumns } from "../output/manifest.ts";
import { manifestBeside, manifestKey, segmentKey } from "../delivery/object-keys.ts";
import { inParallel } from "./parallel.ts";
import { resultShapeOf } from "./result-shape.ts";
import { FINAL_STATUSES } from "./state.ts";

export type FinishContext = FinishedContext & Pick<Context, "bucket" | "config" | "customers">;

export async function finish(context: FinishContext, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId } = message;
  const row = await findExport(control, spaceId, exportId);
  if (row === null || row.status !== "processing" || row.phase !== "finishing") return;
  const [chunks, files] = await Promise.all([listChunks(control, row), listFiles(control, row)]);
  const source = sourceOf(context, row);
  const problem = findMismatch(row, chunks, files) ?? findCoverageGap(chunks, source.bounds);
  if (problem !== null) throw new SpillwayError("incomplete_export", undefined, { cause: new Error(problem) });
  const bytes = files.reduce((sum, file) => sum + (file.uncompressed_bytes ?? 0), 0);
  if (bytes > context.config.maxExportBytes) throw new SpillwayError("export_too_large");

  // A file of several chunks was assembled from segments. To delete a missing segment is no error.
  if (resultShapeOf(row).kind === "assembled" && chunks.length > 1)
    await inParallel(chunks, 6, (chunk) => context.bucket.delete(segmentKey(row, chunk.n)));
  const summary = await summaryOf(context, row, source);
  const columns = await columnsOf(context, row);
  const listed = columns === null ? null : manifestColumns(encodingOf(row), columns);
  const manifest = utf8(`${JSON.stringify(createManifest(row, files, chunks, listed, summary), null, 2)}\n`);
  const manifestSha256 = await sha256Hex(manifest);
  await context.bucket.putOnce(manifestKey(row), manifest, manifestSha256, "application/json");
  const destination = destinationOf(row);
  // The manifest is the last object in a customer's bucket: a reader that finds it finds all the others.
  if (destination !== null) {
    const bucket = await bucketOf(context, row);
    await bucket.putOnce(manifestBeside(row, destination), manifest, manifestSha256, "application/json");
  }

  const rows = files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
  const now = context.runtime.now();
  const done = await completeExport(control, row, {
    completedAt: now,
    expiresAt: destination === null ? now + context.config.ttlMs[source.ttl ?? "download"] : null,
    // A consumer that was taken over may still upload a segment until its invocation ends.
    cleanupAt: now + MAX_INVOCATION_MS,
    rows,
    plan: row.plan_version,
    message: rows === 0 ? source.emptyMessage : null,
    manifestSha256,
  });
  if (!done) {
    // The manifest stays if another call completed the export, or will. In a customer's bucket it always stays.
    const after = await findExport(control, spaceId, exportId);
    if (after === null || FINAL_STATUSES.has(after.status)) await context.bucket.delete(manifestKey(row));
    return;
  }
  await onFinished(context, spaceId, exportId);
}

/**
 * An export is complete when its chunks read the records that the plan counted, and its files have the rows that the
 * chunks wrote. @returns the first count that differs, in words for the log; null when all agree.
 */
export function findMismatch(
  row: Pick<ExportRow, "rows_total">,
  chunks: readonly ChunkRow[],
  files: readonly FileRow[],
): string | null {
  const sum = <Item>(items: readonly Item[], of: (item: Item) => number | null) =>
    items.reduce((total, item) => total + (of(item) ?? 0), 0);
  if (chunks.some((chunk) => chunk.done === 0)) return "a chunk is not written";
  if (files.some((file) => file.done === 0)) return "a file is not written";
  if (sum(chunks, (chunk) => chunk.records) !== row.rows_total) return "the plan does not add up";
  if (chunks.some((chunk) => chunk.records_read !== chunk.records)) return "records were lost or doubled";
  if (sum(files, (file) => file.rows) !== sum(chunks, (chunk) => chunk.rows)) return "rows were lost or doubled";
  return null;
}

/** The chunks must cover the request's bounds, each beginning where the last one ends. @returns as `findMismatch`. */
export function findCoverageGap(
  chunks: readonly Pick<ChunkRow, "n" | "lower_time" | "lower_id" | "upper_time" | "upper_id">[],
  { lower, upper }: Bounds,
): string | null {
  let at = lower;
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.n !== index) return "a chunk is missing";
    if (chunk.lower_time !== at.time || chunk.lower_id !== at.id) return "the chunks do not touch";
    at = { time: chunk.upper_time, id: chunk.upper_id };
  }
  // A plan without records has no chunks, except where the result is one empty file.
  if (chunks.length === 0) return null;
  return at.time === upper.time && at.id === upper.id ? null : "the chunks do not reach the end";
}

/** The dataset's summary over the whole result; undefined where the dataset has none. */
async function summaryOf(
  context: Pick<Context, "databases">,
  row: ExportRow,
  { summarized }: Source,
): Promise<unknown> {
  if (summarized === undefined) return undefined;
  let sum: unknown = null;
  for (let after = -1; ;) {
    const parts = await listSummaries(context.databases.control, row, after);
    for (const part of parts) sum = summarized.merge(sum, JSON.parse(part.summary));
    const last = parts.at(-1);
    if (last === undefined) return summarized.toManifest(sum);
    after = last.n;
  }
}
