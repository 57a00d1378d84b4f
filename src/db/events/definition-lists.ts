/**
 * Lists of event definitions and of their versions. The properties of a definition may be large, so a page ends early
 * where its rows together are.
 */

import { type Database, statement } from "../core/database.ts";
import { type DefinitionRow, folded, READ_COLUMNS } from "./definitions.ts";

/** The bytes of the properties after which a page ends. A definition has a tenth of this at most. */
const MAX_PAGE_BYTES = 4_000_000;

/** Rows of a list, and whether it ends before `limit` although more rows follow. */
export interface DefinitionPage {
  rows: DefinitionRow[];
  isCut: boolean;
}

/** SQL: the first rows of a list, up to the one with which their properties pass the size of a page. */
const pageOf = (rows: string, order: string) =>
  `SELECT ${READ_COLUMNS}, found FROM (
     SELECT *, count(*) OVER () AS found,
       sum(octet_length(properties)) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
     FROM (${rows} ORDER BY ${order} LIMIT ?2))
   WHERE ifnull(before, 0) <= ${MAX_PAGE_BYTES} ORDER BY ${order}`;

const readPage = (rows: (DefinitionRow & { found: number })[]): DefinitionPage => ({
  rows,
  isCut: rows.length < (rows[0]?.found ?? 0),
});

/**
 * Current rows by id. `q` is searched in id and name, without regard to case.
 * @param others further ids.
 * @returns the rows, and which of the further ids have a current row, on this page or not.
 */
export async function listDefinitionRows(
  db: Database,
  spaceId: string,
  filter: { category: string | null; q: string | null; afterId: string | null; limit: number },
  others: readonly string[],
): Promise<DefinitionPage & { current: string[] }> {
  const { category, q, afterId, limit } = filter;
  const rows = `SELECT ${READ_COLUMNS} FROM definitions
    WHERE space_id = ?1 AND seq_to IS NULL AND id > ?3
      AND (?4 IS NULL OR category = ?4)
      AND (?5 IS NULL OR instr(search, ?5) > 0)`;
  const [listed, current] = await db.batch<DefinitionRow & { found: number }>([
    statement(pageOf(rows, "id"), [spaceId, limit, afterId ?? "", category, q === null ? null : folded(q)]),
    statement(
      "SELECT id FROM definitions WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))",
      [spaceId, JSON.stringify(others)],
    ),
  ]);
  return { ...readPage(listed?.rows ?? []), current: (current?.rows ?? []).map((row) => row.id) };
}

/**
 * Rows of a definition's versions, the newest first. Those of a definition that was deleted are left out.
 * @param below versions from this one on are left out; null: none.
 */
export async function listVersionRows(
  db: Database,
  spaceId: string,
  id: string,
  below: number | null,
  limit: number,
): Promise<DefinitionPage> {
  const rows = `SELECT ${READ_COLUMNS} FROM definitions
    WHERE space_id = ?1 AND id = ?3 AND version < ?4 AND deleted = 0`;
  const params = [spaceId, limit, id, below ?? Number.MAX_SAFE_INTEGER];
  return readPage(await db.all(pageOf(rows, "version DESC"), params));
}

/** Definitions that one query looks up versions of: each version counts as two scanned rows. */
const DEFINITIONS_PER_QUERY = 500;

/**
 * When the newest versions of definitions were written.
 * @param max versions of each, at most 200.
 * @returns id → version → epoch ms. The versions of a definition that has no row are left out.
 */
export async function versionTimes(
  db: Database,
  spaceId: string,
  ids: readonly string[],
  max: number,
): Promise<Map<string, ReadonlyMap<number, number>>> {
  const times = new Map<string, ReadonlyMap<number, number>>();
  for (let from = 0; from < ids.length; from += DEFINITIONS_PER_QUERY) {
    const rows = await db.all<{ id: string; times: string }>(
      `SELECT j.value AS id, (SELECT json_group_array(json_array(version, updated_at)) FROM (
         SELECT d.version, d.updated_at FROM definitions d
         WHERE d.space_id = ?1 AND d.id = j.value AND d.deleted = 0 ORDER BY d.version DESC LIMIT ?3)) AS times
       FROM json_each(?2) j`,
      [spaceId, JSON.stringify(ids.slice(from, from + DEFINITIONS_PER_QUERY)), max],
    );
    for (const row of rows) times.set(row.id, new Map(JSON.parse(row.times) as [number, number][]));
  }
  return times;
}

/** The ids of the current rows. They cost less than the rows, whose properties may be large. */
export async function definitionRowIds(db: Database, spaceId: string): Promise<string[]> {
  const rows = await db.all<{ id: string }>("SELECT id FROM definitions WHERE space_id = ?1 AND seq_to IS NULL", [
    spaceId,
  ]);
  return rows.map(({ id }) => id);
}
