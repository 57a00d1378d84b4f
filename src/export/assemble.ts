/**
 * assemble: the segments of one file, compressed apart, become one ordinary gzip member. Streams: a piece of a segment in, a
 * part of the object out. Cut off, it starts again from zero, and ends the upload that the try before it left.
 */

import { type ExportRow, findExport } from "../db/exports.ts";
import { stepSucceeded } from "../db/progress.ts";
import { chunksOfFile } from "../db/chunks.ts";
import { fileDone, leaseFile, releaseFile, renewFile, type WrittenFile } from "../db/files.ts";
import type { ChunkRow } from "../db/chunks.ts";
import type { FileRow } from "../db/files.ts";
import { SpillwayError } from "../errors.ts";
import { bucketOf } from "./destination.ts";
import { combineCrc32, GZIP_HEADER, gzipTrailer } from "./gzip.ts";
import type { Hall, Message } from "./hall.ts";
import { dropLateFiles } from "./late.ts";
import { holding, mustNotKill } from "./lease.ts";
import { underFreeName } from "./names-taken.ts";
import { fileKey, segmentKey } from "./objects.ts";
import { ObjectWriter } from "./upload.ts";
import { wakeNext } from "./wake.ts";

export async function assemble(hall: Hall, message: Message): Promise<void> {
  const { control } = hall.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const now = hall.world.now();
  const row = await findExport(control, spaceId, exportId);
  if (row === null) return;
  const file = await leaseFile(control, spaceId, exportId, n, now, now + hall.config.leaseMs);
  if (file === null) return;

  mustNotKill(file);

  const lease = { held: file.lease_until };
  const written = await underFreeName(hall, row, file, (named) => join(hall, row, named, lease)).catch(
    async (thrown: unknown) => {
      await releaseFile(control, spaceId, exportId, n, lease.held);
      throw thrown;
    },
  );
  if (written === null) return;
  const [entered] = await control.batch([
    fileDone(spaceId, exportId, row.plan, n, written),
    stepSucceeded(spaceId, exportId, hall.world.now(), hall.config.resendAfterMs),
  ]);
  if (entered?.changes === 0) await dropLateFiles(hall, row, [fileKey(row, file.name)]);
  await wakeNext(hall, message);
}

/** @returns null when the export was stopped meanwhile, or another has taken the file over. */
async function join(hall: Hall, row: ExportRow, file: FileRow, lease: { held: number }): Promise<WrittenFile | null> {
  const { control } = hall.databases;
  const key = fileKey(row, file.name);
  const bucket = await bucketOf(hall, row);
  if (file.upload_id !== null) await bucket.abortUpload(key, file.upload_id);
  let lost = false;
  async function renew(uploadId: string | null): Promise<void> {
    const next = hall.world.now() + hall.config.leaseMs;
    const renewed = { held: lease.held, next };
    if (await renewFile(control, row.space_id, row.id, file.n, uploadId, renewed)) lease.held = next;
    else lost = true;
  }

  let uploadId: string | null = null;
  const writer = new ObjectWriter(bucket, key, "application/gzip", hall.sizes.partBytes, async (id) => {
    uploadId = id;
    await renew(id);
  });
  try {
    const chunks = await chunksOfFile(control, row.space_id, row.id, file.n);
    const sum = { rows: 0, bytes: 0, crc32: 0 };
    writer.write(GZIP_HEADER);
    let renewedAt = hall.world.now();
    const pieces = piecesOf(chunks, hall.sizes.partBytes);
    let next = fetchPiece(hall, row, pieces[0]);
    for (const [index] of pieces.entries()) {
      const body = await next;
      next = fetchPiece(hall, row, pieces[index + 1]);
      next.catch(() => {});
      writer.write(body);
      await writer.drain();
      const now = hall.world.now();
      if (now - renewedAt >= hall.config.leaseMs / 3) {
        renewedAt = now;
        await renew(uploadId);
      }
      if (lost) {
        await writer.abort();
        return null;
      }
    }
    for (const chunk of chunks) {
      const bytes = chunk.uncompressed_bytes ?? 0;
      sum.crc32 = combineCrc32(sum.crc32, chunk.crc32 ?? 0, bytes);
      sum.bytes += bytes;
      sum.rows += chunk.rows ?? 0;
    }
    writer.write(gzipTrailer(sum.crc32, sum.bytes));
    const renewUpload = () => renew(uploadId);
    const closed = await holding(hall.config.leaseMs / 3, renewUpload, () => writer.finish());
    return { rows: sum.rows, uncompressedBytes: sum.bytes, ...closed };
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

async function fetchPiece(hall: Hall, row: ExportRow, piece: Piece | undefined): Promise<Uint8Array> {
  if (piece === undefined) return new Uint8Array();
  const body = await hall.bucket.read(segmentKey(row, piece.chunk), piece);
  if (body?.length !== piece.length)
    throw new SpillwayError("incomplete_export", undefined, { cause: new Error("a segment is not as it was written") });
  return body;
}
