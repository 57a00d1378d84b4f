/**
 * Superseded versions of what changes. A version [seq_from, seq_to) is read as of the sequence numbers in that range,
 * and of no other: where no read is as of a number below `seq_to` any more, the version can be deleted.
 */

import { type Database, statement } from "./database.ts";

/** The tables with versions, and their primary keys after `space_id`. Each has an index of its superseded versions. */
const VERSIONED = {
  definitions: "id, seq_from",
  flows: "id, seq_from",
  flow_elements: "id, flow_id, seq_from",
  ad_objects: "level, id, seq_from",
  profiles: "person_id, seq_from",
  profile_definitions: "kind, id, seq_from",
  segments: "id, seq_from",
};

/**
 * Deletes the versions of a space that ended up to a sequence number, the longest ended first, at most `limit` of each
 * table. May be repeated, also by several consumers at once.
 * @returns how many were deleted, and whether there may be more.
 */
export async function deleteSuperseded(
  db: Database,
  spaceId: string,
  upTo: number,
  limit: number,
): Promise<{ deleted: number; more: boolean }> {
  const results = await db.batch(
    Object.entries(VERSIONED).map(([table, key]) =>
      statement(
        `DELETE FROM ${table} WHERE space_id = ?1 AND (${key}) IN (SELECT ${key} FROM ${table} INDEXED BY ${table}_superseded
           WHERE space_id = ?1 AND seq_to <= ?2 ORDER BY seq_to LIMIT ?3)`,
        [spaceId, upTo, limit],
      ),
    ),
  );
  return {
    deleted: results.reduce((sum, { changes }) => sum + changes, 0),
    more: results.some(({ changes }) => changes >= limit),
  };
}
