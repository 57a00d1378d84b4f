/**
 * Ads, their sets, campaigns and accounts, stored as versions [seq_from, seq_to): an export reads them as of its
 * snapshot. A PUT without a change adds no version, so that a nightly PUT of all objects costs nothing.
 */

import type { Row } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { nextSequence, THIS_SEQUENCE, versionAsOf } from "../core/sequences.ts";

/** From the lowest level up: an object's parent has the next level, an account has no parent. */
export const AD_LEVELS = ["ad", "adset", "campaign", "account"] as const;

export type AdLevel = (typeof AD_LEVELS)[number];

interface AdObjects {
  id: string;
  name: string | null;
  /** An object one level up, which need not exist. */
  parent_id: string | null;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, name, parent_id, created_at, updated_at";

export type AdObjectRow = Row<AdObjects, typeof COLUMNS>;

/** The data of an object as it is sent. */
export type AdObject = Pick<AdObjectRow, "id" | "name" | "parent_id">;

export type NewAdObject = AdObject & { level: AdLevel };

/**
 * Replaces whole objects, all or nothing, at one sequence number. The objects are sent to D1 once: new versions begin
 * as superseded ones, and become current when those before them have ended.
 * @param objects each id at most once per level.
 */
export async function putAdObjects(
  db: Database,
  spaceId: string,
  objects: readonly NewAdObject[],
  now: number,
): Promise<void> {
  const open = `INSERT INTO ad_objects (space_id, level, seq_from, seq_to, ${COLUMNS})
     SELECT ?1, j.value ->> 'level', ${THIS_SEQUENCE}, ${THIS_SEQUENCE}, j.value ->> 'id', j.value ->> 'name',
       j.value ->> 'parent_id', coalesce(p.created_at, ?3), ?3
     FROM json_each(?2) j
     LEFT JOIN ad_objects p ON p.space_id = ?1 AND p.level = j.value ->> 'level' AND p.id = j.value ->> 'id'
       AND p.seq_to IS NULL
     WHERE p.id IS NULL OR p.name IS NOT j.value ->> 'name' OR p.parent_id IS NOT j.value ->> 'parent_id'`;
  const opened = `space_id = ?1 AND seq_to = ${THIS_SEQUENCE} AND seq_from = ${THIS_SEQUENCE}`;
  const close = `UPDATE ad_objects INDEXED BY ad_objects_current SET seq_to = ${THIS_SEQUENCE}
     WHERE space_id = ?1 AND seq_to IS NULL
       AND (level, id) IN (SELECT level, id FROM ad_objects INDEXED BY ad_objects_superseded WHERE ${opened})`;
  const publish = `UPDATE ad_objects INDEXED BY ad_objects_superseded SET seq_to = NULL WHERE ${opened}`;
  await db.batch([
    nextSequence(spaceId),
    ...jsonLists(objects).map((list) => statement(open, [spaceId, list, now])),
    statement(close, [spaceId]),
    statement(publish, [spaceId]),
  ]);
}

/** The current objects of a level, by id. */
export const listAdObjects = (db: Database, spaceId: string, level: AdLevel, afterId: string | null, limit: number) =>
  db.all<AdObjectRow>(
    `SELECT ${COLUMNS} FROM ad_objects
     WHERE space_id = ?1 AND level = ?2 AND seq_to IS NULL AND id > ?3 ORDER BY id LIMIT ?4`,
    [spaceId, level, afterId ?? "", limit],
  );

/** These objects of a level as of a sequence number, with one query for each 1.9 MB of ids. */
export async function adObjectsAt(
  db: Database,
  spaceId: string,
  seq: number,
  level: AdLevel,
  ids: readonly string[],
): Promise<AdObject[]> {
  const found: AdObject[] = [];
  for (const list of jsonLists(ids))
    found.push(
      ...(await db.all<AdObject>(
        `SELECT o.id, o.name, o.parent_id FROM json_each(?4) j CROSS JOIN ad_objects o
           ON o.space_id = ?1 AND o.level = ?3 AND o.id = j.value AND ${versionAsOf("ad_objects", "o", { level: "?3", id: "j.value" }, "?2")}`,
        [spaceId, seq, level, list],
      )),
    );
  return found;
}
