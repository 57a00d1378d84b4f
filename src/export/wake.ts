/**
 * What is due next follows from the ledger, so any step, and the sweep, may ask: which phase is this export in, and which of
 * its work has nobody on it? That is sent as messages. A message that is lost is found again here.
 */

import { advancePhase } from "../db/exports.ts";
import { idleChunks } from "../db/chunks.ts";
import { idleFiles } from "../db/files.ts";
import type { Hall, Message } from "./hall.ts";

const MOST_MESSAGES = 2_000;

/** After a chunk or a file was written: moves the phase on when it can, and wakes what this made due. */
export async function wakeNext(hall: Hall, spaceId: string, exportId: string): Promise<void> {
  const phase = await advancePhase(hall.databases.control, spaceId, exportId);
  if (phase === "assembling" || phase === "finishing") await wake(hall, spaceId, exportId, phase);
}

/** After the plan, and from the sweep: wakes everything that is due and idle. */
export async function wakeIdle(hall: Hall, spaceId: string, exportId: string): Promise<void> {
  const phase = await advancePhase(hall.databases.control, spaceId, exportId);
  if (phase !== null) await wake(hall, spaceId, exportId, phase);
}

async function wake(hall: Hall, spaceId: string, exportId: string, phase: string): Promise<void> {
  const { control } = hall.databases;
  const now = hall.world.now();
  const message = (step: Message["step"], n = 0): Message => ({ space_id: spaceId, export_id: exportId, step, n });
  if (phase === "writing") {
    const chunks = await idleChunks(control, spaceId, exportId, now, MOST_MESSAGES);
    await hall.send(chunks.map((n) => message("chunk", n)));
  } else if (phase === "assembling") {
    const files = await idleFiles(control, spaceId, exportId, now, MOST_MESSAGES);
    await hall.send(files.map((n) => message("assemble", n)));
  } else if (phase === "finishing") {
    await hall.send([message("finish")]);
  }
}
