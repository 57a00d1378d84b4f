/**
 * The checkpoint of a file that is assembled over several invocations. In the ledger: how many bytes of the segments
 * are written, the parts of the upload, and the state of the hash at the end of the last part. In the service's own
 * bucket: the bytes that fill no part yet. A file whose checkpoint cannot be used is assembled from its beginning; both
 * ways give the same bytes.
 */

import { dropCheckpoint, type HeldFile, listUploadedParts, saveCheckpoint } from "../../db/exports/checkpoints.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import type { FileRow } from "../../db/exports/files.ts";
import { stepSucceeded } from "../../db/exports/progress.ts";
import { sha256Hex } from "../../outbound/s3.ts";
import type { Context } from "../../context.ts";
import { restKey } from "../delivery/object-keys.ts";
import type { ObjectWriter, OpenUpload, RunningHash } from "../output/object-writer.ts";
import { ResumableSha256, type Sha256State } from "../output/resumable-sha256.ts";
import type { Lease } from "./lease.ts";

/** As JSON in the ledger. */
interface Checkpoint {
  /** Bytes of the segments, one after the other, that are written. */
  at: number;
  parts: number;
  part_bytes: number;
  /** Null: the hash of the parts has no state that can be written down. */
  sha256: Sha256State | null;
}

type CheckpointContext = Pick<Context, "bucket" | "config" | "databases" | "runtime" | "sizes">;

/** What a file that is under way continues with. */
export interface Resumed {
  at: number;
  /** The bytes of the file that follow its parts. */
  rest: Uint8Array<ArrayBuffer>;
  /** Of the parts; null: they must be hashed again. */
  hash: ResumableSha256 | null;
  upload: OpenUpload | null;
}

/**
 * @param headerBytes the bytes of the file before its segments.
 * @returns null for a file that has no checkpoint, or one that cannot be used: the part size was changed, or a piece of
 * it is missing.
 */
export async function readCheckpoint(
  { bucket, databases, sizes }: CheckpointContext,
  row: ExportRow,
  file: FileRow,
  headerBytes: number,
): Promise<Resumed | null> {
  if (file.checkpoint === null) return null;
  const { at, parts, part_bytes, sha256 } = JSON.parse(file.checkpoint) as Checkpoint;
  if (part_bytes !== sizes.partBytes) return null;
  const upload = parts === 0 ? null : await openUpload({ databases }, row, file.upload_id);
  if ((upload?.parts.length ?? 0) !== parts) return null;
  const [from, to] = [parts * part_bytes, headerBytes + at];
  const rest = await bucket.read(restKey(row, file.n, { from, to }), { from: 0, length: to - from });
  const hash = sha256 === null ? null : new ResumableSha256(sha256);
  return rest?.length === to - from ? { at, rest, hash, upload } : null;
}

async function openUpload(
  { databases }: Pick<Context, "databases">,
  row: ExportRow,
  uploadId: string | null,
): Promise<OpenUpload | null> {
  if (uploadId === null) return null;
  const etags = await listUploadedParts(databases.control, row, uploadId);
  return { uploadId, parts: etags.map((etag, n) => ({ number: n + 1, etag })) };
}

/** What an invocation stops with. */
export interface Stopped {
  at: number;
  hash: RunningHash;
  /** Parts that the ledger has already. */
  knownParts: number;
  upload: OpenUpload | null;
  /** As `Resumed`. */
  rest: Uint8Array<ArrayBuffer>;
}

/**
 * Stops the writer and keeps the bytes that fill no part yet: the first half of a checkpoint, which a repetition does
 * again.
 */
export async function stopWriter(
  { bucket, sizes }: CheckpointContext,
  row: ExportRow,
  fileN: number,
  writer: ObjectWriter,
): Promise<Pick<Stopped, "rest" | "upload">> {
  const { upload, rest } = await writer.stop();
  const from = (upload?.parts.length ?? 0) * sizes.partBytes;
  const key = restKey(row, fileN, { from, to: from + rest.length });
  await bucket.putOnce(key, rest, await sha256Hex(rest), "application/octet-stream");
  return { upload, rest };
}

/** Writes the checkpoint down and gives the lease up. @returns false when the lease was lost: nothing is written. */
export async function commitCheckpoint(
  { config, databases, runtime, sizes }: CheckpointContext,
  row: ExportRow,
  file: HeldFile,
  { at, hash, knownParts, upload }: Stopped,
): Promise<boolean> {
  const parts = upload?.parts ?? [];
  const checkpoint: Checkpoint = {
    at,
    parts: parts.length,
    part_bytes: sizes.partBytes,
    sha256: hash instanceof ResumableSha256 ? hash.save() : null,
  };
  const etags = parts.slice(knownParts).map(({ etag }) => etag);
  const results = await databases.control.batch([
    stepSucceeded(row, runtime.now(), config.resendAfterMs),
    ...saveCheckpoint(file, {
      checkpoint: JSON.stringify(checkpoint),
      upload: upload === null ? null : { id: upload.uploadId, firstPart: knownParts + 1, etags },
    }),
  ]);
  return (results.at(-1)?.changes ?? 0) > 0;
}

/** A file in the hands of its lease's holder. */
export const heldFile = (row: ExportRow, n: number, lease: Lease): HeldFile => ({
  of: row,
  n,
  plan: row.plan_version,
  leaseUntil: lease.until,
});

/** Forgets a checkpoint whose upload is lost. @returns the file as it begins again; null when the lease is lost. */
export async function forgetCheckpoint(
  { databases }: Pick<Context, "databases">,
  row: ExportRow,
  file: FileRow,
  lease: Lease,
): Promise<FileRow | null> {
  const dropped = await dropCheckpoint(databases.control, heldFile(row, file.n, lease));
  return dropped ? { ...file, checkpoint: null, upload_id: null } : null;
}
