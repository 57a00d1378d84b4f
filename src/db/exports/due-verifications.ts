/** Verifications of all spaces that the sweep begins, because a schedule asks for them, or sends on. */

import type { Database } from "../core/database.ts";

/** Which verification: what its message names. */
export interface VerificationRef {
  space_id: string;
  export_id: string;
  n: number;
  request_id: string;
}

/**
 * Every space's verifications that run and are due to be checked, without a live lease: their messages were lost. Each
 * gets a later time for its next check before it is returned.
 */
export const claimStuckVerifications = (db: Database, now: number, resendAfterMs: number, limit: number) =>
  db.all<VerificationRef>(
    `UPDATE export_verifications SET wake_at = ?1 + min(max(?2, (?1 - started_at) / 2), 900000)
     WHERE export_id IN (SELECT export_id FROM export_verifications
       WHERE status = 'running' AND wake_at <= ?1 AND lease_until <= ?1 ORDER BY wake_at LIMIT ?3)
     RETURNING space_id, export_id, n, request_id`,
    [now, resendAfterMs, limit],
  );

/**
 * Every space's exports whose schedules ask for a verification that is due.
 * @returns `wanted` 0: the files have expired, or the schedule or its space does not ask for it any more.
 */
export const listDueVerifications = (db: Database, now: number, limit: number) =>
  db.all<{ id: string; space_id: string; wanted: number }>(
    `SELECT e.id, e.space_id, e.status = 'completed' AND e.deleted_at IS NULL AND EXISTS (
         SELECT 1 FROM schedules s JOIN spaces p ON p.id = s.space_id AND p.status = 'active'
         WHERE s.space_id = e.space_id AND s.id = e.schedule_id AND s.verify_after_days IS NOT NULL) AS wanted
     FROM exports e WHERE e.verify_at <= ?1 ORDER BY e.verify_at LIMIT ?2`,
    [now, limit],
  );
