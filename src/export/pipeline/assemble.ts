/**
 * assemble: the segments of one file, compressed apart, become one ordinary gzip member. Streams: a piece of a segment in, a
 * part of the object out. Cut off, it starts again from zero, and ends the upload that the try before it left.
 */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { stepSucceeded } from "../../db/exports/progress.ts";
import { chunksOfFile } from "../../db/exports/chunks.ts";
import { fileDone, leaseFile, releaseFile, renewFile, type WrittenFile } from "../../db/exports/files.ts";
import type { ChunkRow } from "../../db/exports/chunks.ts";
import type { FileRow } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { bucketOf } from "../delivery/destination.ts";
import { contentOfChunks } from "../output/crc32.ts";
import { compressionOf, encodingOf } from "../output/encode/encoder.ts";
import type { Context, Message } from "../../context.ts";
import { deleteOrphanedFiles } from "./orphans.ts";
import { withRenewal, failPoisonedChunk } from "./lease.ts";
import { withFreeKey } from "../delivery/key-conflicts.ts";
import { fileKey, segmentKey } from "../delivery/object-keys.ts";
import { ObjectWriter } from "../output/object-writer.ts";
import { dispatchNext } from "./dispatch.ts";

export async function assemble(context: Context, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const now = context.runtime.now();
  const row = await findExport(control, spaceId, exportId);
  if (row === null) return;
  const file = await leaseFile(control, spaceId, exportId, n, now, now + context.config.leaseMs);
  if (file === null) return;

  failPoisonedChunk(file);

  const lease = { held: file.lease_until };
  const written = await withFreeKey(context, row, file, (named) => join(context, row, named, lease)).catch(
    async (thrown: unknown) => {
      await releaseFile(control, spaceId, exportId, n, lease.held);
      throw thrown;
    },
  );
  if (written === null) return;
  const [entered] = await control.batch([
    fileDone(spaceId, exportId, row.plan_version, n, written),
    stepSucceeded(spaceId, exportId, context.runtime.now(), context.config.resendAfterMs),
  ]);
  if (entered?.changes === 0) await deleteOrphanedFiles(context, row, [fileKey(row, file.name)]);
  await dispatchNext(context, message);
}

/** @returns null when the export was stopped meanwhile, or another has taken the file over. */
async function join(
  context: Context,
  row: ExportRow,
  file: FileRow,
  lease: { held: number },
): Promise<WrittenFile | null> {
  const { control } = context.databases;
  const key = fileKey(row, file.name);
  const bucket = await bucketOf(context, row);
  if (file.upload_id !== null) await bucket.abortUpload(key, file.upload_id);
  let lost = false;
  async function renew(uploadId: string | null): Promise<void> {
    const next = context.runtime.now() + context.config.leaseMs;
    const renewed = { held: lease.held, next };
    if (await renewFile(control, row.space_id, row.id, file.n, uploadId, renewed)) lease.held = next;
    else lost = true;
  }

  let uploadId: string | null = null;
  const compression = compressionOf(encodingOf(row));
  if (compression === null) throw new Error("a file that compresses its own pages is never assembled");
  const writer = new ObjectWriter(bucket, key, compression.mediaType, context.sizes.partBytes, async (id) => {
    uploadId = id;
    await renew(id);
  });
  try {
    const chunks = await chunksOfFile(control, row.space_id, row.id, file.n);
    writer.write(compression.join.header);
    let renewedAt = context.runtime.now();
    const pieces = piecesOf(chunks, context.sizes.partBytes);
    let next = fetchPiece(context, row, pieces[0]);
    for (const [index] of pieces.entries()) {
      const body = await next;
      next = fetchPiece(context, row, pieces[index + 1]);
      next.catch(() => {});
      writer.write(body);
      await writer.drain();
      const now = context.runtime.now();
      if (now - renewedAt >= context.config.leaseMs / 3) {
        renewedAt = now;
        await renew(uploadId);
      }
      if (lost) {
        await writer.abort();
        return null;
      }
    }
    const content = contentOfChunks(chunks);
    writer.write(compression.join.trailer(content));
    const renewUpload = () => renew(uploadId);
    const closed = await withRenewal(context.config.leaseMs / 3, renewUpload, () => writer.finish());
    const rows = chunks.reduce((sum, chunk) => sum + (chunk.rows ?? 0), 0);
    return { rows, uncompressedBytes: content.uncompressedBytes, ...closed };
  } catch (thrown) {
    await writer.abort().catch(() => {});
    throw thrown;
  }
}

interface Piece {
  chunk: number;
  from: number;
  length: number;
}

/** The segments in order, each in pieces of at most a part. */
function piecesOf(chunks: readonly ChunkRow[], most: number): Piece[] {
  return chunks.flatMap(({ n, bytes }) => {
    const pieces: Piece[] = [];
    for (let from = 0; from < (bytes ?? 0); from += most)
      pieces.push({ chunk: n, from, length: Math.min(most, (bytes ?? 0) - from) });
    return pieces;
  });
}

async function fetchPiece(context: Context, row: ExportRow, piece: Piece | undefined): Promise<Uint8Array> {
  if (piece === undefined) return new Uint8Array();
  const body = await context.bucket.read(segmentKey(row, piece.chunk), piece);
  if (body?.length !== piece.length)
    throw new SpillwayError("incomplete_export", undefined, { cause: new Error("a segment is not as it was written") });
  return body;
}
