/** The calls on an existing export: cancel, retry, delete. */

import { erasedSince } from "../../db/profiles/deletions.ts";
import { findAuth } from "../../db/tenants/destinations.ts";
import { countPending, findExport } from "../../db/exports/exports.ts";
import { deleteExport } from "../../db/exports/cleanup.ts";
import { cancelExport, retryExport } from "../../db/exports/transitions.ts";
import { isSuperseded } from "../../db/schedules/runs.ts";
import { SpillwayError } from "../../errors.ts";
import { tooManyPending } from "./create.ts";
import { type FinishedContext, onFinished } from "../pipeline/on-finished.ts";
import type { Context } from "../../context.ts";
import { dispatchPlan } from "../pipeline/dispatch.ts";
import { daySpaceHas } from "../pipeline/space-day.ts";

type RetryContext = Pick<Context, "config" | "databases" | "runtime" | "send">;
type RemoveContext = Pick<Context, "databases" | "runtime">;

/** Cancels an export. Running steps stop at their next page and delete their later uploads. @throws conflict. */
export async function cancel(context: FinishedContext, spaceId: string, exportId: string): Promise<void> {
  const now = context.runtime.now();
  const day = await daySpaceHas(context, spaceId, now);
  if (!(await cancelExport(context.databases.control, { space_id: spaceId, id: exportId }, now, day)))
    throw new SpillwayError("conflict", "Only an export that is queued or processing can be canceled.");
  await onFinished(context, spaceId, exportId);
}

/** Queues a failed export again; it continues from its last good file. @throws conflict, too_many_pending_exports. */
export async function retry(
  context: RetryContext,
  spaceId: string,
  exportId: string,
  requestId: string,
): Promise<void> {
  const { config, databases, runtime } = context;
  const { control } = databases;
  const now = runtime.now();
  const failed = await findExport(control, spaceId, exportId);
  // Deleted people's rows were erased while the export was failed, so its counts may no longer be right: plan anew.
  const anew = failed !== null && (await erasedSince(databases.space(spaceId), spaceId, failed.snapshot_seq));
  const again = { now, wakeAt: now + config.resendAfterMs, pendingLimit: config.pendingLimit, requestId, anew };
  const generation = await retryExport(control, { space_id: spaceId, id: exportId }, again);
  if (generation === null) {
    const row = await findExport(control, spaceId, exportId);
    if (row?.status !== "failed") throw new SpillwayError("conflict", "Only a failed export can be retried.");
    if ((row.expires_at ?? 0) <= now)
      throw new SpillwayError(
        "conflict",
        "The export failed too long ago to be retried: its files have expired. Create a new export.",
      );
    if (row.destination_id !== null && (await findAuth(control, spaceId, row.destination_id)) === null)
      throw new SpillwayError("conflict", "The export's destination was deleted. Create a new export.");
    if ((await countPending(control, spaceId)) >= config.pendingLimit) throw tooManyPending();
    if (await isSuperseded(control, spaceId, exportId))
      throw new SpillwayError(
        "conflict",
        "A later run of the schedule has exported what this export should have: a retry would deliver it twice.",
      );
    if (row.schedule_id !== null)
      throw new SpillwayError(
        "conflict",
        "Another export of the same schedule is in progress, or another call changed this export. Poll it.",
      );
    throw new SpillwayError("conflict", "Another call changed this export. Poll it.");
  }
  await dispatchPlan(context, { space_id: spaceId, export_id: exportId, request_id: requestId, generation });
}

/** Deletes an export that has ended; its files are deleted in the background. @returns false when it has not ended. */
export async function remove(context: RemoveContext, spaceId: string, exportId: string): Promise<boolean> {
  return deleteExport(context.databases.control, { space_id: spaceId, id: exportId }, context.runtime.now());
}
