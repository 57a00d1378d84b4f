/** Pages of sorted lists, and lists as JSON parameters. */

import { MAX_TEXT_BYTES } from "./batching.ts";
import { escapeWide, isSmallerEscaped } from "./narrow-text.ts";

/** A row of a list that is sorted by a time and an id, such as the last row of a page: the next page follows it. */
export interface Position {
  time: number;
  id: string;
}

/** Epoch ms after every time. */
const LAST_TIME = 9_000_000_000_000_000;

/**
 * SQL: a row is older than a position, where there is one. One comparison and not an OR, so that SQLite seeks the place
 * in an index by the columns: with an OR, each page would scan all pages before it.
 * @param columns the time and the id, as they are sorted. @param time, id parameters, as `positionParams`.
 */
export const isOlder = (columns: string, time: string, id: string) =>
  `(${columns}) < (ifnull(${time}, ${LAST_TIME}), ifnull(${id}, ''))`;

/** SQL: one page of a table's rows of a space, with the parameters `pageParams`. */
export const NEWEST_FIRST = `WHERE space_id = ?1 AND ${isOlder("created_at, id", "?3", "?4")}
   ORDER BY created_at DESC, id DESC LIMIT ?2`;

/** A position as two parameters, its time and its id; without a position both are null. */
export const positionParams = (after: Position | null) => [after?.time ?? null, after?.id ?? null] as const;

export const pageParams = (spaceId: string, limit: number, after: Position | null) =>
  [spaceId, limit, ...positionParams(after)] as const;

/**
 * Items as JSON lists that each fit a parameter, if each item does. Without items, no list.
 * @param items each is needed only until the next one is read.
 */
export function jsonLists(items: Iterable<unknown>): string[] {
  const lists: string[] = [];
  let list: string[] = [];
  let bytes = 2;
  for (const item of items) {
    const json = JSON.stringify(item);
    const text = isSmallerEscaped(json) ? escapeWide(json) : json;
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > MAX_TEXT_BYTES && list.length > 0) {
      lists.push(`[${list.join()}]`);
      list = [];
      bytes = 2;
    }
    list.push(text);
    bytes += size;
  }
  if (list.length > 0) lists.push(`[${list.join()}]`);
  return lists;
}
