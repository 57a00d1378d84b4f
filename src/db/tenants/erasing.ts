/**
 * Which spaces have deleted people whose rows are still to be erased: the sweep finds them here, and looks into no
 * other space's database. The two databases share no transaction, so a space is noted before its person is deleted, and
 * stays noted until no call can still be between the two.
 */

import type { Database } from "../core/database.ts";

/** Notes a space before one of its people is deleted. Times in epoch ms. @param dueAt when erasure may begin. */
export async function noteErasure(db: Database, spaceId: string, now: number, dueAt: number): Promise<void> {
  await db.run(
    `UPDATE spaces SET erasure_asked_at = max(erasure_asked_at, ?2), erasure_due_at = min(ifnull(erasure_due_at, ?3), ?3)
     WHERE id = ?1`,
    [spaceId, now, dueAt],
  );
}

export interface DueForErasure {
  id: string;
  erasure_asked_at: number;
}

/** Leases the space that is due for the longest time until `againAt`; null where none is due. Times in epoch ms. */
export const leaseSpaceForErasure = (db: Database, now: number, againAt: number) =>
  db.first<DueForErasure>(
    `UPDATE spaces SET erasure_due_at = ?2 WHERE id IN (
       SELECT id FROM spaces WHERE status <> 'deleting' AND erasure_due_at <= ?1 ORDER BY erasure_due_at LIMIT 1)
     RETURNING id, erasure_asked_at`,
    [now, againAt],
  );

/** Sets when a space is looked at again. A deletion since the lease keeps the lease's time. Epoch ms; null: never. */
export async function scheduleErasure(db: Database, space: DueForErasure, at: number | null): Promise<void> {
  const sql = "UPDATE spaces SET erasure_due_at = ?3 WHERE id = ?1 AND erasure_asked_at = ?2";
  await db.run(sql, [space.id, space.erasure_asked_at, at]);
}
