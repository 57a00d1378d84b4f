/** API keys. Only the SHA-256 of a key's secret is stored. */

import { type Row, valuesOf } from "../core/columns.ts";
import type { Database } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";
import { SPACE_COLUMNS, type SpaceRow } from "./spaces.ts";

interface ApiKeys {
  id: string;
  space_id: string;
  name: string;
  scopes: string;
  created_at: number;
}

const COLUMNS = "id, space_id, name, scopes, created_at";

/** A key without its secret. */
export type KeyRow = Row<ApiKeys, typeof COLUMNS>;

export async function insertKey(db: Database, key: KeyRow, secretSha256: string): Promise<void> {
  const sql = `INSERT INTO api_keys (${COLUMNS}, secret_sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`;
  await db.run(sql, [...valuesOf(key, COLUMNS), secretSha256]);
}

/** The key with its space, for authentication; null when the key is unknown or its space is deleted. */
export const findKeyWithSpace = (db: Database, keyId: string) =>
  db.first<SpaceRow & { secret_sha256: string; scopes: string }>(
    `SELECT ${SPACE_COLUMNS}, k.secret_sha256, k.scopes
     FROM (SELECT space_id, secret_sha256, scopes FROM api_keys WHERE id = ?1) k JOIN spaces ON id = k.space_id WHERE status <> 'deleting'`,
    [keyId],
  );

/** Newest first. */
export const listKeys = (db: Database, spaceId: string, limit: number, after: Position | null) =>
  db.all<KeyRow>(`SELECT ${COLUMNS} FROM api_keys ${NEWEST_FIRST}`, pageParams(spaceId, limit, after));

/** @returns false when its id is unknown. */
export async function deleteKey(db: Database, spaceId: string, keyId: string): Promise<boolean> {
  return (await db.run("DELETE FROM api_keys WHERE space_id = ?1 AND id = ?2", [spaceId, keyId])) > 0;
}
