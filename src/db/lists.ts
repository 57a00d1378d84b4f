/** Lists: where a page goes on, and many items as few parameters. */

import { inParts } from "./parts.ts";

/** Where a page of a list that is sorted by (created_at, id), newest first, goes on. */
export interface Position {
  time: number;
  id: string;
}

/** Items as JSON lists, each small enough for a parameter; an item by itself must be. None: no list. */
export function jsonLists(items: readonly unknown[]): string[] {
  return inParts(items).flatMap((part) => (part.length === 0 ? [] : [JSON.stringify(part)]));
}
