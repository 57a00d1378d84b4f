/**
 * assemble: joins the segments of one file, as its encoding says. It streams: it reads pieces of segments, and uploads
 * parts of the object. When the invocation's budget is nearly spent, it writes a checkpoint and sends itself on, and
 * the next invocation continues the same upload. An attempt that was cut off is repeated from the last checkpoint;
 * without one from the start, and then the next attempt aborts its upload.
 */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { stepSucceeded } from "../../db/exports/progress.ts";
import { deleteUploadedParts } from "../../db/exports/checkpoints.ts";
import { segmentsOfFile, type SegmentRow } from "../../db/exports/chunks.ts";
import { fileDone, type FileRow, type WrittenFile } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { isUploadLost } from "../../outbound/s3-errors.ts";
import { openFile } from "../output/chunk-writer.ts";
import { encodingOf, fileForm } from "../output/encode/encoder.ts";
import { joinOf, tooManyRows } from "../output/join.ts";
import { MAX_PARTS } from "../output/object-writer.ts";
import { bytesOfSegments, readSegments } from "../output/segments.ts";
import { type Context, type Message, sourceOf } from "../../context.ts";
import { commitCheckpoint, forgetCheckpoint, heldFile, readCheckpoint, stopWriter } from "./checkpoint.ts";
import { readDescriptions } from "./descriptions.ts";
import { beginHash, hashAgain } from "./file-hash.ts";
import { deleteOrphanedFiles } from "./orphans.ts";
import { type Lease, withLease } from "./lease.ts";
import { withFreeKey } from "../delivery/key-conflicts.ts";
import type { ChunkContext } from "./chunk.ts";
import { dispatchNext } from "./dispatch.ts";

/** Parts that one invocation uploads: to hash 8 GB takes a minute of CPU time, of which an invocation has five. */
const MAX_PARTS_PER_INVOCATION = 1_000;

export type AssembleContext = ChunkContext & Pick<Context, "budget">;

/** `checkpoint`: the next invocation continues. Null: the lease was lost, by a cancel or to another consumer. */
type Outcome = (WrittenFile & { key: string }) | "checkpoint" | null;

export async function assemble(context: AssembleContext, message: Message): Promise<void> {
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId, n } = message;
  const row = await findExport(control, spaceId, exportId);
  if (row?.status !== "processing") return;
  const outcome = await withLease(context, message, "export_files", (file, lease) =>
    withFreeKey(context, row, file, (named) => joinOrBegin(context, row, named, lease)),
  );
  if (outcome === null) return;
  if (outcome !== "checkpoint") {
    const [, entered] = await control.batch([
      deleteUploadedParts(row, n),
      fileDone(row, row.plan_version, n, outcome),
      stepSucceeded(row, context.runtime.now(), context.config.resendAfterMs),
    ]);
    if (entered?.changes === 0) await deleteOrphanedFiles(context, row, [outcome.key]);
  }
  await dispatchNext(context, message);
}

/** Continues at the file's checkpoint; where its upload is lost, begins again. */
async function joinOrBegin(context: AssembleContext, row: ExportRow, file: FileRow, lease: Lease): Promise<Outcome> {
  try {
    return await join(context, row, file, lease);
  } catch (thrown) {
    if (file.checkpoint === null || !isUploadLost(thrown)) throw thrown;
    const fresh = await forgetCheckpoint(context, row, file, lease);
    return fresh === null ? null : join(context, row, fresh, lease);
  }
}

async function join(context: AssembleContext, row: ExportRow, file: FileRow, lease: Lease): Promise<Outcome> {
  const { budget, databases, sizes } = context;
  const { objectType } = fileForm(encodingOf(row), sourceOf(context, row).form);
  const { header, maxRows, maxDescriptionBytes, trailer, uncompressedBytes } = joinOf(row);
  const segments = await segmentsOfFile(databases.control, row, file.n);
  const rows = rowsOf(segments);
  if (rows > maxRows) throw tooManyRows(maxRows);
  const total = bytesOfSegments(segments);
  assertFitsParts(total, sizes.partBytes);
  const resumed = await readCheckpoint(context, row, file, header.length);
  const hash = await lease.during(async () => {
    if (resumed === null) return beginHash(segments, sizes.partBytes);
    const parts = resumed.upload?.parts.length ?? 0;
    return resumed.hash ?? hashAgain(context, row, segments, header, parts * sizes.partBytes);
  });
  let uploadId = resumed?.upload?.uploadId ?? null;
  const onUpload = async (id: string) => {
    uploadId = id;
    await lease.renew();
  };
  const upload = resumed?.upload ?? null;
  const { key, writer } = await openFile(context, row, file, objectType, onUpload, { hash, upload });
  const knownParts = writer.parts;
  // What the ledger knows of an upload stays for the next attempt.
  let isKept = resumed !== null;
  try {
    lease.track(() => uploadId);
    writer.write(resumed?.rest ?? header);
    let at = resumed?.at ?? 0;
    for await (const body of readSegments(context, row, segments, at, sizes.partBytes)) {
      writer.write(body);
      at += body.length;
      await writer.drain();
      if (!(await lease.shouldContinue())) {
        if (!isKept) await writer.abort();
        return null;
      }
      if (budget.isNearlySpent || writer.parts - knownParts >= MAX_PARTS_PER_INVOCATION) break;
    }
    if (at < total) {
      const stopped = await lease.during(() => stopWriter(context, row, file.n, writer));
      isKept = true;
      const held = heldFile(row, file.n, lease);
      return (await commitCheckpoint(context, row, held, { ...stopped, at, hash, knownParts })) ? "checkpoint" : null;
    }
    const descriptions = await lease.during(() => readDescriptions(context, row, segments, maxDescriptionBytes));
    for (const piece of trailer(segments, descriptions)) {
      writer.write(piece);
      await writer.drain();
    }
    const closed = await lease.during(() => writer.finish());
    return { key, rows, uncompressedBytes: uncompressedBytes(segments, closed.bytes), ...closed };
  } catch (thrown) {
    const ends = isUploadLost(thrown) || (thrown instanceof SpillwayError && thrown.code === "destination_conflict");
    if (!isKept || ends) await writer.abort().catch(() => {});
    throw thrown;
  }
}

const rowsOf = (segments: readonly SegmentRow[]): number => segments.reduce((sum, { rows }) => sum + (rows ?? 0), 0);

/** Two parts are left for what is not of the segments: a footer has up to 12 MB. @throws export_too_large. */
function assertFitsParts(bytes: number, partBytes: number): void {
  const max = (MAX_PARTS - 2) * partBytes;
  if (bytes <= max) return;
  const gigabytes = Math.floor(max / 1e9);
  throw new SpillwayError(
    "export_too_large",
    `The file would have more than ${gigabytes} GB. Request the layout files.`,
  );
}
