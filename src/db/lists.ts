/** Lists: where a page goes on, and many items as few parameters. */

import { MAX_TEXT_BYTES } from "./event-rows.ts";

/** Where a page of a list that is sorted by (created_at, id), newest first, goes on. */
export interface Position {
  time: number;
  id: string;
}

/** Items as JSON lists, each small enough for a parameter; an item by itself must be. None: no list. */
export function jsonLists(items: readonly unknown[]): string[] {
  const lists: string[] = [];
  let texts: string[] = [];
  let bytes = 2;
  for (const item of items) {
    const text = JSON.stringify(item);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes + size > MAX_TEXT_BYTES) {
      lists.push(`[${texts.join()}]`);
      texts = [];
      bytes = 2;
    }
    texts.push(text);
    bytes += size;
  }
  if (texts.length > 0) lists.push(`[${texts.join()}]`);
  return lists;
}
