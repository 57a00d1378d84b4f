/** API keys. Only the SHA-256 of a key's secret is stored. */

import type { Database } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";
import type { SpaceRow } from "./spaces.ts";

export interface KeyRow {
  id: string;
  space_id: string;
  name: string;
  scopes: string;
  created_at: number;
}

export async function insertKey(db: Database, key: KeyRow, secretSha256: string): Promise<void> {
  await db.run(
    "INSERT INTO api_keys (id, space_id, name, scopes, created_at, secret_sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    key.id,
    key.space_id,
    key.name,
    key.scopes,
    key.created_at,
    secretSha256,
  );
}

/** The key with its space, for authentication; null when the key or its space is gone. */
export async function findKeyWithSpace(
  db: Database,
  keyId: string,
): Promise<(SpaceRow & { secret_sha256: string; scopes: string }) | null> {
  return db.first(
    `SELECT s.id, s.name, s.timezone, s.retention_days, s.status, s.external_id, s.created_at, k.secret_sha256, k.scopes
     FROM api_keys k JOIN spaces s ON s.id = k.space_id WHERE k.id = ?1 AND s.status <> 'deleting'`,
    keyId,
  );
}

/** Newest first. */
export async function listKeys(
  db: Database,
  spaceId: string,
  limit: number,
  after: Position | null,
): Promise<KeyRow[]> {
  return db.all<KeyRow>(
    `SELECT id, space_id, name, scopes, created_at FROM api_keys ${NEWEST_FIRST}`,
    ...pageParams(spaceId, limit, after),
  );
}

/** @returns whether it was there. */
export async function deleteKey(db: Database, spaceId: string, keyId: string): Promise<boolean> {
  return (await db.run("DELETE FROM api_keys WHERE space_id = ?1 AND id = ?2", spaceId, keyId)) > 0;
}
