/** Begins the verification of a completed export: its files are read back, and compared with what was written. */

import { startVerification, type VerificationReason } from "../../db/exports/verifications.ts";
import type { ExportKey } from "../../db/exports/status.ts";
import { log } from "../../log.ts";
import type { Context, Message } from "../../context.ts";

/** A verification that was begun, and has no message yet. */
export interface Begun {
  message: Message;
  /** The manifest is one of the files. */
  files: number;
  bytes: number;
}

/**
 * @param requestId of the call, for the logs.
 * @returns null when one runs already, or the export is not completed any more.
 */
export async function beginVerification(
  context: Pick<Context, "config" | "databases" | "runtime">,
  { space_id, id }: ExportKey,
  reason: VerificationReason,
  requestId: string,
): Promise<Begun | null> {
  const now = context.runtime.now();
  const { resendAfterMs } = context.config;
  const start = { reason, requestId, now, wakeAt: now + resendAfterMs };
  const begun = await startVerification(context.databases.control, { space_id, id }, start);
  if (begun === null) return null;
  const { n, files_total: files, bytes_total: bytes } = begun;
  log("verification.started", {
    space_id,
    export_id: id,
    verification: n,
    reason,
    request_id: requestId,
    files,
    bytes,
  });
  const message: Message = { space_id, export_id: id, step: "verify", n, generation: 0, request_id: requestId };
  return { message, files, bytes };
}
