/**
 * Superseded versions of what changes. A version [seq_from, seq_to) is read as of the sequence numbers in that range,
 * and of no other: where no read is as of a number below `seq_to` any more, the version can be deleted.
 */

import { type Database, type Param, statement } from "./database.ts";
import { jsonLists } from "./json-lists.ts";
import { versionAsOf } from "./sequences.ts";

/**
 * The tables with versions, and their primary keys after `space_id`. Each has an index of its superseded versions; of
 * event definitions, whose versions stay readable, only those of deleted ones count.
 */
const VERSIONED = {
  definitions: "id, seq_from",
  flows: "id, seq_from",
  flow_elements: "id, flow_id, seq_from",
  ad_objects: "level, id, seq_from",
  profiles: "person_id, seq_from",
  merges: "person_id, seq_from",
  profile_definitions: "kind, id, seq_from",
  segments: "id, seq_from",
};

/** SQL: the rows of a table that its index of superseded versions has. */
const superseded = (table: string) => (table === "definitions" ? "deleted = 1 AND seq_to" : "seq_to");

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
           WHERE space_id = ?1 AND ${superseded(table)} <= ?2 ORDER BY seq_to LIMIT ?3)`,
        [spaceId, upTo, limit],
      ),
    ),
  );
  return {
    deleted: results.reduce((sum, { changes }) => sum + changes, 0),
    more: results.some(({ changes }) => changes >= limit),
  };
}

/** Ids that one query looks at: each takes two seeks, one to its next id and one to its version. */
const IDS_PER_QUERY = 10_000;

/**
 * The versions of things as of a sequence number, by id. Each is found by seeks, however many versions came before, and
 * a query looks at a bounded number of ids, whether they have a version at that number or not.
 * @param columns of the result, separated by commas. @param kind the value of the table's column `kind`, if it has one.
 * @param ids null: all.
 */
export async function versionsAt<Row>(
  db: Database,
  of: { table: "definitions" | "profile_definitions"; columns: string; kind?: string },
  spaceId: string,
  seq: number,
  ids: readonly string[] | null,
  idsPerQuery = IDS_PER_QUERY,
): Promise<Row[]> {
  const { table, columns, kind } = of;
  const inKind = kind === undefined ? "" : " AND kind = ?4";
  const selected = columns.split(", ").map((column) => `v.${column}`);
  const version = (id: string) =>
    `v.space_id = ?1${kind === undefined ? "" : " AND v.kind = ?4"} AND v.id = ${id}
       AND ${versionAsOf(table, "v", { ...(kind === undefined ? {} : { kind: "?4" }), id }, "?2")}`;
  const read = <Found>(sql: string, list: string, ...more: Param[]) =>
    db.all<Found>(sql, [spaceId, seq, list, ...(kind === undefined ? [] : [kind]), ...more]);
  const found: Row[] = [];
  if (ids !== null) {
    for (const list of jsonLists([...new Set(ids)]))
      found.push(
        ...(await read<Row>(
          `SELECT ${selected.join(", ")} FROM json_each(?3) j CROSS JOIN ${table} v ON ${version("j.value")} ORDER BY v.id`,
          list,
        )),
      );
    return found;
  }
  const nextId = (after: string) => `SELECT min(id) FROM ${table} WHERE space_id = ?1${inKind} AND id > ${after}`;
  for (let after = ""; ;) {
    const scanned = await read<Row & { scanned_id: string; nth: number; is_there: number }>(
      `WITH RECURSIVE ids (id, n) AS (
         SELECT (${nextId("?3")}), 1 UNION ALL SELECT (${nextId("ids.id")}), n + 1 FROM ids WHERE id IS NOT NULL AND n < ${idsPerQuery})
       SELECT ${selected.join(", ")}, ids.id AS scanned_id, n AS nth, v.id IS NOT NULL AS is_there
       FROM ids LEFT JOIN ${table} v ON ${version("ids.id")}
       WHERE ids.id IS NOT NULL AND (v.id IS NOT NULL OR n = ${idsPerQuery}) ORDER BY ids.id`,
      after,
    );
    for (const { scanned_id: _, nth: _n, is_there: isThere, ...row } of scanned)
      if (isThere === 1) found.push(row as Row);
    const last = scanned.at(-1);
    if (last === undefined || last.nth < idsPerQuery) return found;
    after = last.scanned_id;
  }
}
