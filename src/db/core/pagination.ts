/** Pages of sorted lists, and lists as JSON parameters. */

import { inBatches } from "./batching.ts";

/** A row of a list that is sorted by a time and an id, such as the last row of a page: the next page follows it. */
export interface Position {
  time: number;
  id: string;
}

/** SQL: one page of a table's rows of a space, with the parameters `pageParams`. */
export const NEWEST_FIRST = `WHERE space_id = ?1 AND (?3 IS NULL OR (created_at, id) < (?3, ?4))
   ORDER BY created_at DESC, id DESC LIMIT ?2`;

/** A position as two parameters, its time and its id; without a position both are null. */
export const positionParams = (after: Position | null) => [after?.time ?? null, after?.id ?? null] as const;

export const pageParams = (spaceId: string, limit: number, after: Position | null) =>
  [spaceId, limit, ...positionParams(after)] as const;

/** Items as JSON lists that each fit a parameter, if each item does. Without items, no list. */
export function jsonLists(items: readonly unknown[]): string[] {
  return inBatches(items).flatMap((part) => (part.length === 0 ? [] : [JSON.stringify(part)]));
}
