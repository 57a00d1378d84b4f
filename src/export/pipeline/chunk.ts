/**
 * chunk: reads its records page by page, encodes them as lines, compresses and uploads them, and commits their counts
 * to the ledger. The result's shape decides whether a chunk writes a whole file, a segment for `assemble`, or several
 * files.
 */

import { ahead } from "../../datasets/ahead.ts";
import type { Page, Source, ValuePage } from "../../datasets/dataset.ts";
import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { stepSucceeded } from "../../db/exports/progress.ts";
import { chunkDone, chunkEnteringWindow, type WrittenChunk } from "../../db/exports/chunks.ts";
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
import { type Context, type Message, sourceOf } from "../../context.ts";
import { deleteOrphanedFiles, deleteOrphanedSegment } from "./orphans.ts";
import { type Lease, withLease } from "./lease.ts";
import { withFreeKey } from "../delivery/key-conflicts.ts";
import { CHUNK_WINDOW, dispatchNext } from "./dispatch.ts";
import { fileSecretOf, resultShapeOf } from "./result-shape.ts";

/** The first page or file after this time renews the lease, which also stores the progress that a poll reports. */
const RENEW_EVERY_MS = 5_000;

export type ChunkContext = Tools["context"] & Pick<Context, "runtime" | "send">;

export async function writeChunk(context: ChunkContext, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const row = await findExport(control, spaceId, exportId);
  // A canceled export's messages cost this one look-up.
  if (row?.status !== "processing") return;
  const written = await withLease(context, message, "export_chunks", (chunk, lease) =>
    writeObjects(context, row, chunk, lease),
  );
  if (written === null) return;
  const files = written.objects.flatMap(({ file, ...object }) => (file === null ? [] : [{ ...file, ...object }]));
  const results = await control.batch<{ n: number }>([
    chunkDone(row, row.plan_version, n, written),
    ...filesDone(row, row.plan_version, files),
    stepSucceeded(row, context.runtime.now(), context.config.resendAfterMs),
    chunkEnteringWindow(row, CHUNK_WINDOW),
  ]);
  const entered = (results[0]?.changes ?? 0) > 0;
  if (!entered) {
    for (const { file, key } of written.objects) if (file === null) await deleteOrphanedSegment(context, row, key);
    const keys = files.map(({ key }) => key);
    await deleteOrphanedFiles(context, row, keys);
  }
  // Another consumer that committed the chunk has sent the message of the one that follows.
  await dispatchNext(context, message, entered ? (results.at(-1)?.rows ?? []) : []);
}

type Written = WrittenChunk & { objects: readonly WrittenObject[] };

type Work = Tools & { lease: Lease; source: Source };

/** @returns null when the lease was lost: the export was stopped, or another consumer took over. */
async function writeObjects(
  context: ChunkContext,
  row: ExportRow,
  chunk: Leased["export_chunks"],
  lease: Lease,
): Promise<Written | null> {
  const source = sourceOf(context, row);
  const encoder = await openEncoder(context, row, source.form);
  const tools: Work = { context, row, chunk, encoder, lease, source };
  const writeTo = (open: () => Promise<Output>) => write(tools, open);
  const isPart = chunk.first_in_file === 0 || chunk.last_in_file === 0;
  switch (resultShapeOf(row).kind) {
    case "split_files":
      return againIfRenamed(() => writeTo(() => openFiles(tools, { secret: fileSecretOf(source) })));
    case "counted_files":
      // Without records, it has no file.
      if (isPart && chunk.records > 0) return writeTo(() => openObject(tools, null));
      return againIfRenamed(() => writeTo(() => openFiles(tools, { counted: filesOf(row, chunk) })));
    case "assembled":
      if (isPart) return writeTo(() => openObject(tools, null));
  }
  const file = await findFileByNumber(context.databases.control, row, chunk.file_n);
  if (file === null) throw new Error("a chunk's file is missing from the ledger");
  return withFreeKey(context, row, file, (named) => writeTo(() => openObject(tools, named)));
}

/** How many files of counted rows a chunk writes: a record is a row. */
const filesOf = ({ file_rows }: ExportRow, { records }: Leased["export_chunks"]) => Math.ceil(records / file_rows);

/** Writes the chunk again while a file was renamed. It ends: each file has a bounded number of names. */
async function againIfRenamed(work: () => Promise<Written | null>): Promise<Written | null> {
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof FileRenamed)) throw thrown;
    }
  }
}

async function write(work: Work, open: () => Promise<Output>): Promise<Written | null> {
  const { context, row, chunk, lease, source } = work;
  const output = await open();
  let [records, summary]: [number, unknown] = [0, null];
  lease.track(() => output.written().rows);
  const shouldContinue = () => lease.shouldContinue(RENEW_EVERY_MS);
  const lower = { time: chunk.lower_time, id: chunk.lower_id };
  const upper = { time: chunk.upper_time, id: chunk.upper_id };
  const bounds = { lower, upper };
  const pages = ahead<Page | ValuePage>(
    (work.encoder.readsValues ? source.valuePages?.(bounds) : undefined) ?? source.pages(bounds),
  );
  try {
    for (;;) {
      // A page may take minutes to read where few records match.
      const { value: page, done } = await lease.during(() => pages.next());
      if (done === true) break;
      await othersTurn();
      records += page.records;
      if (source.summarized !== undefined && page.summary !== undefined)
        summary = source.summarized.merge(summary, page.summary);
      const written = await lease.during(() => output.write(page, shouldContinue));
      if (output.written().uncompressedBytes > context.config.maxExportBytes)
        throw new SpillwayError("export_too_large");
      if (written && (await lease.shouldContinue(RENEW_EVERY_MS))) continue;
      await output.abort();
      await deleteOrphanedFiles(context, row, output.closed);
      return null;
    }
    // Checked before the last upload: an incomplete file must leave no object that conflicts with a later, complete
    // attempt.
    if (records !== chunk.records) throw new SpillwayError("incomplete_export");
    const { objects, ...totals } = await lease.during(() => output.finish());
    return {
      ...totals,
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

/**
 * Lets whatever else waits in this isolate run, and the clock and the lease's timer with it. Pages that need no look-up
 * of their own, such as those of rows a thousand times as long as what is stored, would otherwise follow one another
 * for minutes.
 */
const othersTurn = () => scheduler.wait(0);
