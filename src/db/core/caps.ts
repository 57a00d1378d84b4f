/** How many definitions and segments a space may have: what is asked before one more is written. */

import type { Database } from "./database.ts";

/** The current rows of each kind in a space, whose id is ?1. Built-in definitions do not count. */
const CURRENT = {
  "event definition": "definitions WHERE space_id = ?1 AND seq_to IS NULL AND category = 'custom'",
  attribute: "profile_definitions WHERE space_id = ?1 AND seq_to IS NULL AND kind = 'attribute'",
  tag: "profile_definitions WHERE space_id = ?1 AND seq_to IS NULL AND kind = 'tag'",
  topic: "profile_definitions WHERE space_id = ?1 AND seq_to IS NULL AND kind = 'topic'",
  segment: "segments WHERE space_id = ?1 AND seq_to IS NULL",
} as const;

export type Capped = keyof typeof CURRENT;

/**
 * Whether the space has fewer than `limit` of a kind, or has this one already. It is asked before the write: calls at
 * the same time may exceed the limit by their number.
 */
export async function hasRoomFor(
  db: Database,
  spaceId: string,
  kind: Capped,
  id: string,
  limit: number,
): Promise<boolean> {
  const current = CURRENT[kind];
  const row = await db.first<{ room: number }>(
    `SELECT (SELECT count(*) FROM ${current}) < ?3 OR EXISTS (SELECT 1 FROM ${current} AND id = ?2) AS room`,
    [spaceId, id, limit],
  );
  return row?.room === 1;
}
