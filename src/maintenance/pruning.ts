/**
 * Prunes superseded versions of profiles, definitions of what profiles have, ad objects, flows and segments, and the
 * versions of deleted event definitions: those of others stay readable. A version stays while an export
 * that is running, or failed and can be retried, has a snapshot from before its end. It stays a day and an hour beyond
 * its end in any case: a cursor of List Events reads an old snapshot for a day, and an export may have read its
 * snapshot and not have its row yet. Nothing else reads old versions: an increment compares the number at which a
 * person's current version began with the earlier export's snapshot.
 */

import { deleteSuperseded } from "../db/core/versions.ts";
import { readSequence } from "../db/core/sequences.ts";
import { type DueForPruning, leaseSpaceForPruning, oldestSnapshot, schedulePruning } from "../db/tenants/pruning.ts";
import { log } from "../log.ts";
import { type Context, MAX_INVOCATION_MS } from "../context.ts";
import { DAY_MS, HOUR_MS } from "../time/durations.ts";
import { forOneSpace } from "./one-space.ts";

/** How long a superseded version is kept at least, and how often a space is pruned. */
export const KEPT_MS = DAY_MS + HOUR_MS;
/** Clocks of different machines agree within this time. */
const CLOCK_SKEW_MS = 60_000;
/** Versions of each table in one transaction. A profile's version may have two megabytes. */
const ROWS_PER_STEP = 500;
/** A space with many old versions does not delay the others. */
const STEPS_PER_SPACE = 20;

type Pruning = Pick<Context, "runtime" | "databases" | "budget">;

/** One slice: prunes spaces until none is due, or the budget is nearly spent. @returns whether more are due. */
export async function pruneVersions(context: Pruning, rowsPerStep = ROWS_PER_STEP): Promise<boolean> {
  const { control } = context.databases;
  do {
    const now = context.runtime.now();
    const space = await leaseSpaceForPruning(control, now, now + MAX_INVOCATION_MS);
    if (space === null) return false;
    await forOneSpace("pruneVersions", space.id, async () => {
      // Read before versions are deleted: those that end from now on are pruned the next time.
      const seq = await readSequence(context.databases.space(space.id), space.id);
      const more = await pruneSpace(context, space, rowsPerStep);
      await schedulePruning(control, space.id, more ? { at: now, seq: 0 } : { at: now + KEPT_MS, seq });
    });
  } while (!context.budget.isNearlySpent);
  return true;
}

/** @returns whether there is more to delete. */
async function pruneSpace(context: Pruning, space: DueForPruning, rowsPerStep: number): Promise<boolean> {
  const { databases, runtime, budget } = context;
  const oldest = await oldestSnapshot(databases.control, space.id, runtime.now() - CLOCK_SKEW_MS);
  const upTo = Math.min(space.pruning_seq, oldest ?? Infinity);
  const db = databases.space(space.id);
  let versions = 0;
  let more = true;
  for (let step = 0; more && step < STEPS_PER_SPACE; step += 1) {
    const slice = await deleteSuperseded(db, space.id, upTo, rowsPerStep);
    versions += slice.deleted;
    ({ more } = slice);
    if (budget.isNearlySpent) break;
  }
  if (versions > 0) log("versions.pruned", { space_id: space.id, versions });
  return more;
}
