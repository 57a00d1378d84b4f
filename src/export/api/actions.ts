/** What a call may do to an export: stop it, take it up again, remove it. */

import { erasedSince } from "../../db/profiles/deletions.ts";
import { findAuth } from "../../db/tenants/destinations.ts";
import { countPending, findExport } from "../../db/exports/exports.ts";
import { deleteExport } from "../../db/exports/cleanup.ts";
import { cancelExport, retryExport } from "../../db/exports/transitions.ts";
import { SpillwayError } from "../../errors.ts";
import { tooManyPending } from "./create.ts";
import { type FinishedContext, onFinished } from "../pipeline/on-finished.ts";
import type { Context } from "../../context.ts";
import { dispatchPlan } from "../pipeline/dispatch.ts";

/** Stops an export. Steps under way find out at their next page, and take back what they upload after. @throws conflict. */
export async function cancel(context: FinishedContext, spaceId: string, exportId: string): Promise<void> {
  if (!(await cancelExport(context.databases.control, spaceId, exportId, context.runtime.now())))
    throw new SpillwayError("conflict", "The export has ended already.");
  await onFinished(context, spaceId, exportId);
}

/** Takes a failed export up again, from its last good file. @throws conflict, too_many_pending_exports. */
export async function retry(
  context: Pick<Context, "config" | "databases" | "runtime" | "send">,
  spaceId: string,
  exportId: string,
  requestId: string,
): Promise<void> {
  const { config, databases, runtime } = context;
  const { control } = databases;
  const now = runtime.now();
  const failed = await findExport(control, spaceId, exportId);
  // What people who were deleted left behind was not kept for an export that had failed.
  const anew = failed !== null && (await erasedSince(databases.space(spaceId), spaceId, failed.snapshot_seq));
  const again = { now, wakeAt: now + config.resendAfterMs, pendingLimit: config.pendingLimit, requestId, anew };
  const generation = await retryExport(control, spaceId, exportId, again);
  if (generation === null) {
    const row = await findExport(control, spaceId, exportId);
    if (row?.status !== "failed") throw new SpillwayError("conflict", "Only a failed export can be retried.");
    if ((row.expires_at ?? 0) <= now)
      throw new SpillwayError("conflict", "The export failed too long ago to be retried. Ask for a new one.");
    if (row.destination_id !== null && (await findAuth(control, spaceId, row.destination_id)) === null)
      throw new SpillwayError("conflict", "The export's destination was deleted. Ask for a new export.");
    if ((await countPending(control, spaceId)) >= config.pendingLimit) throw tooManyPending();
    if (row.schedule_id !== null)
      throw new SpillwayError(
        "conflict",
        "Another export of its schedule is under way, or the export was changed by another call. Poll it.",
      );
    throw new SpillwayError("conflict", "The export was changed by another call. Poll it.");
  }
  await dispatchPlan(context, { space_id: spaceId, export_id: exportId, request_id: requestId, generation });
}

/** Removes an export that has ended. Its files go in the background. @returns false when it is under way. */
export async function remove(
  context: Pick<Context, "databases" | "runtime">,
  spaceId: string,
  exportId: string,
): Promise<boolean> {
  return deleteExport(context.databases.control, spaceId, exportId, context.runtime.now());
}
