/**
 * What is due next follows from the ledger, so any step, and the sweep, may ask: which phase is this export in, and which of
 * its work has nobody on it? That is sent as messages. A message that is lost is found again here.
 */

import { advancePhase } from "../../db/exports/progress.ts";
import { idleChunks } from "../../db/exports/chunks.ts";
import { idleFiles } from "../../db/exports/files.ts";
import type { ExportPhase } from "../../db/exports/status.ts";
import { logFailure } from "../../log.ts";
import { listDueOfExport } from "../../db/webhooks/deliveries.ts";
import type { Context, Message } from "../../context.ts";

/** As many as an export may have chunks. */
const MAX_MESSAGES = 20_000;

export type DispatchContext = Pick<Context, "databases" | "runtime" | "send">;
export type DeliveriesContext = Pick<Context, "databases" | "runtime" | "sendWebhook">;

type Of = Pick<Message, "space_id" | "export_id">;

/** Of an export that is queued. The row is the promise, the message only wakes: if it cannot be sent, the sweep sends it. */
export async function dispatchPlan(context: Pick<Context, "send">, of: Omit<Message, "step" | "n">): Promise<void> {
  await context
    .send([{ ...of, step: "plan", n: 0 }])
    .catch((thrown: unknown) => logFailure("export.not_sent", thrown, { ...of }));
}

/** After a chunk or a file was written: moves the phase on when it can, and wakes what this made due. */
export async function dispatchNext(context: DispatchContext, of: Of): Promise<void> {
  await wake(context, of, ["assembling", "finishing"]);
}

/** After the plan, and from the sweep: wakes everything that is due and idle. */
export async function dispatchIdle(context: DispatchContext, of: Of): Promise<void> {
  await wake(context, of, ["writing", "assembling", "finishing"]);
}

async function wake(
  context: DispatchContext,
  { space_id, export_id }: Of,
  phases: readonly ExportPhase[],
): Promise<void> {
  const { control } = context.databases;
  const going = await advancePhase(control, space_id, export_id);
  if (going === null || !phases.includes(going.phase)) return;
  const { phase, generation, request_id } = going;
  const now = context.runtime.now();
  const message = (step: Message["step"], n = 0): Message => ({ space_id, export_id, step, n, generation, request_id });
  if (phase === "writing") {
    const chunks = await idleChunks(control, space_id, export_id, now, MAX_MESSAGES);
    await context.send(chunks.map((n) => message("chunk", n)));
  } else if (phase === "assembling") {
    const files = await idleFiles(control, space_id, export_id, now, MAX_MESSAGES);
    await context.send(files.map((n) => message("assemble", n)));
  } else if (phase === "finishing") {
    await context.send([message("finish")]);
  }
}

/** Sends a message for each due webhook delivery of an export, or of a schedule. The sweep repeats what fails here. */
export async function dispatchDeliveries(
  context: DeliveriesContext,
  spaceId: string,
  subjectId: string,
): Promise<void> {
  const due = await listDueOfExport(context.databases.control, spaceId, subjectId, context.runtime.now());
  for (const id of due) await context.sendWebhook({ space_id: spaceId, delivery_id: id }, 0);
}
