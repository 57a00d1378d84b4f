/** How many definitions and segments a space may have: what is asked before one more is written. */

import type { Database } from "./database.ts";

/** The table of each kind, and which of its rows are of that kind. Built-in definitions do not count. */
const ROWS = {
  "event definition": ["definitions", "category = 'custom'"],
  attribute: ["profile_definitions", "kind = 'attribute'"],
  tag: ["profile_definitions", "kind = 'tag'"],
  topic: ["profile_definitions", "kind = 'topic'"],
  segment: ["segments", "TRUE"],
} as const;

export type Capped = keyof typeof ROWS;

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
  const [table, isOfKind] = ROWS[kind];
  const row = await db.first<{ room: number }>(
    `SELECT (SELECT count(*) FROM ${table} WHERE space_id = ?1 AND seq_to IS NULL AND ${isOfKind}) < ?3
       OR EXISTS (SELECT 1 FROM ${table} WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL AND ${isOfKind}) AS room`,
    [spaceId, id, limit],
  );
  return row?.room === 1;
}
