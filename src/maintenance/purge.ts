/** Deletes the rows of deleted spaces, in slices. The files go first: their names are in the exports' rows. */

import { hasUnpurgedExports } from "../db/exports/cleanup.ts";
import { homesOf } from "../db/moves/moves.ts";
import { forgetMoves } from "../db/moves/source.ts";
import { listDeletingSpaces, purgeControlRows, purgeSpaceRows } from "../db/tenants/spaces.ts";
import { type Context, MAX_INVOCATION_MS } from "../context.ts";
import { forOneSpace } from "./one-space.ts";

/** Spaces that one query lists. */
const SPACES = 20;
/** A space with many rows does not delay the others. */
const STEPS_PER_SPACE = 10;

type Purging = Pick<Context, "budget" | "databases" | "runtime">;

/**
 * One slice.
 * @param after the id of the space before the slice: a space that waits for its files does not delay the others.
 * @returns the id of the last space that was looked at, where more are to be; empty to begin again; else false.
 */
export async function purgeSpaces(context: Purging, after: string): Promise<false | string> {
  let last = after;
  let unfinished = false;
  for (;;) {
    const spaces = await listDeletingSpaces(context.databases.control, last, SPACES);
    for (const { id } of spaces) {
      unfinished = (await forOneSpace("purgeSpaces", id, () => purgeSpace(context, id))) || unfinished;
      last = id;
      if (context.budget.isNearlySpent) return last;
    }
    if (spaces.length < SPACES) return unfinished ? "" : false;
  }
}

/** @returns whether there is more to delete now. */
async function purgeSpace({ budget, databases, runtime }: Purging, spaceId: string): Promise<boolean> {
  const { control } = databases;
  for (let step = 0; step < STEPS_PER_SPACE && !budget.isNearlySpent; step += 1) {
    if (await purgeHomes({ databases, runtime }, spaceId)) continue;
    if (await hasUnpurgedExports(control, spaceId)) return false;
    if ((await purgeControlRows(control, spaceId, runtime.now() - MAX_INVOCATION_MS)) === 0) return false;
  }
  return true;
}

/** A space that was moving has rows in two homes. @returns whether there is more to delete now. */
async function purgeHomes({ databases, runtime }: Omit<Purging, "budget">, spaceId: string): Promise<boolean> {
  let rows = 0;
  for (const home of await homesOf(databases.control, spaceId)) {
    if (await databases.destroyAt(home, spaceId, runtime.now() + MAX_INVOCATION_MS, null)) continue;
    const db = databases.spaceAt(home, spaceId);
    // First: a frozen space's rows cannot be deleted.
    rows += await forgetMoves(db, spaceId, null);
    rows += await purgeSpaceRows(db, spaceId);
  }
  return rows > 0;
}
