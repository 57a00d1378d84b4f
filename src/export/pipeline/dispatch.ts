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

/**
 * How many chunks of one export have a message at the same time: the first ones that are not written. The commit of a
 * chunk sends the message of the next chunk. All spaces share the queue, so this bounds how many messages of a large
 * export another space's message waits behind.
 */
export const CHUNK_WINDOW = 8;
/** The files of a result that is assembled. */
const ASSEMBLED_FILES = 1;

type DispatchContext = Pick<Context, "databases" | "runtime" | "send">;
export type DeliveriesContext = Pick<Context, "databases" | "runtime" | "sendWebhook">;

type ExportRef = Pick<Message, "space_id" | "export_id">;

/** Sends the first message of a queued export. If that fails, the sweep sends it: the export is committed already. */
export async function dispatchPlan(context: Pick<Context, "send">, of: Omit<Message, "step" | "n">): Promise<void> {
  await context
    .send([{ ...of, step: "plan", n: 0 }])
    .catch((thrown: unknown) => logFailure("export.dispatch_failed", thrown, { ...of }));
}

/**
 * After a chunk or a file was written: sends the message of the chunk that entered the window, if one did, or advances
 * the phase if it can, and sends the messages of the new phase.
 */
export async function dispatchNext(
  context: DispatchContext,
  of: ExportRef,
  entered: readonly { n: number }[] = [],
): Promise<void> {
  const current = await advance(context, of);
  if (current === null) return;
  if (current.phase === "writing") await context.send(entered.map(({ n }) => current.message("chunk", n)));
  else await sendIdle(context, of, current);
}

/** After the plan, and from the sweep: sends a message for everything that is due and has no live lease. */
export async function dispatchIdle(context: DispatchContext, of: ExportRef): Promise<void> {
  const current = await advance(context, of);
  if (current !== null) await sendIdle(context, of, current);
}

interface Current {
  phase: ExportPhase;
  message: (step: Message["step"], n?: number) => Message;
}

/** @returns null when the export is not processing any more. */
async function advance({ databases }: DispatchContext, of: ExportRef): Promise<Current | null> {
  const { space_id, export_id } = of;
  const current = await advancePhase(databases.control, { space_id, id: export_id });
  if (current === null) return null;
  const { phase, generation, request_id } = current;
  return { phase, message: (step, n = 0) => ({ space_id, export_id, step, n, generation, request_id }) };
}

async function sendIdle(context: DispatchContext, of: ExportRef, { phase, message }: Current): Promise<void> {
  const { control } = context.databases;
  const ref = { space_id: of.space_id, id: of.export_id };
  const now = context.runtime.now();
  if (phase === "writing") {
    const chunks = await idleChunks(control, ref, now, CHUNK_WINDOW);
    await context.send(chunks.map((n) => message("chunk", n)));
  } else if (phase === "assembling") {
    const files = await idleFiles(control, ref, now, ASSEMBLED_FILES);
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
