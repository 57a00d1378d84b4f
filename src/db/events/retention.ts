/** Events past their space's retention, and whose turn it is to be looked through. */

import type { Database } from "../core/database.ts";

/** Takes spaces whose events are due to be looked through, and puts each off. */
export async function takeSpacesToRetain(
  db: Database,
  now: number,
  againAt: number,
  limit: number,
): Promise<{ id: string; retention_days: number }[]> {
  return db.all(
    `UPDATE spaces SET retention_due_at = ?2 WHERE id IN (
       SELECT id FROM spaces WHERE status <> 'deleting' AND retention_due_at <= ?1 ORDER BY retention_due_at LIMIT ?3)
     RETURNING id, retention_days`,
    now,
    againAt,
    limit,
  );
}

/** There is more to delete than one sweep may: the space's turn comes again after those that wait longer. */
export async function retainSoon(db: Database, spaceId: string, now: number): Promise<void> {
  await db.run("UPDATE spaces SET retention_due_at = ?2 WHERE id = ?1", spaceId, now);
}

/**
 * The oldest time of which an export of the space may still read events, or null when none does: one that is under way, or
 * failed and can be retried. (0 says that it reads none.)
 */
export async function oldestNeeded(db: Database, spaceId: string, now: number): Promise<number | null> {
  const row = await db.first<{ oldest: number | null }>(
    `SELECT min(reads_from) AS oldest FROM exports
     WHERE space_id = ?1 AND status IN ('queued', 'processing', 'failed') AND reads_from <> 0
       AND (status <> 'failed' OR (deleted_at IS NULL AND expires_at > ?2))`,
    spaceId,
    now,
  );
  return row?.oldest ?? null;
}

/** Deletes the space's oldest events, as many as `limit`, that occurred before `before`. @returns how many went. */
export async function deleteEventsBefore(
  db: Database,
  spaceId: string,
  before: number,
  limit: number,
): Promise<number> {
  return db.run(
    `DELETE FROM events WHERE space_id = ?1 AND (occurred_at, id) IN
       (SELECT occurred_at, id FROM events WHERE space_id = ?1 AND occurred_at < ?2 ORDER BY occurred_at, id LIMIT ?3)`,
    spaceId,
    before,
    limit,
  );
}
