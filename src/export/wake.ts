/**
 * What is due next follows from the ledger, so any step, and the sweep, may ask: which phase is this export in, and which of
 * its work has nobody on it? That is sent as messages. A message that is lost is found again here.
 */

import { advancePhase } from "../db/progress.ts";
import { idleChunks } from "../db/chunks.ts";
import { idleFiles } from "../db/files.ts";
import type { ExportPhase } from "../db/status.ts";
import { logFailure } from "../log.ts";
import type { Hall, Message } from "./hall.ts";

/** As many as an export may have chunks. */
const MOST_MESSAGES = 20_000;

type Of = Pick<Message, "space_id" | "export_id">;

/** Of an export that is queued. The row is the promise, the message only wakes: if it cannot be sent, the sweep sends it. */
export async function wakePlan(hall: Hall, of: Omit<Message, "step" | "n">): Promise<void> {
  await hall
    .send([{ ...of, step: "plan", n: 0 }])
    .catch((thrown: unknown) => logFailure("export.not_sent", thrown, { ...of }));
}

/** After a chunk or a file was written: moves the phase on when it can, and wakes what this made due. */
export async function wakeNext(hall: Hall, of: Of): Promise<void> {
  await wake(hall, of, ["assembling", "finishing"]);
}

/** After the plan, and from the sweep: wakes everything that is due and idle. */
export async function wakeIdle(hall: Hall, of: Of): Promise<void> {
  await wake(hall, of, ["writing", "assembling", "finishing"]);
}

async function wake(hall: Hall, { space_id, export_id }: Of, phases: readonly ExportPhase[]): Promise<void> {
  const { control } = hall.databases;
  const going = await advancePhase(control, space_id, export_id);
  if (going === null || !phases.includes(going.phase)) return;
  const { phase, generation, request_id } = going;
  const now = hall.world.now();
  const message = (step: Message["step"], n = 0): Message => ({ space_id, export_id, step, n, generation, request_id });
  if (phase === "writing") {
    const chunks = await idleChunks(control, space_id, export_id, now, MOST_MESSAGES);
    await hall.send(chunks.map((n) => message("chunk", n)));
  } else if (phase === "assembling") {
    const files = await idleFiles(control, space_id, export_id, now, MOST_MESSAGES);
    await hall.send(files.map((n) => message("assemble", n)));
  } else if (phase === "finishing") {
    await hall.send([message("finish")]);
  }
}
