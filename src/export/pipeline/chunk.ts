/**
 * chunk: reads its records page by page, writes them as lines, compresses and uploads them, and enters what it wrote into the
 * ledger. A chunk is a whole file, a segment of one for `assemble`, or as many files as its rows fill.
 */

import type { Bounds, Source } from "../../datasets/dataset.ts";
import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { stepSucceeded } from "../../db/exports/progress.ts";
import { type ChunkRow, chunkDone, type WrittenChunk } from "../../db/exports/chunks.ts";
import { filesDone, findFileByNumber } from "../../db/exports/files.ts";
import type { Leased } from "../../db/exports/leases.ts";
import { SpillwayError } from "../../errors.ts";
import {
  FileRenamed,
  openFiles,
  openObject,
  type Output,
  type Tools,
  type WrittenObject,
} from "../output/chunk-writer.ts";
import { openEncoder } from "../output/encode/encoder.ts";
import type { Context, Message } from "../../context.ts";
import { sourceOf } from "../../context.ts";
import { deleteOrphanedFiles, deleteOrphanedSegment } from "./orphans.ts";
import { type Lease, withLease } from "./lease.ts";
import { withFreeKey } from "../delivery/key-conflicts.ts";
import { dispatchNext } from "./dispatch.ts";
import { fileSecretOf, resultShapeOf } from "./result-shape.ts";

/** The lease is renewed, and the poll told, at the first page after this. */
const RENEW_EVERY_MS = 500;
/** Between two files of a page, which may be a thousand. */
const RENEW_BETWEEN_FILES_MS = 3_000;

type LeasedChunk = Leased["export_chunks"];

export type ChunkContext = Pick<
  Context,
  "bucket" | "config" | "customers" | "databases" | "runtime" | "send" | "sizes"
>;

export async function writeChunk(context: ChunkContext, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const row = await findExport(control, spaceId, exportId);
  if (row === null) return;
  const target = { table: "export_chunks", spaceId, exportId, n } as const;
  const written = await withLease(context, target, (chunk, lease) => writeOnce(context, row, chunk, lease));
  if (written === null) return;
  const files = written.objects.flatMap(({ file, ...object }) => (file === null ? [] : [{ ...file, ...object }]));
  const [entered] = await control.batch([
    chunkDone(spaceId, exportId, row.plan_version, n, written),
    ...filesDone(spaceId, exportId, row.plan_version, files),
    stepSucceeded(spaceId, exportId, context.runtime.now(), context.config.resendAfterMs),
  ]);
  if (entered?.changes === 0) {
    for (const { file, key } of written.objects) if (file === null) await deleteOrphanedSegment(context, row, key);
    await deleteOrphanedFiles(
      context,
      row,
      files.map(({ key }) => key),
    );
  }
  await dispatchNext(context, message);
}

type Written = WrittenChunk & { objects: readonly WrittenObject[] };

/** @returns null when the export was stopped meanwhile, or another has taken the chunk over. */
async function writeOnce(
  context: ChunkContext,
  row: ExportRow,
  chunk: LeasedChunk,
  lease: Lease,
): Promise<Written | null> {
  const source = sourceOf(context, row);
  const encoder = await openEncoder(context, row, source.form);
  const tools: Tools = { context, row, chunk, encoder, lease };
  const writeTo = (open: () => Promise<Output>) => write(context, row, chunk, source, lease, open);
  switch (resultShapeOf(row).kind) {
    case "split_files":
      return againIfRenamed(() => writeTo(() => openFiles(tools, fileSecretOf(source))));
    case "assembled":
      if (chunk.first_in_file === 0 || chunk.last_in_file === 0) return writeTo(() => openObject(tools, null));
      break;
    case "counted_files":
  }
  const file = await findFileByNumber(context.databases.control, row.space_id, row.id, chunk.file_n);
  if (file === null) throw new Error("a chunk's file is missing from the ledger");
  return withFreeKey(context, row, file, (named) => writeTo(() => openObject(tools, named)));
}

/** Each time a file has got another name, and a file has only so many. */
async function againIfRenamed(work: () => Promise<Written | null>): Promise<Written | null> {
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof FileRenamed)) throw thrown;
    }
  }
}

async function write(
  context: ChunkContext,
  row: ExportRow,
  chunk: LeasedChunk,
  source: Source,
  lease: Lease,
  open: () => Promise<Output>,
): Promise<Written | null> {
  const output = await open();
  let [records, summary]: [number, unknown] = [0, null];
  lease.track(() => output.rows);
  const shouldContinue = () => lease.shouldContinue(RENEW_BETWEEN_FILES_MS);
  const pages = ahead(source.pages(boundsOf(chunk)));
  try {
    for (;;) {
      // Where few records are what is asked for, the next page may be long in coming.
      const { value: page, done } = await lease.during(() => pages.next());
      if (done === true) break;
      records += page.records;
      if (source.summing !== undefined && page.summary !== undefined)
        summary = source.summing.merge(summary, page.summary);
      const written = await lease.during(() => output.write(page, shouldContinue));
      if (output.bytes > context.config.maxExportBytes) throw new SpillwayError("export_too_large");
      if (written && (await lease.shouldContinue(RENEW_EVERY_MS))) continue;
      await output.abort();
      await deleteOrphanedFiles(context, row, output.closed);
      return null;
    }
    // Before the last is uploaded: what is not whole must leave no object that a better try would find in its way.
    if (records !== chunk.records) throw new SpillwayError("incomplete_export");
    const { objects, ...held } = await lease.during(() => output.finish());
    return {
      ...held,
      recordsRead: records,
      bytes: objects.reduce((sum, object) => sum + object.bytes, 0),
      sha256: objects.length === 1 ? (objects[0]?.sha256 ?? null) : null,
      summary: summary === null ? null : JSON.stringify(summary),
      objects,
    };
  } catch (thrown) {
    await output.abort().catch(() => {});
    throw thrown;
  } finally {
    await pages.return(undefined);
  }
}

const boundsOf = (chunk: ChunkRow): Bounds => ({
  lower: { time: chunk.lower_time, id: chunk.lower_id },
  upper: { time: chunk.upper_time, id: chunk.upper_id },
});

/** The same items, the next one asked for while the present one is worked on. */
async function* ahead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done === true) return;
      next = items.next();
      // Whoever stops early never looks at it.
      next.catch(() => {});
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}
