/**
 * Moves spaces between homes while they are used (db/moves/moves.ts has the states). A step is short, looks first where
 * the move is, and may be repeated, or be made by two movers at the same time: of two, one commits. The lease saves
 * work, and nothing depends on it.
 */

import { isGuardFailure } from "../db/core/database.ts";
import { hasLeft } from "../db/core/late-driver.ts";
import { claimDueMove, findMove, type MoveRow, noteFailing, noteWorking, scheduleMove } from "../db/moves/moves.ts";
import { beginProgress, readProgress } from "../db/moves/progress.ts";
import { beginLog, MAX_COUNTED, readSource, thaw } from "../db/moves/source.ts";
import { log, logFailure } from "../log.ts";
import { stepCleaning, stepUndoing } from "./move-cleaning.ts";
import { compareChanges, comparePage, RowsDiffer } from "./move-comparing.ts";
import { copyChanges, copyPage, type Mover, PAGE_ROWS } from "./move-copying.ts";
import { failMove, type Moving, type Next, wakeAt } from "./move-states.ts";
import { FREEZE_LEASE_MS, prepareSwitch, stepSwitch } from "./move-switching.ts";

const LEASE_MS = 60_000;
/** A mover renews its lease, and says how far it came, once in this time. */
const RENEW_MS = 10_000;
/** With fewer changes than this to copy and to compare, the freeze is short. */
const FEW_CHANGES = 200;

/** One slice: continues moves until none is due, or the budget is nearly spent. @returns whether more are due. */
export async function moveSpaces(context: Moving): Promise<boolean> {
  const { budget, databases, runtime } = context;
  do {
    const now = runtime.now();
    const move = await claimDueMove(databases.control, now, now + LEASE_MS);
    if (move === null) return false;
    try {
      await continueMove(context, move);
    } catch (thrown) {
      // When its lease ends, another slice continues it. One that was overtaken by another mover has nothing to say.
      if (isGuardFailure(thrown)) log("move.overtaken", { space_id: move.space_id });
      else {
        logFailure("move.step_failed", thrown, { space_id: move.space_id, state: move.state });
        await noteFailing(databases.control, move, runtime.now());
      }
    }
  } while (!budget.isNearlySpent);
  return true;
}

/** Makes steps until there is none to make now. */
async function continueMove(context: Moving, claimed: MoveRow): Promise<void> {
  const { budget, databases, runtime } = context;
  let move: MoveRow | null = claimed;
  let renewedAt = runtime.now();
  if (claimed.state === "switching") await wakeAt(context, claimed, renewedAt + FREEZE_LEASE_MS);
  while (move !== null) {
    const next = await stepMove(context, move);
    if (move.failing_since !== null) await noteWorking(databases.control, move);
    if (next === null) return;
    if (next !== "again") return wakeAt(context, move, next);
    const now = runtime.now();
    if (budget.isNearlySpent) return scheduleMove(databases.control, move, now);
    if (now - renewedAt >= RENEW_MS && move.state === "switching") {
      await wakeAt(context, move, now + FREEZE_LEASE_MS);
      renewedAt = now;
    } else if (now - renewedAt >= RENEW_MS) {
      const come = await readProgress(databases.spaceAt(move.to_home, move.space_id), move);
      await scheduleMove(databases.control, move, now + LEASE_MS, come?.progress);
      renewedAt = now;
    }
    move = await findMove(databases.control, claimed.space_id);
  }
}

/**
 * One step of a move, from wherever it is.
 * @param pageRows rows that it copies or compares at most. @returns when the next step is due.
 */
export async function stepMove(context: Moving, move: MoveRow, pageRows = PAGE_ROWS): Promise<Next> {
  switch (move.state) {
    case "copying":
    case "switching":
      return stepForward(context, move, pageRows);
    case "cleaning":
    case "completed":
      return stepCleaning(context, move);
    case "undoing":
    case "canceled":
    case "failed":
      return stepUndoing(context, move);
  }
}

async function stepForward(context: Moving, move: MoveRow, pageRows: number): Promise<Next> {
  const { databases } = context;
  const { space_id: spaceId, from_home: from, to_home: to } = move;
  const [source, target] = [databases.spaceAt(from, spaceId), databases.spaceAt(to, spaceId)];
  const versioned = await readProgress(target, move).catch(notThere);
  if (versioned === null) {
    await beginLog(source, move);
    await databases.reviveAt(to, spaceId, move.number);
    await beginProgress(target, move);
    return "again";
  }
  const mover: Mover = { move, source, target, pageRows, ...versioned };
  const { progress } = versioned;
  const state = await readSource(source, spaceId, progress.copiedLog, progress.comparedLog);
  if (state.out === null || state.out.number !== move.number) return "again";
  try {
    if (move.state === "switching") return await stepSwitch(context, mover, state);
    if (state.out.epoch < move.epoch || state.out.state === "frozen") await thaw(source, move);
    return await stepCopy(context, mover, state);
  } catch (thrown) {
    if (!(thrown instanceof RowsDiffer)) throw thrown;
    logFailure("move.rows_differ", thrown, { space_id: spaceId });
    return failMove(
      context,
      move,
      `Rows of the table ${thrown.table} differ after they were copied, so the space stays where it is. Move it again, and report it if that fails too.`,
    );
  }
}

/** An object that had the space's data once says that they are gone. */
function notThere(thrown: unknown): null {
  if (!hasLeft(thrown)) throw thrown;
  return null;
}

/** @param state how many changes wait. */
async function stepCopy(
  context: Moving,
  mover: Mover,
  { toCopy, toCompare }: { toCopy: number; toCompare: number },
): Promise<Next> {
  const { progress } = mover;
  if (progress.phase === "copy") await copyPage(mover);
  else if (toCopy >= MAX_COUNTED || (progress.phase === "follow" && toCopy > FEW_CHANGES)) await copyChanges(mover);
  else if (progress.phase === "compare") await comparePage(mover);
  else if (toCompare > toCopy + FEW_CHANGES) await compareChanges(mover);
  else return prepareSwitch(context, mover);
  return "again";
}
