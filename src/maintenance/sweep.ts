/**
 * The sweep, every minute (locally every few seconds): each maintenance task gets a message of its own. A consumer does
 * one bounded slice of the task; where more is due, it sends the message of the next slice. So a task that has much to
 * do, or fails, delays no other. Slices are repeatable, and may run at the same time.
 */

import { log, logFailure } from "../log.ts";
import { type Context, MAINTENANCE_TASKS, type MaintenanceMessage } from "../context.ts";
import type { Verdict } from "../export/pipeline/run.ts";
import { TASKS } from "./tasks.ts";

/** The time from one sweep to the next: the slices of a task that one sweep began go on for so long. */
const INTERVAL_MS = 60_000;

/** Sends a message for each task. @throws when the queue does not answer: the next sweep follows in a minute. */
export async function startSweep(context: Pick<Context, "runtime" | "sendMaintenance">): Promise<void> {
  const until = context.runtime.now() + INTERVAL_MS;
  await context.sendMaintenance(MAINTENANCE_TASKS.map((task) => ({ task, until, after: "" })));
  // The heartbeat: while this line is missing, lost messages are not resent.
  log("sweep", { tasks: MAINTENANCE_TASKS.length });
}

/**
 * Does one slice of a task, and sends the message of the next where more is due, unless the next sweep has begun. Never
 * throws: a failed slice is not retried, because the next sweep begins the task again.
 */
export async function runSlice(context: Context, message: MaintenanceMessage): Promise<Verdict> {
  const { task, until, after } = message;
  const startedAt = context.runtime.now();
  let continued = false;
  async function goOn(cursor: string): Promise<void> {
    if (continued || context.runtime.now() >= until) return;
    continued = true;
    await context
      .sendMaintenance([{ task, until, after: cursor }])
      .catch((thrown: unknown) => logFailure("sweep.not_continued", thrown, { task }));
  }
  try {
    const next = await TASKS[task](context, { after, goOn: () => goOn("") });
    if (next !== false) await goOn(next === true ? "" : next);
    log("sweep.slice", { task, more: next !== false, ms: context.runtime.now() - startedAt });
  } catch (thrown) {
    logFailure("sweep.failed", thrown, { task });
  }
  return "ack";
}

/** A consumer died at a slice of this task. */
export async function logDeadSlice({ task }: MaintenanceMessage): Promise<Verdict> {
  log("message.dead_lettered", { task });
  return "ack";
}
