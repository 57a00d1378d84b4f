/** Segments, kept as versions [seq_from, seq_to): an export reads the rule that stood at its snapshot. */

import type { Condition } from "./conditions.ts";
import { type Database, statement } from "../core/database.ts";
import { asOf, nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";

export interface SegmentRow {
  id: string;
  name: string;
  /** JSON object. */
  rule: string;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, name, rule, created_at, updated_at";

/** Makes or replaces a segment; one that is put as it stands stays as it is. @returns it as it stands now. */
export async function putSegment(
  db: Database,
  spaceId: string,
  segment: Pick<SegmentRow, "id" | "name" | "rule">,
  now: number,
): Promise<SegmentRow> {
  const { id, name, rule } = segment;
  const results = await db.batch<SegmentRow>([
    nextSequence(spaceId),
    statement(
      `UPDATE segments SET seq_to = ${THIS_SEQUENCE}
       WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL AND (name <> ?3 OR rule <> ?4)`,
      spaceId,
      id,
      name,
      rule,
    ),
    statement(
      `INSERT INTO segments (space_id, seq_from, seq_to, ${COLUMNS})
       SELECT ?1, ${THIS_SEQUENCE}, NULL, ?2, ?3, ?4,
         coalesce((SELECT created_at FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to = ${THIS_SEQUENCE}), ?5), ?5
       WHERE NOT EXISTS (SELECT 1 FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL)`,
      spaceId,
      id,
      name,
      rule,
      now,
    ),
    statement(`SELECT ${COLUMNS} FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`, spaceId, id),
  ]);
  const row = results.at(-1)?.rows[0];
  if (row === undefined) throw new Error("a segment is not there after it was put");
  return row;
}

/** @returns whether it was there. */
export async function deleteSegment(db: Database, spaceId: string, id: string): Promise<boolean> {
  const [, closed] = await db.batch([
    nextSequence(spaceId),
    statement(
      `UPDATE segments SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`,
      spaceId,
      id,
    ),
  ]);
  return (closed?.changes ?? 0) > 0;
}

export async function findSegment(db: Database, spaceId: string, id: string): Promise<SegmentRow | null> {
  return db.first<SegmentRow>(
    `SELECT ${COLUMNS} FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`,
    spaceId,
    id,
  );
}

/** The version that stood at a sequence number, or null where none did. */
export async function segmentAt(db: Database, spaceId: string, id: string, seq: number): Promise<SegmentRow | null> {
  return db.first<SegmentRow>(
    `SELECT ${COLUMNS} FROM segments s WHERE s.space_id = ?1 AND s.id = ?2 AND ${asOf("s", "?3")}`,
    spaceId,
    id,
    seq,
  );
}

/** Those that stand, by id. */
export async function listSegments(
  db: Database,
  spaceId: string,
  afterId: string | null,
  limit: number,
): Promise<SegmentRow[]> {
  return db.all<SegmentRow>(
    `SELECT ${COLUMNS} FROM segments WHERE space_id = ?1 AND seq_to IS NULL AND id > ?2 ORDER BY id LIMIT ?3`,
    spaceId,
    afterId ?? "",
    limit,
  );
}

/** What a condition of `countMatching` is made for. */
export const COUNTING = { seq: "?2", values: "?3" } as const;

/**
 * How many of the profiles that stood at a sequence number match. Reads them all, one query each slice.
 * @param slice how many profiles one query looks at.
 */
export async function countMatching(
  db: Database,
  spaceId: string,
  seq: number,
  condition: Condition,
  slice: number,
): Promise<number> {
  let count = 0;
  let after: string | null = "";
  while (after !== null) {
    const part: { looked: number; matching: number | null; last: string | null } | null = await db.first(
      `SELECT count(*) AS looked, sum(matches) AS matching, max(person_id) AS last
       FROM (SELECT p.person_id, ${condition.sql} AS matches FROM profiles p
             WHERE p.space_id = ?1 AND p.person_id > ?4 AND ${asOf("p", "?2")} ORDER BY p.person_id LIMIT ?5)`,
      spaceId,
      seq,
      condition.values,
      after,
      slice,
    );
    count += part?.matching ?? 0;
    after = part === null || part.looked < slice ? null : part.last;
  }
  return count;
}
