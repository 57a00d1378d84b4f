/**
 * erase: what deleted people left behind goes, in slices, each of which can be repeated. Not before every export that began
 * before the deletion has ended: it still reads what stood at its snapshot. One that had failed and is retried later is planned
 * anew.
 */

import { type DueDeletion, eraseSlice, leaseDueDeletions } from "../db/profiles/deletions.ts";
import type { Database } from "../db/core/database.ts";
import { isReadBefore } from "../db/exports/exports.ts";
import { log } from "../log.ts";
import type { Context } from "../context.ts";

/** By then an export whose snapshot was read before the deletion stands in its table, where it is seen. */
export const SETTLED_AFTER_MS = 60_000;

const MAX_DELETIONS = 50;
const ROWS_PER_SLICE = 1_000;
const SLICES_PER_SWEEP = 80;
/** So that nobody with many rows keeps the others waiting. */
const SLICES_PER_DELETION = 10;
const AGAIN_MS = 30_000;

export async function erase(context: Context): Promise<void> {
  const now = context.runtime.now();
  let slices = SLICES_PER_SWEEP;
  for (const db of context.databases.spaces())
    for (const deletion of await leaseDueDeletions(db, now, now + AGAIN_MS, MAX_DELETIONS))
      slices -= await eraseSome(context, db, deletion, Math.min(slices, SLICES_PER_DELETION));
}

/** @returns how many slices it took. */
async function eraseSome(context: Context, db: Database, deletion: DueDeletion, slices: number): Promise<number> {
  let erased = 0;
  for (let taken = 0; taken < slices; taken += 1) {
    if (await isReadBefore(context.databases.control, deletion.space_id, deletion.seq)) return taken;
    const { rows, completed } = await eraseSlice(db, deletion, ROWS_PER_SLICE, context.runtime.now());
    erased += rows;
    if (!completed) continue;
    log("profile.erased", { space_id: deletion.space_id, deletion_id: deletion.id, rows: erased });
    return taken + 1;
  }
  return slices;
}
