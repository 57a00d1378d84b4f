/**
 * finish: checks that all counts agree, deletes the segments, writes the manifest and completes the export, in this
 * order. A client that reads `completed` finds every object, and no segment.
 * Where the invocation's budget does not suffice to delete all segments, it sends itself on.
 */

import type { Bounds, Source } from "../../datasets/dataset.ts";
import { datasetNamed } from "../../datasets/index.ts";
import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { completeExport } from "../../db/exports/transitions.ts";
import { chunkPages, listSummaries } from "../../db/exports/chunks.ts";
import { filePages } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { sha256Hex, utf8 } from "../../outbound/s3.ts";
import { bucketOf, destinationOf } from "../delivery/destination.ts";
import { type FinishedContext, onFinished } from "./on-finished.ts";
import { columnsOf, type Context, MAX_INVOCATION_MS, type Message, sourceOf } from "../../context.ts";
import { encodingOf } from "../output/encode/encoder.ts";
import {
  addEdges,
  createManifest,
  type EdgesOfFiles,
  manifestColumns,
  type ManifestFile,
  manifestFile,
} from "../output/manifest.ts";
import { manifestBeside, manifestKey, segmentPrefix } from "../delivery/object-keys.ts";
import { LedgerCheck } from "./ledger-check.ts";
import { daySpaceHas } from "./space-day.ts";
import { FINAL_STATUSES } from "./state.ts";

export type FinishContext = FinishedContext & Pick<Context, "bucket" | "budget" | "config" | "customers" | "send">;

export async function finish(context: FinishContext, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId } = message;
  const row = await findExport(control, spaceId, exportId);
  if (row === null || row.status !== "processing" || row.phase !== "finishing") return;
  const source = sourceOf(context, row);
  const { files, hasSegments, problem } = await readLedger(context, row, source.bounds);
  if (problem !== null) throw new SpillwayError("incomplete_export", undefined, { cause: new Error(problem) });
  const summary = await summaryOf(context, row, source);
  const columns = await columnsOf(context, row);
  const listed = columns === null ? null : manifestColumns(encodingOf(row), columns);
  const content = createManifest(row, files, listed, summary);
  const { rows, bytes, uncompressed_bytes: uncompressed } = content.totals;
  if (uncompressed > context.config.maxExportBytes) throw new SpillwayError("export_too_large");

  if (hasSegments && !(await deleteSegments(context, row))) return context.send([message]);
  const manifest = utf8(`${JSON.stringify(content, null, 2)}\n`);
  const manifestSha256 = await sha256Hex(manifest);
  await context.bucket.putOnce(manifestKey(row), manifest, manifestSha256, "application/json");
  const destination = destinationOf(row);
  // The manifest is the last object in a customer's bucket: a reader that finds it finds all the others.
  if (destination !== null) {
    const bucket = await bucketOf(context, row);
    await bucket.putOnce(manifestBeside(row, destination), manifest, manifestSha256, "application/json");
  }

  const now = context.runtime.now();
  const done = await completeExport(control, row, {
    completedAt: now,
    expiresAt: destination === null ? now + context.config.ttlMs[datasetNamed(row.dataset).ttl ?? "download"] : null,
    // A consumer that was taken over may still upload a segment until its invocation ends.
    cleanupAt: now + MAX_INVOCATION_MS,
    rows,
    bytes,
    durationMs: now - row.created_at,
    day: await daySpaceHas(context, spaceId, now),
    plan: row.plan_version,
    message: rows === 0 ? source.emptyMessage : null,
    manifest: { bytes: manifest.length, sha256: manifestSha256 },
  });
  if (!done) {
    // The manifest stays if another call completed the export, or will. In a customer's bucket it always stays.
    const after = await findExport(control, spaceId, exportId);
    if (after === null || FINAL_STATUSES.has(after.status)) await context.bucket.delete(manifestKey(row));
    return;
  }
  await onFinished(context, spaceId, exportId);
}

/** What the ledger says of an export, read page by page: its files for the manifest, and what is wrong with it. */
async function readLedger({ databases }: Pick<Context, "databases">, row: ExportRow, bounds: Bounds) {
  const check = new LedgerCheck(bounds);
  const edges: EdgesOfFiles = new Map();
  const files: ManifestFile[] = [];
  for await (const page of chunkPages(databases.control, row)) {
    check.addChunks(page);
    addEdges(edges, page);
  }
  for await (const page of filePages(databases.control, row)) {
    check.addFiles(page);
    for (const file of page) files.push(manifestFile(row, file, edges.get(file.n)));
  }
  return { files, hasSegments: check.hasSegments, problem: check.problem(row.rows_total) };
}

/**
 * Deletes the segments of an assembled file, a thousand in one call: the bucket says which exist.
 * @returns false when the invocation's budget is nearly spent: the next one deletes those that are left.
 */
async function deleteSegments({ bucket, budget }: Pick<Context, "bucket" | "budget">, row: ExportRow) {
  for (;;) {
    const keys = await bucket.list(segmentPrefix(row));
    if (keys.length === 0) return true;
    await bucket.deleteAll(keys);
    if (budget.isNearlySpent) return false;
  }
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
