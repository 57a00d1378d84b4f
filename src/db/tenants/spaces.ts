/** Spaces: the tenants. */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { isOlder, type Position, positionParams } from "../core/pagination.ts";
import { inSpace, NUMBERED_TABLES } from "../core/sequences.ts";
import { MOVED_TABLES } from "../moves/moved-tables.ts";
import { EXPORT_TABLES } from "../exports/cleanup.ts";

interface Spaces {
  id: string;
  name: string;
  timezone: string;
  retention_days: number;
  status: "active" | "inactive" | "deleting";
  external_id: string;
  /** JSON: settings of dialects, by their names. */
  dialects: string;
  /** JSON: how the space's portal looks. */
  branding: string;
  /** A JSON array: origins of the pages that may frame the space's portal. */
  portal_origins: string;
  /** The name of the home that has its data: see db/core/homes.ts. */
  home: string;
  created_at: number;
}

export const SPACE_COLUMNS =
  "id, name, timezone, retention_days, status, external_id, dialects, branding, portal_origins, home, created_at";

/** A space without its secrets. */
export type SpaceRow = Row<Spaces, typeof SPACE_COLUMNS>;

export async function insertSpace(db: Database, space: SpaceRow, encryptedWebhookSecret: string): Promise<void> {
  const sql = `INSERT INTO spaces (${SPACE_COLUMNS}, webhook_secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`;
  await db.run(sql, [...valuesOf(space, SPACE_COLUMNS), encryptedWebhookSecret]);
}

export async function findSpace(db: Database, spaceId: string): Promise<SpaceRow | null> {
  return db.first<SpaceRow>(`SELECT ${SPACE_COLUMNS} FROM spaces WHERE id = ?1 AND status <> 'deleting'`, [spaceId]);
}

/** The time zone of a space; null when its id is unknown. */
export async function findTimeZone(db: Database, spaceId: string): Promise<string | null> {
  const row = await db.first<{ timezone: string }>("SELECT timezone FROM spaces WHERE id = ?1", [spaceId]);
  return row?.timezone ?? null;
}

/** Newest first. */
export async function listSpaces(db: Database, limit: number, after: Position | null): Promise<SpaceRow[]> {
  return db.all<SpaceRow>(
    `SELECT ${SPACE_COLUMNS} FROM spaces
     WHERE status <> 'deleting' AND ${isOlder("created_at, id", "?2", "?3")}
     ORDER BY created_at DESC, id DESC LIMIT ?1`,
    [limit, ...positionParams(after)],
  );
}

export interface SpaceChange {
  name?: string | undefined;
  timezone?: string | undefined;
  retention_days?: number | undefined;
  status?: "active" | "inactive" | undefined;
  /** What differs from the settings of before (RFC 7396). */
  dialects?: object | undefined;
  /** As `dialects`. */
  branding?: object | undefined;
  /** All of them. */
  portal_origins?: readonly string[] | undefined;
}

/** @returns the changed space, or null when its id is unknown. */
export async function updateSpace(db: Database, spaceId: string, change: SpaceChange): Promise<SpaceRow | null> {
  return db.first<SpaceRow>(
    `UPDATE spaces SET name = coalesce(?2, name), timezone = coalesce(?3, timezone),
       retention_days = coalesce(?4, retention_days), status = coalesce(?5, status), dialects = json_patch(dialects, ?6),
       branding = json_patch(branding, ?7), portal_origins = coalesce(?8, portal_origins)
     WHERE id = ?1 AND status <> 'deleting' RETURNING ${SPACE_COLUMNS}`,
    [
      spaceId,
      change.name ?? null,
      change.timezone ?? null,
      change.retention_days ?? null,
      change.status ?? null,
      JSON.stringify(change.dialects ?? {}),
      JSON.stringify(change.branding ?? {}),
      change.portal_origins === undefined ? null : JSON.stringify(change.portal_origins),
    ],
  );
}

/** The encrypted key of the space's hashed values, or null while it has none. */
export async function findRedactionSecret(db: Database, spaceId: string): Promise<string | null> {
  const row = await db.first<{ redaction_secret: string | null }>("SELECT redaction_secret FROM spaces WHERE id = ?1", [
    spaceId,
  ]);
  return row?.redaction_secret ?? null;
}

/** @param fresh becomes the key when the space has none. @returns the space's key. */
export async function keepRedactionSecret(db: Database, spaceId: string, fresh: string): Promise<string> {
  const row = await db.first<{ redaction_secret: string }>(
    "UPDATE spaces SET redaction_secret = coalesce(redaction_secret, ?2) WHERE id = ?1 RETURNING redaction_secret",
    [spaceId, fresh],
  );
  if (row === null) throw new Error("the space was deleted");
  return row.redaction_secret;
}

/**
 * Hides the space and cancels its exports; the sweep deletes its rows and files. @returns false when its id is unknown.
 */
export async function markSpaceDeleting(db: Database, spaceId: string, now: number): Promise<boolean> {
  const [marked] = await db.batch([
    statement("UPDATE spaces SET status = 'deleting', deleted_at = ?2 WHERE id = ?1 AND status <> 'deleting'", [
      spaceId,
      now,
    ]),
    statement(
      `UPDATE exports SET status = 'canceled', status_at = ?2, completed_at = ?2 WHERE space_id = ?1 AND status IN ('queued', 'processing')`,
      [spaceId, now],
    ),
    statement("UPDATE exports SET deleted_at = ?2, cleanup_at = ?2 WHERE space_id = ?1", [spaceId, now]),
    statement("UPDATE webhook_endpoints SET enabled = 0 WHERE space_id = ?1", [spaceId]),
    statement("DELETE FROM webhook_deliveries WHERE space_id = ?1 AND status = 'pending'", [spaceId]),
  ]);
  return (marked?.changes ?? 0) > 0;
}

/** Deleted spaces that still have rows, by their ids. @param after an id; empty for the first ones. */
export async function listDeletingSpaces(db: Database, after: string, limit: number): Promise<{ id: string }[]> {
  return db.all("SELECT id FROM spaces WHERE status = 'deleting' AND id > ?1 ORDER BY id LIMIT ?2", [after, limit]);
}

/** Exports whose rows go in one slice: each may have 20,000 chunks and as many files. */
const PURGED_EXPORTS = 5;

/**
 * Deletes a slice of a deleted space's rows in the control database. The space's own row goes last, and only when the
 * space was deleted before `deletedBefore`: until then, a call that was authenticated earlier may still insert rows.
 * @returns how many rows were deleted: 0 when there is nothing to do for now.
 */
export async function purgeControlRows(db: Database, spaceId: string, deletedBefore: number): Promise<number> {
  const ofExports = (column: string) => (table: string) =>
    statement(
      `DELETE FROM ${table} WHERE space_id = ?1 AND ${column} IN (SELECT id FROM exports WHERE space_id = ?1 LIMIT ${PURGED_EXPORTS})`,
      [spaceId],
    );
  const results = await db.batch([
    ...EXPORT_TABLES.map(ofExports("export_id")),
    ...["webhook_attempts", "webhook_deliveries"].map(ofExports("subject_id")),
    ofExports("id")("exports"),
    ...[
      "api_keys",
      "idempotency_keys",
      "webhook_endpoints",
      "destinations",
      "portal_sessions",
      "daily_exports",
      "daily_webhooks",
      "daily_durations",
    ].map((table) => statement(`DELETE FROM ${table} WHERE space_id = ?1`, [spaceId])),
    statement(
      `DELETE FROM webhook_attempts WHERE space_id = ?1 AND delivery_id IN
         (SELECT id FROM webhook_deliveries WHERE space_id = ?1 AND subject_type = 'schedule')`,
      [spaceId],
    ),
    statement("DELETE FROM webhook_deliveries WHERE space_id = ?1 AND subject_type = 'schedule'", [spaceId]),
    statement(
      `DELETE FROM schedule_runs WHERE space_id = ?1 AND (schedule_id, scheduled_at) IN (
         SELECT r.schedule_id, r.scheduled_at FROM schedules s JOIN schedule_runs r ON r.space_id = ?1 AND r.schedule_id = s.id
         WHERE s.space_id = ?1 LIMIT 1000)`,
      [spaceId],
    ),
    statement(
      `DELETE FROM schedules WHERE space_id = ?1
         AND NOT EXISTS (SELECT 1 FROM schedule_runs r WHERE r.space_id = ?1 AND r.schedule_id = schedules.id)`,
      [spaceId],
    ),
    statement(
      `DELETE FROM spaces WHERE id = ?1 AND status = 'deleting' AND deleted_at <= ?2
         AND NOT EXISTS (SELECT 1 FROM exports WHERE space_id = ?1)
         AND NOT EXISTS (SELECT 1 FROM schedules WHERE space_id = ?1)`,
      [spaceId, deletedBefore],
    ),
    statement("DELETE FROM moves WHERE space_id = ?1 AND NOT EXISTS (SELECT 1 FROM spaces WHERE id = ?1)", [spaceId]),
  ]);
  return results.reduce((sum, result) => sum + result.changes, 0);
}

/**
 * Deletes a slice of a space's data from a database, a thousand rows per table.
 * @param guards fail the batch where the space's data must stay. @returns how many rows were deleted.
 */
export async function purgeSpaceRows(
  db: Database,
  spaceId: string,
  guards: readonly Statement[] = [],
): Promise<number> {
  const slices = MOVED_TABLES.map(({ name: table, key: columns }) => {
    const key = columns.join(", ");
    return statement(
      `DELETE FROM ${table} WHERE ${inSpace(table)} AND (${key}) IN (SELECT ${key} FROM ${table} WHERE ${inSpace(table)} LIMIT 1000)`,
      [spaceId],
    );
  });
  const numbered = NUMBERED_TABLES.map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE ${inSpace(table)})`);
  const results = await db.batch([
    ...guards,
    ...slices,
    // The number stays, without the space's id: another space never gets it.
    statement(`UPDATE sequences SET space_id = NULL WHERE space_id = ?1 AND NOT (${numbered.join(" OR ")})`, [spaceId]),
  ]);
  return results.reduce((sum, result) => sum + result.changes, 0);
}
