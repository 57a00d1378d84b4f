/** A space's destinations: customers' buckets and their credentials. A secret access key is stored encrypted. */

import { valuesOf } from "../core/columns.ts";
import type { Database } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";

export interface DestinationRow {
  id: string;
  space_id: string;
  name: string;
  /** A BucketLocation as JSON. */
  bucket_location: string;
  directory_path: string;
  key_template: string | null;
  /** JSON, without the secret. */
  auth: string;
  created_at: number;
  updated_at: number;
}

export interface EncryptedSecret {
  /** The ciphertext, as outbound/encryption.ts writes it. */
  secret: string;
  /** The id of the key that encrypted it. */
  encryptedWith: string;
}

const COLUMNS = "id, space_id, name, bucket_location, directory_path, key_template, auth, created_at, updated_at";

/** @returns false when the space already has `limit` destinations. */
export async function insertDestination(
  db: Database,
  row: DestinationRow,
  encrypted: EncryptedSecret | null,
  limit: number,
): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO destinations (${COLUMNS}, secret, encrypted_with)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
     WHERE (SELECT count(*) FROM destinations WHERE space_id = ?2) < ?12`,
    [...valuesOf(row, COLUMNS), encrypted?.secret ?? null, encrypted?.encryptedWith ?? null, limit],
  );
  return inserted > 0;
}

export async function findDestination(db: Database, spaceId: string, id: string): Promise<DestinationRow | null> {
  const sql = `SELECT ${COLUMNS} FROM destinations WHERE space_id = ?1 AND id = ?2`;
  return db.first<DestinationRow>(sql, [spaceId, id]);
}

/** The destination's current credentials; null when the destination was deleted. */
export const findAuth = (db: Database, spaceId: string, id: string) =>
  db.first<{ auth: string; secret: string | null }>(
    "SELECT auth, secret FROM destinations WHERE space_id = ?1 AND id = ?2",
    [spaceId, id],
  );

/** Newest first. */
export const listDestinations = (db: Database, spaceId: string, limit: number, after: Position | null) =>
  db.all<DestinationRow>(`SELECT ${COLUMNS} FROM destinations ${NEWEST_FIRST}`, pageParams(spaceId, limit, after));

const REPLACED = "name, bucket_location, directory_path, key_template, auth, updated_at";

/**
 * Overwrites a destination.
 * @param readAt its `updated_at` when the caller read it: nothing is written when another call changed it since.
 * @param encrypted undefined keeps the stored secret.
 * @returns whether the row was written.
 */
export async function replaceDestination(
  db: Database,
  row: DestinationRow,
  readAt: number,
  encrypted: EncryptedSecret | null | undefined,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE destinations SET (${REPLACED}) = (?7, ?8, ?9, ?10, ?11, ?12),
       secret = CASE WHEN ?4 THEN ?5 ELSE secret END, encrypted_with = CASE WHEN ?4 THEN ?6 ELSE encrypted_with END
     WHERE space_id = ?1 AND id = ?2 AND updated_at = ?3`,
    [
      row.space_id,
      row.id,
      readAt,
      Number(encrypted !== undefined),
      encrypted?.secret ?? null,
      encrypted?.encryptedWith ?? null,
      ...valuesOf(row, REPLACED),
    ],
  );
  return changed > 0;
}

/** @returns false when the destination does not exist, or an export to it is queued or processing. */
export async function deleteDestination(db: Database, spaceId: string, id: string): Promise<boolean> {
  const deleted = await db.run(
    `DELETE FROM destinations WHERE space_id = ?1 AND id = ?2 AND NOT EXISTS
       (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.destination_id = ?2 AND e.status IN ('queued', 'processing'))`,
    [spaceId, id],
  );
  return deleted > 0;
}

/** Reserves a destination for a test. @returns false while another test of it runs, or when it was deleted. */
export async function beginTest(db: Database, spaceId: string, id: string, now: number, until: number) {
  const sql = "UPDATE destinations SET tested_until = ?4 WHERE space_id = ?1 AND id = ?2 AND tested_until <= ?3";
  return (await db.run(sql, [spaceId, id, now, until])) > 0;
}

/** Ends the test that was reserved until `until`. */
export async function endTest(db: Database, spaceId: string, id: string, until: number): Promise<void> {
  const sql = "UPDATE destinations SET tested_until = 0 WHERE space_id = ?1 AND id = ?2 AND tested_until = ?3";
  await db.run(sql, [spaceId, id, until]);
}

/** Secrets of every space that one of these keys encrypted, by their ids. @param after an id; empty for the first. */
export const listEncryptedWith = (db: Database, keyIds: readonly string[], after: string, limit: number) =>
  db.all<{ id: string; space_id: string; secret: string }>(
    `SELECT id, space_id, secret FROM destinations
     WHERE encrypted_with IN (SELECT value FROM json_each(?1)) AND id > ?2 ORDER BY id LIMIT ?3`,
    [JSON.stringify(keyIds), after, limit],
  );

/** Stores the same secret, encrypted with another key. Writes nothing when the secret was changed meanwhile. */
export async function replaceSecret(
  db: Database,
  found: { id: string; space_id: string; secret: string },
  encrypted: EncryptedSecret,
): Promise<void> {
  await db.run(
    "UPDATE destinations SET secret = ?4, encrypted_with = ?5 WHERE space_id = ?1 AND id = ?2 AND secret = ?3",
    [found.space_id, found.id, found.secret, encrypted.secret, encrypted.encryptedWith],
  );
}
