/**
 * Erases the rows of deleted people, in steps that can be repeated. A deletion waits until every export that started
 * before it has ended: such an export reads the rows as of its snapshot. A failed export that is retried later is
 * planned again.
 */

import { continueDeletion, type DueDeletion, hasPendingDeletion, leaseDueDeletions } from "../db/profiles/erasure.ts";
import { eventStoreIn } from "../db/events/sql-event-store.ts";
import { leaseSpaceForErasure, scheduleErasure } from "../db/tenants/erasing.ts";
import type { Database } from "../db/core/database.ts";
import { isReadBefore } from "../db/exports/exports.ts";
import { log } from "../log.ts";
import { type Context, MAX_INVOCATION_MS } from "../context.ts";
import { forOneSpace } from "./one-space.ts";

type Erasing = Pick<Context, "runtime" | "databases" | "budget">;

/** By then, an export whose snapshot was read before the deletion has its row, which `isReadBefore` sees. */
export const SETTLED_AFTER_MS = 60_000;

/** Deletions that are leased at the same time. */
const DELETIONS = 10;
const ROWS_PER_STEP = 1_000;
/** A person with many rows does not delay the other deletions. */
const STEPS_PER_DELETION = 10;
const RETRY_MS = 30_000;

/** One slice: erases until no deletion is due, or the budget is nearly spent. @returns whether more are due. */
export async function erase(context: Erasing): Promise<boolean> {
  const { control } = context.databases;
  do {
    const now = context.runtime.now();
    const space = await leaseSpaceForErasure(control, now, now + RETRY_MS);
    if (space === null) return false;
    await forOneSpace("erase", space.id, async () => {
      const db = context.databases.space(space.id);
      const more = await eraseDue(context, db, space.id);
      const isPending = await hasPendingDeletion(db, space.id);
      // A call that noted the space may not have deleted its person yet, as long as its invocation can run.
      const settled = space.erasure_asked_at + MAX_INVOCATION_MS;
      const at = more ? now : isPending ? now + RETRY_MS : settled > now ? settled : null;
      await scheduleErasure(control, space, at);
    });
  } while (!context.budget.isNearlySpent);
  return true;
}

/** Erases what is due of a space. @returns whether more is due at once. */
async function eraseDue(context: Erasing, db: Database, spaceId: string): Promise<boolean> {
  let more: boolean;
  do {
    const now = context.runtime.now();
    const deletions = await leaseDueDeletions(db, spaceId, now, now + RETRY_MS, DELETIONS);
    more = deletions.length === DELETIONS;
    for (const deletion of deletions) more = (await eraseSome(context, db, deletion)) || more;
    if (context.budget.isNearlySpent) return more;
  } while (more);
  return false;
}

/** Erases some steps of a deletion. @returns whether rows are left, and it is due again at once. */
async function eraseSome(context: Erasing, db: Database, deletion: DueDeletion): Promise<boolean> {
  const { space_id: spaceId, id, seq } = deletion;
  let erased = 0;
  for (let step = 0; step < STEPS_PER_DELETION && !context.budget.isNearlySpent; step += 1) {
    if (await isReadBefore(context.databases.control, spaceId, seq)) return false;
    const { rows, completed } = await eventStoreIn(db).erase(deletion, ROWS_PER_STEP, context.runtime.now());
    erased += rows;
    if (completed) {
      log("profile.erased", { space_id: spaceId, deletion_id: id, rows: erased });
      return false;
    }
  }
  await continueDeletion(db, deletion, context.runtime.now());
  return true;
}
