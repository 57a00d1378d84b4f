/** Pages of sorted lists. */

import type { Database, Param } from "./database.ts";

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

/** Rows that one query of a filtered list scans; the first one scans a few times as many as a page has. */
const MAX_SCAN = 50_000;
const FIRST_SCAN = 4;

/**
 * The ids of a space's newest rows that pass a filter which no index serves: each query scans a bounded number of rows,
 * and the next goes on behind them.
 * @param filter SQL, with the values from ?6 on. @param after the row before the page, or null.
 */
export async function filteredIds(
  db: Database,
  table: "exports" | "webhook_deliveries",
  spaceId: string,
  { filter, values }: { filter: string; values: readonly Param[] },
  { limit, after }: { limit: number; after: Position | null },
  maxScan = MAX_SCAN,
): Promise<string[]> {
  const ids: string[] = [];
  let scan = Math.min(FIRST_SCAN * limit, maxScan);
  for (let from = after; ;) {
    const found = await db.first<{ ids: string; scanned: number; last: string | null }>(
      `WITH scanned AS MATERIALIZED (SELECT created_at, id, ${filter} AS matches FROM ${table}
         WHERE space_id = ?1 AND ${isOlder("created_at, id", "?3", "?4")} ORDER BY created_at DESC, id DESC LIMIT ?5)
       SELECT (SELECT json_group_array(id) FROM (SELECT id FROM scanned WHERE matches ORDER BY created_at DESC, id DESC LIMIT ?2)) AS ids,
         count(*) AS scanned,
         (SELECT json_object('time', created_at, 'id', id) FROM scanned ORDER BY created_at, id LIMIT 1) AS last
       FROM scanned`,
      [spaceId, limit - ids.length, ...positionParams(from), scan, ...values],
    );
    if (found === null) throw new Error("The scan of a list returned no row.");
    ids.push(...(JSON.parse(found.ids) as string[]));
    if (ids.length >= limit || found.last === null || found.scanned < scan) return ids;
    from = JSON.parse(found.last) as Position;
    scan = maxScan;
  }
}
