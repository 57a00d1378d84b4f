/** Spaces: the tenants. */

import { type Database, statement } from "../core/database.ts";
import type { Position } from "../core/pagination.ts";

export interface SpaceRow {
  id: string;
  name: string;
  timezone: string;
  retention_days: number;
  status: "active" | "inactive" | "deleting";
  external_id: string;
  created_at: number;
}

const COLUMNS = "id, name, timezone, retention_days, status, external_id, created_at";

export async function insertSpace(db: Database, space: SpaceRow, sealedWebhookSecret: string): Promise<void> {
  await db.run(
    `INSERT INTO spaces (${COLUMNS}, webhook_secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    space.id,
    space.name,
    space.timezone,
    space.retention_days,
    space.status,
    space.external_id,
    space.created_at,
    sealedWebhookSecret,
  );
}

export async function findSpace(db: Database, spaceId: string): Promise<SpaceRow | null> {
  return db.first<SpaceRow>(`SELECT ${COLUMNS} FROM spaces WHERE id = ?1 AND status <> 'deleting'`, spaceId);
}

/** Newest first. */
export async function listSpaces(db: Database, limit: number, after: Position | null): Promise<SpaceRow[]> {
  return db.all<SpaceRow>(
    `SELECT ${COLUMNS} FROM spaces
     WHERE status <> 'deleting' AND (?2 IS NULL OR (created_at, id) < (?2, ?3))
     ORDER BY created_at DESC, id DESC LIMIT ?1`,
    limit,
    after?.time ?? null,
    after?.id ?? null,
  );
}

export interface SpaceChange {
  name?: string | undefined;
  timezone?: string | undefined;
  retention_days?: number | undefined;
  status?: "active" | "inactive" | undefined;
}

/** @returns the space as it is now, or null where there is none. */
export async function updateSpace(db: Database, spaceId: string, change: SpaceChange): Promise<SpaceRow | null> {
  return db.first<SpaceRow>(
    `UPDATE spaces SET name = coalesce(?2, name), timezone = coalesce(?3, timezone),
       retention_days = coalesce(?4, retention_days), status = coalesce(?5, status)
     WHERE id = ?1 AND status <> 'deleting' RETURNING ${COLUMNS}`,
    spaceId,
    change.name ?? null,
    change.timezone ?? null,
    change.retention_days ?? null,
    change.status ?? null,
  );
}

/** The sealed key of the space's hashes, or null as long as there is none. */
export async function findRedactionSecret(db: Database, spaceId: string): Promise<string | null> {
  const row = await db.first<{ redaction_secret: string | null }>(
    "SELECT redaction_secret FROM spaces WHERE id = ?1",
    spaceId,
  );
  return row?.redaction_secret ?? null;
}

/** @param fresh becomes the key where there is none yet. @returns the one that stands. */
export async function keepRedactionSecret(db: Database, spaceId: string, fresh: string): Promise<string> {
  const row = await db.first<{ redaction_secret: string }>(
    "UPDATE spaces SET redaction_secret = coalesce(redaction_secret, ?2) WHERE id = ?1 RETURNING redaction_secret",
    spaceId,
    fresh,
  );
  if (row === null) throw new Error("the space is gone");
  return row.redaction_secret;
}

/** From here on nobody sees the space, and its exports stop; its rows and files go in the background. @returns whether it was there. */
export async function markSpaceDeleting(db: Database, spaceId: string, now: number): Promise<boolean> {
  const [marked] = await db.batch([
    statement(
      "UPDATE spaces SET status = 'deleting', deleted_at = ?2 WHERE id = ?1 AND status <> 'deleting'",
      spaceId,
      now,
    ),
    statement(
      `UPDATE exports SET status = 'canceled', status_at = ?2, completed_at = ?2 WHERE space_id = ?1 AND status IN ('queued', 'processing')`,
      spaceId,
      now,
    ),
    statement("UPDATE exports SET deleted_at = ?2, cleanup_at = ?2 WHERE space_id = ?1", spaceId, now),
    statement("UPDATE webhook_endpoints SET enabled = 0 WHERE space_id = ?1", spaceId),
    statement("DELETE FROM webhook_deliveries WHERE space_id = ?1 AND status = 'pending'", spaceId),
  ]);
  return (marked?.changes ?? 0) > 0;
}

/** Spaces whose rows are still to go. */
export async function listDeletingSpaces(db: Database, limit: number): Promise<{ id: string }[]> {
  return db.all("SELECT id FROM spaces WHERE status = 'deleting' ORDER BY deleted_at LIMIT ?1", limit);
}

/**
 * Some of what the control database holds of a deleted space. Its own row goes last, and only when it was deleted before
 * `deletedBefore`: until then a call that was let in earlier may still write, and what it writes must go too.
 * @returns how many rows went: 0 when nothing is left to do for now.
 */
export async function purgeControlRows(db: Database, spaceId: string, deletedBefore: number): Promise<number> {
  const ofExports = (column: string) => (table: string) =>
    statement(
      `DELETE FROM ${table} WHERE space_id = ?1 AND ${column} IN (SELECT id FROM exports WHERE space_id = ?1 LIMIT 20)`,
      spaceId,
    );
  const results = await db.batch([
    ...["export_chunks", "export_files", "export_events"].map(ofExports("export_id")),
    ...["webhook_attempts", "webhook_deliveries"].map(ofExports("subject_id")),
    {
      sql: `DELETE FROM exports WHERE space_id = ?1 AND id IN (SELECT id FROM exports WHERE space_id = ?1 LIMIT 20)`,
      params: [spaceId],
    },
    { sql: `DELETE FROM api_keys WHERE space_id = ?1`, params: [spaceId] },
    { sql: `DELETE FROM idempotency_keys WHERE space_id = ?1`, params: [spaceId] },
    { sql: `DELETE FROM webhook_endpoints WHERE space_id = ?1`, params: [spaceId] },
    { sql: `DELETE FROM destinations WHERE space_id = ?1`, params: [spaceId] },
    {
      sql: `DELETE FROM webhook_attempts WHERE space_id = ?1 AND delivery_id IN
              (SELECT id FROM webhook_deliveries WHERE space_id = ?1 AND subject_type = 'schedule')`,
      params: [spaceId],
    },
    { sql: `DELETE FROM webhook_deliveries WHERE space_id = ?1 AND subject_type = 'schedule'`, params: [spaceId] },
    {
      sql: `DELETE FROM schedule_runs WHERE space_id = ?1 AND (schedule_id, scheduled_at) IN (
              SELECT r.schedule_id, r.scheduled_at FROM schedules s JOIN schedule_runs r ON r.space_id = ?1 AND r.schedule_id = s.id
              WHERE s.space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM schedules WHERE space_id = ?1
              AND NOT EXISTS (SELECT 1 FROM schedule_runs r WHERE r.space_id = ?1 AND r.schedule_id = schedules.id)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM spaces WHERE id = ?1 AND status = 'deleting' AND deleted_at <= ?2
              AND NOT EXISTS (SELECT 1 FROM exports WHERE space_id = ?1)
              AND NOT EXISTS (SELECT 1 FROM schedules WHERE space_id = ?1)`,
      params: [spaceId, deletedBefore],
    },
  ]);
  return results.reduce((sum, result) => sum + result.changes, 0);
}

/** Some of a deleted space's data, a thousand rows a table. @returns how many rows went. */
export async function purgeSpaceRows(db: Database, spaceId: string): Promise<number> {
  const results = await db.batch([
    {
      sql: `DELETE FROM events WHERE space_id = ?1 AND (occurred_at, id) IN
              (SELECT occurred_at, id FROM events WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM reachability_events WHERE space_id = ?1 AND (occurred_at, id) IN
              (SELECT occurred_at, id FROM reachability_events WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM profiles WHERE space_id = ?1 AND (person_id, seq_from) IN
              (SELECT person_id, seq_from FROM profiles WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM profile_deletions WHERE space_id = ?1 AND id IN
              (SELECT id FROM profile_deletions WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM profile_definitions WHERE space_id = ?1 AND (kind, id, seq_from) IN
              (SELECT kind, id, seq_from FROM profile_definitions WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM definitions WHERE space_id = ?1 AND (id, seq_from) IN
              (SELECT id, seq_from FROM definitions WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM flows WHERE space_id = ?1 AND (id, seq_from) IN
              (SELECT id, seq_from FROM flows WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM flow_elements WHERE space_id = ?1 AND (id, flow_id, seq_from) IN
              (SELECT id, flow_id, seq_from FROM flow_elements WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM touchpoints WHERE space_id = ?1 AND (person_id, kind, occurred_at, id) IN
              (SELECT person_id, kind, occurred_at, id FROM touchpoints WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM ad_objects WHERE space_id = ?1 AND (level, id, seq_from) IN
              (SELECT level, id, seq_from FROM ad_objects WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    {
      sql: `DELETE FROM segments WHERE space_id = ?1 AND (id, seq_from) IN
              (SELECT id, seq_from FROM segments WHERE space_id = ?1 LIMIT 1000)`,
      params: [spaceId],
    },
    { sql: `DELETE FROM sections WHERE space_id = ?1`, params: [spaceId] },
    { sql: `DELETE FROM sequences WHERE space_id = ?1`, params: [spaceId] },
  ]);
  return results.reduce((sum, result) => sum + result.changes, 0);
}
