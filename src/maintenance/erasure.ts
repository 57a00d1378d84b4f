/**
 * Erases the rows of deleted people, in slices that can be repeated. A deletion waits until every export that started
 * before it has ended: such an export reads the rows as of its snapshot. A failed export that is retried later is
 * planned again.
 */

import { type DueDeletion, eraseSlice, leaseDueDeletions } from "../db/profiles/deletions.ts";
import type { Database } from "../db/core/database.ts";
import { isReadBefore } from "../db/exports/exports.ts";
import { log } from "../log.ts";
import type { Context } from "../context.ts";

type Erasing = Pick<Context, "runtime" | "databases">;

/** By then, an export whose snapshot was read before the deletion has its row, which `isReadBefore` sees. */
export const SETTLED_AFTER_MS = 60_000;

const MAX_DELETIONS = 50;
const ROWS_PER_SLICE = 1_000;
const SLICES_PER_SWEEP = 80;
/** A person with many rows does not delay the other deletions. */
const SLICES_PER_DELETION = 10;
const RETRY_MS = 30_000;

export async function erase(context: Erasing): Promise<void> {
  const now = context.runtime.now();
  let slices = SLICES_PER_SWEEP;
  for (const db of context.databases.spaces())
    for (const deletion of await leaseDueDeletions(db, now, now + RETRY_MS, MAX_DELETIONS))
      slices -= await eraseSome(context, db, deletion, Math.min(slices, SLICES_PER_DELETION));
}

/** @returns how many slices were erased. */
async function eraseSome(context: Erasing, db: Database, deletion: DueDeletion, slices: number): Promise<number> {
  let erased = 0;
  for (let slice = 0; slice < slices; slice += 1) {
    if (await isReadBefore(context.databases.control, deletion.space_id, deletion.seq)) return slice;
    const { rows, completed } = await eraseSlice(db, deletion, ROWS_PER_SLICE, context.runtime.now());
    erased += rows;
    if (!completed) continue;
    log("profile.erased", { space_id: deletion.space_id, deletion_id: deletion.id, rows: erased });
    return slice + 1;
  }
  return slices;
}
