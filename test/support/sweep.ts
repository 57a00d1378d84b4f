/** The sweep in tests: all its messages are worked off at once, as consumers do in production. */

import type { Context, MaintenanceMessage } from "../../src/context.ts";
import { runSlice, startSweep } from "../../src/maintenance/sweep.ts";
import { SharedBudget } from "./shared-budget.ts";

/** A task that asks for another slice so often does not end. */
const MAX_SLICES = 10_000;

/** One sweep to its end: each slice is an invocation with a budget of its own. */
export async function sweep(context: Context): Promise<void> {
  const waiting: MaintenanceMessage[] = [];
  const sweeping: Context = {
    ...context,
    sendMaintenance: async (messages) => {
      waiting.push(...messages.map((message) => structuredClone(message)));
    },
  };
  await startSweep(sweeping);
  let slices = 0;
  for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
    if ((slices += 1) > MAX_SLICES) throw new Error(`${message.task} goes on after ${slices} slices`);
    const slice = message;
    if (context.budget instanceof SharedBudget) await context.budget.invoke(() => runSlice(sweeping, slice));
    else await runSlice(sweeping, slice);
  }
}
