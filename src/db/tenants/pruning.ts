/** Which spaces are due for pruning superseded versions, and the oldest snapshot that an export still reads. */

import type { Database } from "../core/database.ts";

/** A space whose superseded versions are to be pruned. */
export interface DueForPruning {
  id: string;
  /** A sequence number that was read when the last pruning ended: versions that ended up to it are to be pruned. */
  pruning_seq: number;
}

/** Leases the space that is due for the longest time until `againAt`; null where none is due. Times in epoch ms. */
export const leaseSpaceForPruning = (db: Database, now: number, againAt: number) =>
  db.first<DueForPruning>(
    `UPDATE spaces SET pruning_due_at = ?2 WHERE id IN (
       SELECT id FROM spaces WHERE status <> 'deleting' AND pruning_due_at <= ?1 ORDER BY pruning_due_at LIMIT 1)
     RETURNING id, pruning_seq`,
    [now, againAt],
  );

/** Sets when a space is pruned next (epoch ms), and up to which sequence number. */
export async function schedulePruning(db: Database, spaceId: string, next: { at: number; seq: number }): Promise<void> {
  await db.run("UPDATE spaces SET pruning_due_at = ?2, pruning_seq = max(pruning_seq, ?3) WHERE id = ?1", [
    spaceId,
    next.at,
    next.seq,
  ]);
}

/** The most failed exports that are looked at: with more of them the space is pruned when some have expired. */
const MAX_FAILED = 100_000;

/**
 * The oldest snapshot that an export of the space reads, or may read after a retry.
 * @param now epoch ms; earlier than the clock, where other machines' clocks may be slow.
 * @returns null where there is no such export; 0 where there are too many failed ones to look at.
 */
export async function oldestSnapshot(db: Database, spaceId: string, now: number): Promise<number | null> {
  const row = await db.first<{ running: number | null; failed: number | null; n: number }>(
    `SELECT (SELECT min(snapshot_seq) FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing')) AS running,
       min(snapshot_seq) AS failed, count(*) AS n
     FROM (SELECT snapshot_seq FROM exports
       WHERE space_id = ?1 AND status = 'failed' AND deleted_at IS NULL AND expires_at > ?2 LIMIT ?3)`,
    [spaceId, now, MAX_FAILED],
  );
  if (row === null || row.n >= MAX_FAILED) return 0;
  const snapshots = [row.running, row.failed].filter((seq) => seq !== null);
  return snapshots.length === 0 ? null : Math.min(...snapshots);
}
