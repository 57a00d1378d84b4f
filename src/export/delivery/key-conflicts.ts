/**
 * Key conflicts: a customer's bucket keeps what an earlier plan of the same export wrote there. A later plan writes its
 * file under the same key, where mostly the same bytes exist already. When other bytes do, the file gets the next name,
 * which the ledger keeps. The bytes alone decide, so a repeated step arrives at the same name.
 */

import type { ExportRow } from "../../db/exports/exports.ts";
import { type FileRow, listOpenUploads, renameFile } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { type BucketContext, bucketOf, type DeliveredRow } from "./destination.ts";
import type { Context } from "../../context.ts";
import { fileKey, isCustomerBucket, nextName } from "./object-keys.ts";

/** Writes a file, under its next name after each key conflict. @throws destination_conflict when no name is left. */
export async function withFreeKey<Result>(
  context: Pick<Context, "databases">,
  row: ExportRow,
  file: FileRow,
  write: (file: FileRow) => Promise<Result>,
): Promise<Result> {
  for (let named = file; ;) {
    try {
      return await write(named);
    } catch (thrown) {
      named = await nextFreeKey(context, row, named, thrown);
    }
  }
}

/**
 * Renames a file after a key conflict.
 * @param thrown why the file could not be written.
 * @returns the file under its next name.
 * @throws `thrown` itself when it is no key conflict, or no name is left.
 */
export async function nextFreeKey(
  context: Pick<Context, "databases">,
  row: ExportRow,
  file: Pick<FileRow, "n" | "name">,
  thrown: unknown,
): Promise<FileRow> {
  const conflicts = thrown instanceof SpillwayError && thrown.code === "destination_conflict" && isCustomerBucket(row);
  const to = conflicts ? nextName(row, file.name) : null;
  if (to === null) throw thrown;
  const renaming = { from: file.name, to, plan: row.plan_version };
  const renamed = await renameFile(context.databases.control, row, file.n, renaming);
  if (renamed === null) throw thrown;
  return renamed;
}

/**
 * Aborts the multipart uploads to a customer's bucket that the ledger knows, of earlier plans too. A failure is logged
 * and does not stop the caller: the role may be deleted by now. The bucket's lifecycle rule then removes the uploads.
 */
export async function endCustomersUploads(
  context: BucketContext,
  row: DeliveredRow & Pick<ExportRow, "request_id">,
): Promise<void> {
  const { space_id, id, request_id } = row;
  try {
    for (const { name, upload_id } of await listOpenUploads(context.databases.control, row))
      await (await bucketOf(context, row)).abortUpload(fileKey(row, name), upload_id);
  } catch (thrown) {
    logFailure("upload.not_ended", thrown, { space_id, export_id: id, request_id });
  }
}
