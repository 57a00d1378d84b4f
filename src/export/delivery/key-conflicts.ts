/**
 * A customer's bucket keeps what an earlier plan of the same export wrote there. A file of a later plan is written under the
 * same name: mostly these very bytes stand there already. Where others do, it goes on under the next name, which the ledger
 * keeps: the bytes alone decide, so whoever repeats the step comes to the same name.
 */

import type { ExportRow } from "../../db/exports/exports.ts";
import { type FileRow, listOpenUploads, renameFile } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { bucketOf, type DeliveredRow } from "./destination.ts";
import type { Context } from "../../context.ts";
import { fileKey, isCustomers, nextName } from "./object-keys.ts";

/** @throws destination_conflict where other bytes stand that are none of the export's own. */
export async function withFreeKey<Result>(
  context: Pick<Context, "databases">,
  row: ExportRow,
  file: FileRow,
  write: (file: FileRow) => Promise<Result>,
): Promise<Result> {
  for (let present = file; ;) {
    try {
      return await write(present);
    } catch (thrown) {
      present = await nextFreeKey(context, row, present, thrown);
    }
  }
}

/**
 * After a file could not be written. @returns the file under the name to go on with.
 * @throws what was thrown, where no other name helps.
 */
export async function nextFreeKey(
  context: Pick<Context, "databases">,
  row: ExportRow,
  file: Pick<FileRow, "n" | "name">,
  thrown: unknown,
): Promise<FileRow> {
  const taken = thrown instanceof SpillwayError && thrown.code === "destination_conflict" && isCustomers(row);
  const to = taken ? nextName(row, file.name) : null;
  if (to === null) throw thrown;
  const renaming = { from: file.name, to, plan: row.plan_version };
  const renamed = await renameFile(context.databases.control, row.space_id, row.id, file.n, renaming);
  if (renamed === null) throw thrown;
  return renamed;
}

/**
 * Ends the uploads to a customer's bucket that are known, those of earlier plans too. Nothing else of it is touched, and one
 * that cannot be ended (the role may be gone by now) holds nothing up: the bucket's own rule for incomplete uploads takes it.
 */
export async function endCustomersUploads(
  context: Pick<Context, "bucket" | "config" | "customers" | "databases">,
  row: DeliveredRow & { request_id: string },
): Promise<void> {
  const { space_id, id, request_id } = row;
  try {
    for (const { name, upload_id } of await listOpenUploads(context.databases.control, space_id, id))
      await (await bucketOf(context, row)).abortUpload(fileKey(row, name), upload_id);
  } catch (thrown) {
    logFailure("upload.not_ended", thrown, { space_id, export_id: id, request_id });
  }
}
