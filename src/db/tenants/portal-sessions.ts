/**
 * Links to a space's portal, and the sessions that they were exchanged for: a row is a link, and its session from then
 * on. Only hashes of their secrets are stored. A link and its session end with the API key that made the link.
 */

import { type Row, valuesOf } from "../core/columns.ts";
import type { Database } from "../core/database.ts";
import { SPACE_COLUMNS, type SpaceRow } from "./spaces.ts";

interface PortalSessions {
  id: string;
  space_id: string;
  /** The API key that made the link. */
  key_id: string;
  /** Hex, of the link's secret. */
  link_sha256: string;
  /** Hex, of the session's secret; null until the link is opened. */
  session_sha256: string | null;
  /** A JSON array. */
  scopes: string;
  /** A JSON array; null: all destinations of the space. */
  destination_ids: string | null;
  length_ms: number;
  opened_at: number | null;
  /** Epoch ms: of the link until it is opened, then of the session. */
  expires_at: number;
  ended_at: number | null;
  created_at: number;
}

const NEW_COLUMNS = "id, space_id, key_id, link_sha256, scopes, destination_ids, length_ms, expires_at, created_at";

export type NewLink = Row<PortalSessions, typeof NEW_COLUMNS>;

/**
 * Stores a link.
 * @returns false when the space has `limit` links and sessions that have not expired.
 */
export async function insertLink(db: Database, link: NewLink, limit: number): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO portal_sessions (${NEW_COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
     WHERE (SELECT count(*) FROM (
       SELECT 1 FROM portal_sessions WHERE space_id = ?2 AND expires_at > ?9 LIMIT ?10)) < ?10`,
    [...valuesOf(link, NEW_COLUMNS), limit],
  );
  return inserted > 0;
}

const SESSION =
  "space_id, key_id, link_sha256, session_sha256, scopes, destination_ids, length_ms, opened_at, expires_at, ended_at";

/** A link or a session with its space. */
export type PortalSessionWithSpace = SpaceRow &
  Row<PortalSessions, typeof SESSION> & {
    /** 1: the API key that made the link may still be used. */
    has_key: number;
  };

/** For authentication; null when the id is unknown or its space is deleted. @param now epoch ms. */
export const findPortalSession = (db: Database, id: string, now: number) =>
  db.first<PortalSessionWithSpace>(
    `SELECT p.*, ${SPACE_COLUMNS} FROM (
       SELECT ${SESSION}, EXISTS (SELECT 1 FROM api_keys k
         WHERE k.space_id = s.space_id AND k.id = s.key_id AND coalesce(k.expires_at > ?2, 1)) AS has_key
       FROM portal_sessions s WHERE s.id = ?1) p
     JOIN spaces ON id = p.space_id WHERE status <> 'deleting'`,
    [id, now],
  );

/**
 * Opens a link: from now on its row is a session.
 * @returns false when another call opened it, it has expired, or its API key was revoked.
 */
export async function openLink(
  db: Database,
  spaceId: string,
  id: string,
  { now, sessionSha256 }: { now: number; sessionSha256: string },
): Promise<boolean> {
  const opened = await db.run(
    `UPDATE portal_sessions SET opened_at = ?3, session_sha256 = ?4, expires_at = ?3 + length_ms
     WHERE space_id = ?1 AND id = ?2 AND opened_at IS NULL AND expires_at > ?3 AND EXISTS (SELECT 1 FROM api_keys k
       WHERE k.space_id = ?1 AND k.id = portal_sessions.key_id AND coalesce(k.expires_at > ?3, 1))`,
    [spaceId, id, now, sessionSha256],
  );
  return opened > 0;
}

/** Ends a session: its holder signed out. */
export async function endSession(db: Database, spaceId: string, id: string, now: number): Promise<void> {
  const sql = "UPDATE portal_sessions SET ended_at = ?3 WHERE space_id = ?1 AND id = ?2 AND ended_at IS NULL";
  await db.run(sql, [spaceId, id, now]);
}

/** Deletes every space's links and sessions that expired before `before`, at most `limit`. @returns how many. */
export async function dropOldSessions(db: Database, before: number, limit: number): Promise<number> {
  return db.run(
    "DELETE FROM portal_sessions WHERE id IN (SELECT id FROM portal_sessions WHERE expires_at <= ?1 LIMIT ?2)",
    [before, limit],
  );
}
