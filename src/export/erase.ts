/**
 * erase: what deleted people left behind goes, in slices, each of which can be repeated. Not before every export that began
 * before the deletion has ended: it still reads what stood at its snapshot. One that had failed and is retried later is planned
 * anew.
 */

import { type DueDeletion, eraseSlice, takeDueDeletions } from "../db/deletions.ts";
import type { Database } from "../db/database.ts";
import { isReadBefore } from "../db/exports.ts";
import { log } from "../log.ts";
import type { Hall } from "./hall.ts";

/** By then an export whose snapshot was read before the deletion stands in its table, where it is seen. */
export const SETTLED_AFTER_MS = 60_000;

const MOST_DELETIONS = 50;
const ROWS_A_SLICE = 1_000;
const SLICES_A_SWEEP = 80;
/** So that nobody with many rows keeps the others waiting. */
const SLICES_A_DELETION = 10;
const AGAIN_MS = 30_000;

export async function erase(hall: Hall): Promise<void> {
  const now = hall.world.now();
  let slices = SLICES_A_SWEEP;
  for (const db of hall.databases.spaces())
    for (const deletion of await takeDueDeletions(db, now, now + AGAIN_MS, MOST_DELETIONS))
      slices -= await eraseSome(hall, db, deletion, Math.min(slices, SLICES_A_DELETION));
}

/** @returns how many slices it took. */
async function eraseSome(hall: Hall, db: Database, deletion: DueDeletion, slices: number): Promise<number> {
  let erased = 0;
  for (let taken = 0; taken < slices; taken += 1) {
    if (await isReadBefore(hall.databases.control, deletion.space_id, deletion.seq)) return taken;
    const { rows, completed } = await eraseSlice(db, deletion, ROWS_A_SLICE, hall.world.now());
    erased += rows;
    if (!completed) continue;
    log("profile.erased", { space_id: deletion.space_id, deletion_id: deletion.id, rows: erased });
    return taken + 1;
  }
  return slices;
}
