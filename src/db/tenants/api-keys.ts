/** API keys. Only the SHA-256 of a key's secret is stored. */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { IS_SWITCHING } from "../core/shards.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";
import { SPACE_COLUMNS, type SpaceRow } from "./spaces.ts";

interface ApiKeys {
  id: string;
  space_id: string;
  name: string;
  /** A JSON array. */
  scopes: string;
  /** A JSON array: origins of the web pages that may use the key. Null: it is not for pages. */
  origins: string | null;
  /** Epoch ms; null: it never expires. */
  expires_at: number | null;
  created_at: number;
}

const COLUMNS = "id, space_id, name, scopes, origins, expires_at, created_at";

/** A key without its secret. */
export type KeyRow = Row<ApiKeys, typeof COLUMNS>;

/**
 * Stores a key. Where the space has `limit` keys, its expired ones are deleted first.
 * @returns false when the space has `limit` keys that have not expired.
 */
export async function insertKey(db: Database, key: KeyRow, secretSha256: string, limit: number): Promise<boolean> {
  const results = await db.batch([
    statement(
      `DELETE FROM api_keys WHERE space_id = ?1 AND expires_at <= ?2
         AND (SELECT count(*) FROM api_keys WHERE space_id = ?1) >= ?3`,
      [key.space_id, key.created_at, limit],
    ),
    statement(
      `INSERT INTO api_keys (${COLUMNS}, secret_sha256) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
       WHERE (SELECT count(*) FROM api_keys WHERE space_id = ?2) < ?9`,
      [...valuesOf(key, COLUMNS), secretSha256, limit],
    ),
  ]);
  return (results.at(-1)?.changes ?? 0) > 0;
}

/** A key's space, and what authentication needs of the key. `is_switching`: see ReadHome, 1 or 0. */
export type KeyWithSpace = SpaceRow &
  Pick<ApiKeys, "scopes" | "origins" | "expires_at"> & { secret_sha256: string; is_switching: number };

/** The key with its space, for authentication; null when the key is unknown or its space is deleted. */
export const findKeyWithSpace = (db: Database, keyId: string) =>
  db.first<KeyWithSpace>(
    `SELECT ${SPACE_COLUMNS}, k.secret_sha256, k.scopes, k.origins, k.expires_at, ${IS_SWITCHING} AS is_switching
     FROM (SELECT space_id, secret_sha256, scopes, origins, expires_at FROM api_keys WHERE id = ?1) k
     JOIN spaces ON id = k.space_id WHERE status <> 'deleting'`,
    [keyId],
  );

/** Null for an id that the space does not have. */
export const findKey = (db: Database, spaceId: string, keyId: string) =>
  db.first<KeyRow>(`SELECT ${COLUMNS} FROM api_keys WHERE space_id = ?1 AND id = ?2`, [spaceId, keyId]);

/** Newest first. */
export const listKeys = (db: Database, spaceId: string, limit: number, after: Position | null) =>
  db.all<KeyRow>(`SELECT ${COLUMNS} FROM api_keys ${NEWEST_FIRST}`, pageParams(spaceId, limit, after));

/** SQL: a key can change its space's keys. */
const MANAGES = "EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = 'settings:write')";

/**
 * Deletes a key, unless it is the last one of its space that can change the space's keys at `now`.
 * @returns `last` for that one, `unknown` for an id that the space does not have.
 */
export async function deleteKey(
  db: Database,
  spaceId: string,
  keyId: string,
  now: number,
): Promise<"deleted" | "last" | "unknown"> {
  const deleted = await db.run(
    `DELETE FROM api_keys WHERE space_id = ?1 AND id = ?2 AND (
       expires_at <= ?3 OR NOT ${MANAGES} OR (
         SELECT count(*) FROM api_keys k WHERE k.space_id = ?1 AND k.id <> ?2 AND coalesce(k.expires_at > ?3, 1)
           AND EXISTS (SELECT 1 FROM json_each(k.scopes) WHERE value = 'settings:write')) > 0)`,
    [spaceId, keyId, now],
  );
  if (deleted > 0) return "deleted";
  const found = await db.first("SELECT id FROM api_keys WHERE space_id = ?1 AND id = ?2", [spaceId, keyId]);
  return found === null ? "unknown" : "last";
}
