/**
 * What a move leaves behind is deleted: the old copy, once nothing can read it any more, or the copy of a move that did
 * not switch. A slice may be repeated, also late: it deletes nothing of a later move.
 */

import { type Database, isGuardFailure } from "../db/core/database.ts";
import { endMove, hasExportFrom, type MoveRow } from "../db/moves/moves.ts";
import { purgeSpaceRows } from "../db/tenants/spaces.ts";
import { noNewerMove } from "../db/moves/progress.ts";
import { beginDeleting, forgetMoves } from "../db/moves/source.ts";
import { log } from "../log.ts";
import { MAX_INVOCATION_MS } from "../context.ts";
import type { Moving, Next } from "./move-states.ts";

/** Clocks of different machines agree within this time. */
const CLOCK_SKEW_MS = 60_000;
const LOOK_AGAIN_MS = 60_000;

/**
 * The old copy stays while an export that began before the switch, or any call, may read it. Some time after its
 * deletion it is done once more, for what a mover that slept did meanwhile.
 */
export async function stepCleaning(context: Moving, move: MoveRow): Promise<Next> {
  const { databases, runtime } = context;
  const { space_id: spaceId, from_home: home, switched_at: switchedAt } = move;
  const now = runtime.now();
  const isFirst = move.state === "cleaning";
  const earliest = (switchedAt ?? now) + MAX_INVOCATION_MS;
  if (now < earliest) return earliest;
  if (await hasExportFrom(databases.control, spaceId, (switchedAt ?? now) + CLOCK_SKEW_MS)) return now + LOOK_AGAIN_MS;
  if (await deleteCopy(context, move, home, (db) => beginDeleting(db, move))) return "again";
  await endMove(databases.control, move, now, isFirst ? now + MAX_INVOCATION_MS : null);
  if (!isFirst) return null;
  log("move.completed", { space_id: spaceId, from: home, to: move.to_home });
  return now + MAX_INVOCATION_MS;
}

/**
 * Writes go on in the old home as if nothing had been; then the new one's copy goes. After a while that is done once
 * more, for what a mover that slept did meanwhile.
 */
export async function stepUndoing(context: Moving, move: MoveRow): Promise<Next> {
  const { databases, runtime } = context;
  const { space_id: spaceId, number, from_home: from, to_home: to } = move;
  if ((await forgetMoves(databases.spaceAt(from, spaceId), spaceId, number)) > 0) return "again";
  // A mover that slept finds no progress to go on from.
  if (await deleteCopy(context, move, to, (db) => forgetMoves(db, spaceId, number))) return "again";
  const now = runtime.now();
  const isFirst = move.state === "undoing";
  await endMove(databases.control, move, now, isFirst ? now + MAX_INVOCATION_MS : null);
  return isFirst ? now + MAX_INVOCATION_MS : null;
}

/**
 * Deletes a slice of what a home has of a space.
 * @param first what goes before it, where spaces share the home. @returns whether there may be more.
 */
async function deleteCopy(
  { databases, runtime }: Moving,
  move: MoveRow,
  home: string,
  first: (db: Database) => Promise<unknown>,
): Promise<boolean> {
  const { space_id: spaceId, number } = move;
  if (await databases.destroyAt(home, spaceId, runtime.now() + MAX_INVOCATION_MS, number)) return false;
  const db = databases.spaceAt(home, spaceId);
  try {
    await first(db);
    const deleted = await purgeSpaceRows(db, spaceId, [noNewerMove(spaceId, number)]);
    return deleted > 0 || (await forgetMoves(db, spaceId, number)) > 0;
  } catch (thrown) {
    // The space has come back into this home since.
    if (isGuardFailure(thrown)) return false;
    throw thrown;
  }
}
