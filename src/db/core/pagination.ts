/** Lists: where a page goes on, and many items as few parameters. */

import { inBatches } from "./batching.ts";

/** Where a page of a list that is sorted by (created_at, id), newest first, goes on. */
export interface Position {
  time: number;
  id: string;
}

/** SQL: a page of what a space has. Its parameters are `pageParams`. */
export const NEWEST_FIRST = `WHERE space_id = ?1 AND (?3 IS NULL OR (created_at, id) < (?3, ?4))
   ORDER BY created_at DESC, id DESC LIMIT ?2`;

/** @param after null for the first page. */
export const pageParams = (spaceId: string, limit: number, after: Position | null) =>
  [spaceId, limit, after?.time ?? null, after?.id ?? null] as const;

/** Items as JSON lists, each small enough for a parameter; an item by itself must be. None: no list. */
export function jsonLists(items: readonly unknown[]): string[] {
  return inBatches(items).flatMap((part) => (part.length === 0 ? [] : [JSON.stringify(part)]));
}
