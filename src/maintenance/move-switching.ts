/**
 * A moving space switches to its new home. First no isolate keeps the old one in memory any more; then the old home
 * takes no writes for as long as it takes to copy and compare the last changes, about a second; then one
 * compare-and-set gives the space its new home. A freeze that lasts too long is given up, and tried again.
 */

import { HOME_TTL_MS } from "../db/core/home-cache.ts";
import { readSequence } from "../db/core/sequences.ts";
import { beginSwitch, giveUpSwitch, type MoveRow, switchHome } from "../db/moves/moves.ts";
import { setSequence } from "../db/moves/progress.ts";
import { freeze, type Source, thaw } from "../db/moves/source.ts";
import { log } from "../log.ts";
import { compareChanges } from "./move-comparing.ts";
import { commit, copyChanges, type Mover } from "./move-copying.ts";
import { failMove, type Moving, type Next, wakeAt } from "./move-states.ts";

/** Clocks differ a little, and an isolate's clock does not advance while it computes. */
const CLOCK_MARGIN_MS = 5_000;
/** From then on no isolate uses a home that it read before the move was about to switch. */
export const SETTLE_MS = HOME_TTL_MS + CLOCK_MARGIN_MS;
/** A freeze that lasts longer is given up. */
export const MAX_FREEZE_MS = 20_000;
/** A mover that dies or fails while a move is about to switch is followed by another one after this time. */
export const FREEZE_LEASE_MS = 12_000;
/** So often a move tries to switch. */
const MAX_EPOCHS = 5;

/** Everything is copied and compared, but for a few changes. */
export async function prepareSwitch(context: Moving, { move, progress }: Mover): Promise<Next> {
  const now = context.runtime.now();
  const at = now + SETTLE_MS;
  if (!(await beginSwitch(context.databases.control, move, progress, now, at))) return "again";
  return at;
}

/** One step of a move that is about to switch. @param state of the old home, as of a moment ago. */
export async function stepSwitch(context: Moving, mover: Mover, { out, toCopy, toCompare }: Source): Promise<Next> {
  const { move, source, progress } = mover;
  const now = context.runtime.now();
  const settledAt = (move.switching_at ?? now) + SETTLE_MS;
  if (now < settledAt) return settledAt;
  if (out === null || out.state === "deleting" || out.epoch > move.epoch) return "again";
  if (out.state === "copying") {
    // The attempt was given up by another mover meanwhile: its row says so.
    if (out.epoch === move.epoch) return "again";
    await wakeAt(context, move, now + FREEZE_LEASE_MS);
    await freeze(source, move, context.runtime.now());
    return "again";
  }
  if (now - (out.frozen_at ?? now) > MAX_FREEZE_MS) return giveUp(context, mover);
  if (progress.sealed === move.epoch) return flip(context, move, out.frozen_at);
  if (toCopy > 0) await copyChanges(mover);
  else if (toCompare > 0) await compareChanges(mover);
  else {
    const seq = await readSequence(source, move.space_id);
    await commit(mover, { sealed: move.epoch }, [setSequence(move.space_id, seq)]);
  }
  return "again";
}

async function flip(context: Moving, move: MoveRow, frozenAt: number | null): Promise<Next> {
  const now = context.runtime.now();
  if (!(await switchHome(context.databases.control, move, now, now))) return "again";
  log("move.switched", {
    space_id: move.space_id,
    from: move.from_home,
    to: move.to_home,
    frozen_ms: frozenAt === null ? null : now - frozenAt,
  });
  return "again";
}

/** Writes go on in the old home. */
async function giveUp(context: Moving, { move, source }: Mover): Promise<Next> {
  if (move.epoch >= MAX_EPOCHS)
    return failMove(
      context,
      move,
      `The space's last changes could not be copied within ${MAX_FREEZE_MS / 1000} seconds, in ${MAX_EPOCHS} attempts. Move it when fewer calls write to it.`,
    );
  if (await giveUpSwitch(context.databases.control, move)) {
    log("move.switch_given_up", { space_id: move.space_id, epoch: move.epoch });
    await thaw(source, move);
  }
  return "again";
}
