/** Which spaces are due for deleting events past their retention, and how far an export still needs them. */

import type { Database } from "../core/database.ts";

/** Leases spaces that are due, and moves each one's due time to `againAt`. Times in epoch ms. */
export const leaseSpacesForRetention = (db: Database, now: number, againAt: number, limit: number) =>
  db.all<{ id: string; retention_days: number }>(
    `UPDATE spaces SET retention_due_at = ?2 WHERE id IN (
       SELECT id FROM spaces WHERE status <> 'deleting' AND retention_due_at <= ?1 ORDER BY retention_due_at LIMIT ?3)
     RETURNING id, retention_days`,
    [now, againAt, limit],
  );

/** Makes a space with more to delete due at once, after the spaces that have waited longer. */
export async function scheduleRetentionNow(db: Database, spaceId: string, now: number): Promise<void> {
  await db.run("UPDATE spaces SET retention_due_at = ?2 WHERE id = ?1", [spaceId, now]);
}

/**
 * The oldest time of which an export of the space may still read events, or null when none does. Running exports count,
 * and failed ones that can be retried. An export with reads_from = 0 reads no events.
 */
export async function oldestNeeded(db: Database, spaceId: string, now: number): Promise<number | null> {
  const row = await db.first<{ oldest: number | null }>(
    `SELECT min(reads_from) AS oldest FROM exports
     WHERE space_id = ?1 AND status IN ('queued', 'processing', 'failed') AND reads_from <> 0
       AND (status <> 'failed' OR (deleted_at IS NULL AND expires_at > ?2))`,
    [spaceId, now],
  );
  return row?.oldest ?? null;
}
