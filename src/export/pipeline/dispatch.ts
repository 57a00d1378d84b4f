/**
 * Sends the messages that are due next. They follow from the ledger alone: from the export's phase, and from the chunks
 * and files that no consumer has a lease on. So any step and the sweep may call this, and it repeats messages that were
 * lost.
 */

import { advancePhase } from "../../db/exports/progress.ts";
import { idleChunks } from "../../db/exports/chunks.ts";
import { idleFiles } from "../../db/exports/files.ts";
import type { ExportPhase } from "../../db/exports/status.ts";
import { logFailure } from "../../log.ts";
import { listDueDeliveries } from "../../db/webhooks/deliveries.ts";
import type { Context, Message } from "../../context.ts";

/** An export has at most this many chunks. */
const MAX_MESSAGES = 20_000;

type DispatchContext = Pick<Context, "databases" | "runtime" | "send">;
export type DeliveriesContext = Pick<Context, "databases" | "runtime" | "sendWebhook">;

type ExportRef = Pick<Message, "space_id" | "export_id">;

/** Sends the first message of a queued export. If that fails, the sweep sends it: the export is committed already. */
export async function dispatchPlan(context: Pick<Context, "send">, of: Omit<Message, "step" | "n">): Promise<void> {
  await context
    .send([{ ...of, step: "plan", n: 0 }])
    .catch((thrown: unknown) => logFailure("export.dispatch_failed", thrown, { ...of }));
}

/** After a chunk or a file was written: advances the phase if it can, and sends the messages of the new phase. */
export async function dispatchNext(context: DispatchContext, of: ExportRef): Promise<void> {
  await dispatchIdle(context, of, ["assembling", "finishing"]);
}

/** After the plan, and from the sweep: sends a message for everything that is due and has no live lease. */
export async function dispatchIdle(
  context: DispatchContext,
  { space_id, export_id }: ExportRef,
  phases: readonly ExportPhase[] = ["writing", "assembling", "finishing"],
): Promise<void> {
  const { control } = context.databases;
  const current = await advancePhase(control, { space_id, id: export_id });
  if (current === null || !phases.includes(current.phase)) return;
  const { phase, generation, request_id } = current;
  const now = context.runtime.now();
  const message = (step: Message["step"], n = 0): Message => ({ space_id, export_id, step, n, generation, request_id });
  if (phase === "writing") {
    const chunks = await idleChunks(control, { space_id, id: export_id }, now, MAX_MESSAGES);
    await context.send(chunks.map((n) => message("chunk", n)));
  } else if (phase === "assembling") {
    const files = await idleFiles(control, { space_id, id: export_id }, now, MAX_MESSAGES);
    await context.send(files.map((n) => message("assemble", n)));
  } else if (phase === "finishing") {
    await context.send([message("finish")]);
  }
}

/** Sends a message for each due webhook delivery of an export or a schedule. The sweep repeats what fails here. */
export async function dispatchDeliveries(
  context: DeliveriesContext,
  spaceId: string,
  subjectId: string,
): Promise<void> {
  const due = await listDueDeliveries(context.databases.control, spaceId, subjectId, context.runtime.now());
  for (const id of due) await context.sendWebhook({ space_id: spaceId, delivery_id: id }, 0);
}
