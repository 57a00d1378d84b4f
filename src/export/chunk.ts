/**
 * chunk: reads its records page by page, writes them as lines, compresses and uploads them, and enters what it wrote into the
 * ledger. A chunk that is a whole file writes the file; one of several writes a segment for `assemble`.
 */

import { type ExportRow, findExport } from "../db/exports.ts";
import { stepSucceeded } from "../db/progress.ts";
import { chunkDone, leaseChunk, releaseChunk, renewChunk, type WrittenChunk } from "../db/chunks.ts";
import { fileDone, type FileRow, findFileByNumber, rememberUpload } from "../db/files.ts";
import { SpillwayError } from "../errors.ts";
import { bucketOf } from "./destination.ts";
import { openEncoder } from "./encode/encoder.ts";
import type { Hall, Message } from "./hall.ts";
import { sourceOf } from "./hall.ts";
import { dropLateFile, dropLateSegment } from "./late.ts";
import { holding, mustNotKill } from "./lease.ts";
import { underFreeName } from "./names-taken.ts";
import { fileKey, isCustomers, segmentKey } from "./objects.ts";
import { pageWriter } from "./page-writer.ts";
import { ObjectWriter } from "./upload.ts";
import { wakeNext } from "./wake.ts";

/** The lease is renewed, and the poll told, at the first page after this. */
const RENEW_EVERY_MS = 500;

type Leased = NonNullable<Awaited<ReturnType<typeof leaseChunk>>>;

export async function writeChunk(hall: Hall, message: Message): Promise<void> {
  const { control } = hall.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const now = hall.world.now();
  const row = await findExport(control, spaceId, exportId);
  if (row === null) return;
  const chunk = await leaseChunk(control, spaceId, exportId, n, now, now + hall.config.leaseMs);
  if (chunk === null) return;

  mustNotKill(chunk);

  const lease = { held: chunk.lease_until };
  const written = await writeOnce(hall, row, chunk, lease).catch(async (thrown: unknown) => {
    await releaseChunk(control, spaceId, exportId, n, lease.held);
    throw thrown;
  });
  if (written === null) return;
  const [entered] = await control.batch([
    chunkDone(spaceId, exportId, row.plan, n, written),
    ...(isWholeFile(chunk) ? [fileDone(spaceId, exportId, row.plan, chunk.file_n, written)] : []),
    stepSucceeded(spaceId, exportId, hall.world.now(), hall.config.resendAfterMs),
  ]);
  if (entered?.changes === 0) {
    if (isWholeFile(chunk)) await dropLateFile(hall, row, written.key);
    else await dropLateSegment(hall, row, written.key);
  }
  await wakeNext(hall, message);
}

const isWholeFile = (chunk: Leased) => chunk.first_in_file === 1 && chunk.last_in_file === 1;

type Written = (WrittenChunk & { key: string }) | null;

/** @returns null when the export was stopped meanwhile, or another has taken the chunk over. */
async function writeOnce(hall: Hall, row: ExportRow, chunk: Leased, lease: { held: number }): Promise<Written> {
  if (!isWholeFile(chunk)) return write(hall, row, chunk, null, lease);
  const file = await findFileByNumber(hall.databases.control, row.space_id, row.id, chunk.file_n);
  if (file === null) throw new Error("a chunk's file is missing from the ledger");
  return underFreeName(hall, row, file, (named) => write(hall, row, chunk, named, lease));
}

/** @param file null for a segment of one. */
async function write(
  hall: Hall,
  row: ExportRow,
  chunk: Leased,
  file: FileRow | null,
  lease: { held: number },
): Promise<Written> {
  const source = sourceOf(hall, row);
  const encoder = await openEncoder(hall, row, source.form);
  const { key, writer } = await openWriter(hall, row, chunk, file, encoder.objectType, lease);
  try {
    const lines = pageWriter(encoder, hall.config.gzip, chunk, (piece) => writer.write(piece));
    async function renew(): Promise<boolean> {
      const next = hall.world.now() + hall.config.leaseMs;
      const renewed = { held: lease.held, next };
      if (!(await renewChunk(hall.databases.control, row.space_id, row.id, chunk.n, lines.rows, renewed))) return false;
      lease.held = next;
      return true;
    }
    let renewedAt = hall.world.now();
    for await (const page of ahead(source.pages(boundsOf(chunk)))) {
      lines.write(page);
      await writer.drain();
      if (lines.bytes > hall.config.maxExportBytes) throw new SpillwayError("export_too_large");
      const now = hall.world.now();
      if (now - renewedAt < RENEW_EVERY_MS) continue;
      renewedAt = now;
      if (await renew()) continue;
      await writer.abort();
      return null;
    }
    // Before anything is uploaded: what is not whole must leave no object that a better try would find in its way.
    if (lines.records !== chunk.records) throw new SpillwayError("incomplete_export");
    const summary = lines.end();
    return { ...summary, ...(await holding(hall.config.leaseMs / 3, renew, () => writer.finish())), key };
  } catch (thrown) {
    await writer.abort().catch(() => {});
    throw thrown;
  }
}

/** A segment stands in the service's own bucket; a whole file where the export's files go. */
async function openWriter(
  hall: Hall,
  row: ExportRow,
  chunk: Leased,
  file: FileRow | null,
  objectType: string,
  lease: { held: number },
) {
  const { control } = hall.databases;
  const { partBytes } = hall.sizes;
  if (file === null) {
    const key = segmentKey(row, chunk.n);
    return { key, writer: new ObjectWriter(hall.bucket, key, objectType, partBytes, async () => {}) };
  }
  const key = fileKey(row, file.name);
  const bucket = await bucketOf(hall, row);
  if (file.upload_id !== null) await bucket.abortUpload(key, file.upload_id);
  // A customer's bucket is not searched for uploads that a killed step left: they are written down.
  const begun = (id: string) =>
    rememberUpload(control, row.space_id, row.id, file.n, { id, plan: row.plan, held: lease.held });
  return {
    key,
    writer: new ObjectWriter(bucket, key, objectType, partBytes, isCustomers(row) ? begun : async () => {}),
  };
}

const boundsOf = (chunk: Leased) => ({
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
