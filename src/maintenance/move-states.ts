/** What the steps of a move share: what they need, when the next one is due, and how a move fails. */

import { type MoveRow, scheduleMove, undoMove } from "../db/moves/moves.ts";
import { log } from "../log.ts";
import type { Context } from "../context.ts";

export type Moving = Pick<Context, "budget" | "databases" | "runtime" | "sendMaintenance">;

/** When a move goes on: at once, at a time (epoch ms), or never. */
export type Next = "again" | number | null;

/** The sweep looks once a minute in any case. */
const SWEEP_MS = 60_000;

/** Makes a move due at a time, and sends a message for then where the sweep would come late. Epoch ms. */
export async function wakeAt(context: Moving, move: MoveRow, at: number): Promise<void> {
  const now = context.runtime.now();
  await scheduleMove(context.databases.control, move, at);
  const delay = Math.ceil((at - now) / 1000);
  if (at - now < SWEEP_MS)
    await context.sendMaintenance([{ task: "moveSpaces", until: at + SWEEP_MS, after: "" }], Math.max(0, delay));
}

/** Gives a move up that has not switched. @param error public. */
export async function failMove(context: Moving, move: MoveRow, error: string): Promise<Next> {
  await undoMove(context.databases.control, move.space_id, move.number, error, context.runtime.now());
  log("move.failed", { space_id: move.space_id, from: move.from_home, to: move.to_home, error });
  return "again";
}
