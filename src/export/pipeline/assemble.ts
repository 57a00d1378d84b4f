/**
 * assemble: joins the segments of one file, as its encoding says. It streams: it reads a piece of a segment, and
 * uploads a part of the object. An attempt that was cut off is repeated from the start, and the next one aborts its
 * upload.
 */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { stepSucceeded } from "../../db/exports/progress.ts";
import { type ChunkRow, chunksOfFile } from "../../db/exports/chunks.ts";
import { fileDone, type FileRow, type WrittenFile } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { openFile } from "../output/chunk-writer.ts";
import { joinOf, tooManyRows } from "../output/join.ts";
import type { Context, Message } from "../../context.ts";
import { deleteOrphanedFiles } from "./orphans.ts";
import { type Lease, withLease } from "./lease.ts";
import { withFreeKey } from "../delivery/key-conflicts.ts";
import { segmentKey } from "../delivery/object-keys.ts";
import type { ChunkContext } from "./chunk.ts";
import { dispatchNext } from "./dispatch.ts";
import { inParallel } from "./parallel.ts";

export async function assemble(context: ChunkContext, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const row = await findExport(control, spaceId, exportId);
  if (row?.status !== "processing") return;
  const target = { table: "export_files", spaceId, exportId, n } as const;
  const written = await withLease(context, target, (file, lease) =>
    withFreeKey(context, row, file, (named) => join(context, row, named, lease)),
  );
  if (written === null) return;
  const [entered] = await control.batch([
    fileDone(row, row.plan_version, n, written),
    stepSucceeded(row, context.runtime.now(), context.config.resendAfterMs),
  ]);
  if (entered?.changes === 0) await deleteOrphanedFiles(context, row, [written.key]);
  await dispatchNext(context, message);
}

/** @returns null when the lease was lost: the export was stopped, or another consumer took over. */
async function join(
  context: ChunkContext,
  row: ExportRow,
  file: FileRow,
  lease: Lease,
): Promise<(WrittenFile & { key: string }) | null> {
  let uploadId: string | null = null;
  const { mediaType, header, maxRows, maxDescriptionBytes, trailer, uncompressedBytes } = joinOf(row);
  const chunks = await chunksOfFile(context.databases.control, row, file.n);
  const rows = chunks.reduce((sum, chunk) => sum + (chunk.rows ?? 0), 0);
  if (rows > maxRows) throw tooManyRows(maxRows);
  const { key, writer } = await openFile(context, row, file, mediaType, async (id) => {
    uploadId = id;
    await lease.renew();
  });
  try {
    writer.write(header);
    lease.track(() => uploadId);
    const pieces = piecesOf(chunks, context.sizes.partBytes);
    let next = fetchPiece(context, row, pieces[0]);
    for (const [index] of pieces.entries()) {
      const body = await next;
      next = fetchPiece(context, row, pieces[index + 1]);
      next.catch(() => {});
      writer.write(body);
      await writer.drain();
      if (!(await lease.shouldContinue())) {
        await writer.abort();
        return null;
      }
    }
    const descriptions = await lease.during(() => readDescriptions(context, row, chunks, maxDescriptionBytes));
    for (const piece of trailer(chunks, descriptions)) {
      writer.write(piece);
      await writer.drain();
    }
    const closed = await lease.during(() => writer.finish());
    return { key, rows, uncompressedBytes: uncompressedBytes(chunks, closed.bytes), ...closed };
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

/** The segments in order, each in pieces of at most `maxBytes`. */
function piecesOf(chunks: readonly ChunkRow[], maxBytes: number): Piece[] {
  return chunks.flatMap(({ n, bytes }) => {
    const pieces: Piece[] = [];
    for (let from = 0; from < (bytes ?? 0); from += maxBytes)
      pieces.push({ chunk: n, from, length: Math.min(maxBytes, (bytes ?? 0) - from) });
    return pieces;
  });
}

async function fetchPiece(
  context: Pick<Context, "bucket">,
  row: ExportRow,
  piece: Piece | undefined,
): Promise<Uint8Array> {
  if (piece === undefined) return new Uint8Array();
  const body = await context.bucket.read(segmentKey(row, piece.chunk), piece);
  if (body?.length !== piece.length) throw missingSegment();
  return body;
}

/**
 * What the segments' objects have after the bytes that are the file's.
 * @param maxBytes of all together; 0: the file needs none, and none is read.
 * @throws export_too_large for more.
 */
async function readDescriptions(
  context: Pick<Context, "bucket">,
  row: ExportRow,
  chunks: readonly ChunkRow[],
  maxBytes: number,
): Promise<Uint8Array[]> {
  if (maxBytes === 0) return [];
  const descriptions: Uint8Array[] = [];
  let read = 0;
  await inParallel([...chunks.entries()], 6, async ([index, { n, bytes }]) => {
    const description = await context.bucket.read(segmentKey(row, n), { from: bytes ?? 0, length: maxBytes });
    if (description === null) throw missingSegment();
    read += description.length;
    if (read > maxBytes) throw new SpillwayError("export_too_large");
    descriptions[index] = description;
  });
  return descriptions;
}

const missingSegment = () =>
  new SpillwayError("incomplete_export", undefined, {
    cause: new Error("a segment is shorter than it was written, or missing"),
  });
