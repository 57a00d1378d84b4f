/** Pages of sorted lists. */

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
