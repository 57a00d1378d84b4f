/** Destinations of a space: customers' buckets, and what opens them; a secret key stands here sealed. */

import type { Database } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";

export interface DestinationRow {
  id: string;
  space_id: string;
  name: string;
  /** JSON. */
  place: string;
  directory_path: string;
  key_template: string | null;
  /** JSON, without the secret. */
  auth: string;
  created_at: number;
  updated_at: number;
}

/** A secret as it is stored. */
export interface Sealed {
  secret: string;
  /** The id of the key that it was sealed with. */
  sealedWith: string;
}

const COLUMNS = "id, space_id, name, place, directory_path, key_template, auth, created_at, updated_at";

/** @returns false when the space has `most` of them already. */
export async function insertDestination(
  db: Database,
  row: DestinationRow,
  sealed: Sealed | null,
  most: number,
): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO destinations (${COLUMNS}, secret, sealed_with)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
     WHERE (SELECT count(*) FROM destinations WHERE space_id = ?2) < ?12`,
    row.id,
    row.space_id,
    row.name,
    row.place,
    row.directory_path,
    row.key_template,
    row.auth,
    row.created_at,
    row.updated_at,
    sealed?.secret ?? null,
    sealed?.sealedWith ?? null,
    most,
  );
  return inserted > 0;
}

export async function findDestination(db: Database, spaceId: string, id: string): Promise<DestinationRow | null> {
  const sql = `SELECT ${COLUMNS} FROM destinations WHERE space_id = ?1 AND id = ?2`;
  return db.first<DestinationRow>(sql, spaceId, id);
}

/** What opens a destination's bucket, as it is now; null where the destination is gone. */
export async function findAuth(
  db: Database,
  spaceId: string,
  id: string,
): Promise<{ auth: string; secret: string | null } | null> {
  return db.first("SELECT auth, secret FROM destinations WHERE space_id = ?1 AND id = ?2", spaceId, id);
}

/** Newest first. */
export async function listDestinations(
  db: Database,
  spaceId: string,
  limit: number,
  after: Position | null,
): Promise<DestinationRow[]> {
  return db.all<DestinationRow>(
    `SELECT ${COLUMNS} FROM destinations ${NEWEST_FIRST}`,
    ...pageParams(spaceId, limit, after),
  );
}

/**
 * Writes a destination as it is to be now.
 * @param asOf its `updated_at` when it was read: where another call changed it since, nothing is written.
 * @param sealed undefined: the secret stays.
 * @returns whether it was written.
 */
export async function replaceDestination(
  db: Database,
  row: DestinationRow,
  asOf: number,
  sealed: Sealed | null | undefined,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE destinations SET name = ?3, place = ?4, directory_path = ?5, key_template = ?6, auth = ?7, updated_at = ?8,
       secret = CASE WHEN ?9 THEN ?10 ELSE secret END, sealed_with = CASE WHEN ?9 THEN ?11 ELSE sealed_with END
     WHERE space_id = ?1 AND id = ?2 AND updated_at = ?12`,
    row.space_id,
    row.id,
    row.name,
    row.place,
    row.directory_path,
    row.key_template,
    row.auth,
    row.updated_at,
    Number(sealed !== undefined),
    sealed?.secret ?? null,
    sealed?.sealedWith ?? null,
    asOf,
  );
  return changed > 0;
}

/** @returns false where there is none, or an export to it is under way. */
export async function deleteDestination(db: Database, spaceId: string, id: string): Promise<boolean> {
  const deleted = await db.run(
    `DELETE FROM destinations WHERE space_id = ?1 AND id = ?2 AND NOT EXISTS
       (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.destination_id = ?2 AND e.status IN ('queued', 'processing'))`,
    spaceId,
    id,
  );
  return deleted > 0;
}

/** Secrets of every space that were sealed with one of these keys. */
export async function listSealedWith(
  db: Database,
  keyIds: readonly string[],
  limit: number,
): Promise<{ id: string; space_id: string; secret: string }[]> {
  return db.all(
    "SELECT id, space_id, secret FROM destinations WHERE sealed_with IN (SELECT value FROM json_each(?1)) LIMIT ?2",
    JSON.stringify(keyIds),
    limit,
  );
}

/** The same secret under another key. Nothing where it was changed meanwhile. */
export async function reseal(
  db: Database,
  of: { id: string; space_id: string; secret: string },
  sealed: Sealed,
): Promise<void> {
  await db.run(
    "UPDATE destinations SET secret = ?4, sealed_with = ?5 WHERE space_id = ?1 AND id = ?2 AND secret = ?3",
    of.space_id,
    of.id,
    of.secret,
    sealed.secret,
    sealed.sealedWith,
  );
}
