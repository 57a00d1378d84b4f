/**
 * What is due next follows from the ledger, so any step, and the sweep, may ask: which phase is this export in, and which of
 * its work has nobody on it? That is sent as messages. A message that is lost is found again here.
 */

import { advancePhase } from "../db/moves.ts";
import { idleChunks } from "../db/chunks.ts";
import { idleFiles } from "../db/files.ts";
import { logFailure } from "../log.ts";
import type { Hall, Message } from "./hall.ts";

const MOST_MESSAGES = 2_000;

/** Whose work is due: as messages name it. */
export type Woken = Pick<Message, "space_id" | "export_id" | "request_id">;

/** Of an export that is queued. The row is the promise, the message only wakes: if it cannot be sent, the sweep sends it. */
export async function wakePlan(hall: Hall, of: Woken): Promise<void> {
  await hall
    .send([{ ...of, step: "plan", n: 0 }])
    .catch((thrown: unknown) => logFailure("export.not_sent", thrown, { ...of }));
}

/** After a chunk or a file was written: moves the phase on when it can, and wakes what this made due. */
export async function wakeNext(hall: Hall, of: Woken): Promise<void> {
  const phase = await advancePhase(hall.databases.control, of.space_id, of.export_id);
  if (phase === "assembling" || phase === "finishing") await wake(hall, of, phase);
}

/** After the plan, and from the sweep: wakes everything that is due and idle. */
export async function wakeIdle(hall: Hall, of: Woken): Promise<void> {
  const phase = await advancePhase(hall.databases.control, of.space_id, of.export_id);
  if (phase !== null) await wake(hall, of, phase);
}

async function wake(hall: Hall, of: Woken, phase: string): Promise<void> {
  const { control } = hall.databases;
  const now = hall.world.now();
  const message = (step: Message["step"], n = 0): Message => ({
    space_id: of.space_id,
    export_id: of.export_id,
    step,
    n,
    request_id: of.request_id,
  });
  if (phase === "writing") {
    const chunks = await idleChunks(control, of.space_id, of.export_id, now, MOST_MESSAGES);
    await hall.send(chunks.map((n) => message("chunk", n)));
  } else if (phase === "assembling") {
    const files = await idleFiles(control, of.space_id, of.export_id, now, MOST_MESSAGES);
    await hall.send(files.map((n) => message("assemble", n)));
  } else if (phase === "finishing") {
    await hall.send([message("finish")]);
  }
}
