/** Idempotency keys: the first call with a key reserves it, and from its commit on the key has that call's answer. */

import { type Database, type Statement, statement } from "../core/database.ts";

export interface KeyHolder {
  request_sha256: string;
  export_id: string;
  /** JSON; null while the first call is in progress. */
  response: string | null;
}

/** The reservation or the answer of a key; null once it is expired, or its reservation ended without answer. */
export const findKeyHolder = (db: Database, spaceId: string, key: string, now: number, keptMs: number) =>
  db.first<KeyHolder>(
    `SELECT request_sha256, export_id, response FROM idempotency_keys
     WHERE space_id = ?1 AND key = ?2 AND created_at > ?3 - ?4 AND (response IS NOT NULL OR reserved_until > ?3)`,
    [spaceId, key, now, keptMs],
  );

/** Reserves a key that is free. @returns whether this call reserved it. */
export async function reserveKey(
  db: Database,
  spaceId: string,
  key: string,
  reservation: { requestSha256: string; exportId: string; now: number; until: number; keptMs: number },
): Promise<boolean> {
  const reserved = await db.run(
    `INSERT INTO idempotency_keys (space_id, key, request_sha256, export_id, reserved_until, created_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (space_id, key) DO UPDATE SET request_sha256 = ?3, export_id = ?4, reserved_until = ?5, created_at = ?6, response = NULL
       WHERE created_at <= ?6 - ?7 OR (response IS NULL AND reserved_until <= ?6)`,
    [
      spaceId,
      key,
      reservation.requestSha256,
      reservation.exportId,
      reservation.until,
      reservation.now,
      reservation.keptMs,
    ],
  );
  return reserved > 0;
}

/** Part of the batch that inserts the export: stores the answer under the key. */
export function answerKey(spaceId: string, key: string, exportId: string, response: string): Statement {
  return statement(
    `UPDATE idempotency_keys SET response = ?4 WHERE space_id = ?1 AND key = ?2 AND export_id = ?3 AND response IS NULL
       AND EXISTS (SELECT 1 FROM exports e WHERE e.space_id = ?1 AND e.id = ?3)`,
    [spaceId, key, exportId, response],
  );
}

/** Releases the key of a call that created nothing. */
export async function releaseKey(db: Database, spaceId: string, key: string, exportId: string): Promise<void> {
  const sql = "DELETE FROM idempotency_keys WHERE space_id = ?1 AND key = ?2 AND export_id = ?3 AND response IS NULL";
  await db.run(sql, [spaceId, key, exportId]);
}

/** Deletes every space's expired keys, at most `limit`. @returns how many. */
export async function dropOldKeys(db: Database, before: number, limit: number): Promise<number> {
  return db.run(
    `DELETE FROM idempotency_keys WHERE (space_id, key) IN
       (SELECT space_id, key FROM idempotency_keys WHERE created_at <= ?1 LIMIT ?2)`,
    [before, limit],
  );
}
