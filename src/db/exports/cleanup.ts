/** Ended exports: which objects to delete, and when to delete the records themselves. */

import { type Database, statement } from "../core/database.ts";
import { noLiveLease } from "./progress.ts";
import type { ExportKey } from "./status.ts";

export interface ExportToCleanUp {
  id: string;
  space_id: string;
  request_id: string;
  plan_version: number;
  cleanup_at: number;
  completed_at: number | null;
  destination: string | null;
  destination_id: string | null;
  /** 1: it is completed and stays; only objects beside its files are deleted. */
  stays: number;
}

/** Every space's exports that may have orphaned objects in the bucket, and no live lease. */
export async function listToCleanUp(db: Database, now: number, limit: number): Promise<ExportToCleanUp[]> {
  return db.all(
    `SELECT e.id, e.space_id, e.request_id, e.plan_version, e.cleanup_at, e.completed_at, e.destination, e.destination_id,
       e.status = 'completed' AND e.deleted_at IS NULL AS stays
     FROM exports e WHERE e.cleanup_at <= ?1 AND ${noLiveLease("?1")} ORDER BY e.cleanup_at LIMIT ?2`,
    [now, limit],
  );
}

/** @param next when to clean up again; null: all is deleted. Changes nothing if another call set a new time. */
export async function markCleanedUp(
  db: Database,
  of: ExportToCleanUp,
  next: number | null,
  now: number,
): Promise<void> {
  await db.run(
    `UPDATE exports SET cleanup_at = ?4, files_purged_at = CASE WHEN ?4 IS NULL AND ?5 = 0 THEN ?6 ELSE files_purged_at END
     WHERE space_id = ?1 AND id = ?2 AND cleanup_at = ?3`,
    [of.space_id, of.id, of.cleanup_at, next, of.stays, now],
  );
}

/** Does a space have exports whose files may still be in the bucket? */
export async function hasUnpurgedExports(db: Database, spaceId: string): Promise<boolean> {
  const sql = "SELECT 1 AS found FROM exports WHERE space_id = ?1 AND files_purged_at IS NULL LIMIT 1";
  return (await db.first(sql, [spaceId])) !== null;
}

/** Deletes an ended export: its id is unknown from now on; its files and its record are deleted in the background. */
export async function deleteExport(db: Database, of: ExportKey, now: number): Promise<boolean> {
  const deleted = await db.run(
    `UPDATE exports SET deleted_at = ?3, cleanup_at = ?3
     WHERE space_id = ?1 AND id = ?2 AND deleted_at IS NULL AND status NOT IN ('queued', 'processing')`,
    [of.space_id, of.id, now],
  );
  return deleted > 0;
}

/**
 * Deletes exports of every space that ended before `before`: failed, canceled and expired ones, and those that were
 * delivered to a customer's bucket, which never expire. At most `limit` of both kinds each.
 * @returns how many were deleted.
 */
export async function deleteOldExports(db: Database, before: number, now: number, limit: number): Promise<number> {
  const old = (which: string) =>
    statement(
      `UPDATE exports SET deleted_at = ?2, cleanup_at = ?2 WHERE id IN (
         SELECT id FROM exports WHERE ${which} AND deleted_at IS NULL AND status_at <= ?1 ORDER BY status_at LIMIT ?3)`,
      [before, now, limit],
    );
  const results = await db.batch([
    old("status IN ('failed', 'canceled', 'expired')"),
    old("status = 'completed' AND destination IS NOT NULL"),
  ]);
  return results.reduce((sum, { changes }) => sum + changes, 0);
}

/** Deleted exports of every space whose files are deleted and whose webhook deliveries have ended. */
export async function listPurgeable(db: Database, limit: number): Promise<{ id: string; space_id: string }[]> {
  return db.all(
    `SELECT e.id, e.space_id FROM exports e WHERE e.deleted_at IS NOT NULL AND e.cleanup_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d
         WHERE d.space_id = e.space_id AND d.subject_id = e.id AND d.status = 'pending')
     ORDER BY e.deleted_at LIMIT ?1`,
    [limit],
  );
}

/** The tables of an export's rows, which name it by `export_id`. */
export const EXPORT_TABLES = [
  "export_chunks",
  "export_files",
  "export_upload_parts",
  "export_messages",
  "export_events",
  "export_verifications",
  "export_verification_problems",
] as const;

/** Deletes an export's record and every row that belongs to it. */
export async function purgeExport(db: Database, of: ExportKey): Promise<void> {
  const hanging = (column: string) => (table: string) =>
    statement(`DELETE FROM ${table} WHERE space_id = ?1 AND ${column} = ?2`, [of.space_id, of.id]);
  await db.batch([
    ...EXPORT_TABLES.map(hanging("export_id")),
    ...["webhook_attempts", "webhook_deliveries"].map(hanging("subject_id")),
    statement("DELETE FROM exports WHERE space_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL", [of.space_id, of.id]),
  ]);
}
