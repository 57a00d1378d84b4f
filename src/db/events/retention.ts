/** Which spaces are due for deleting events past their retention, and how far an export still needs them. */

import type { Database } from "../core/database.ts";

/** A space that is looked through. `bytes_due_at`: when its own database is measured again, epoch ms. */
export interface RetainedSpace {
  id: string;
  retention_days: number;
  home: string;
  bytes_due_at: number;
}

/** Leases the space that is due for the longest time until `againAt`; null where none is due. Times in epoch ms. */
export const leaseSpaceForRetention = (db: Database, now: number, againAt: number) =>
  db.first<RetainedSpace>(
    `UPDATE spaces SET retention_due_at = ?2 WHERE id IN (
       SELECT id FROM spaces WHERE status <> 'deleting' AND retention_due_at <= ?1 ORDER BY retention_due_at LIMIT 1)
     RETURNING id, retention_days, home, bytes_due_at`,
    [now, againAt],
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
    `SELECT min(reads_from) AS oldest FROM (
       SELECT reads_from FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing') AND reads_from <> 0
       UNION ALL
       SELECT reads_from FROM exports
       WHERE space_id = ?1 AND status = 'failed' AND deleted_at IS NULL AND expires_at > ?2 AND reads_from <> 0)`,
    [spaceId, now],
  );
  return row?.oldest ?? null;
}
