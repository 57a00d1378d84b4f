/** Segments, stored as versions [seq_from, seq_to): an export reads the rule as of its snapshot. */

import type { Row } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { nextSequence, THIS_SEQUENCE, versionAsOf } from "../core/sequences.ts";

interface Segments {
  id: string;
  name: string;
  /** JSON object. */
  rule: string;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, name, rule, created_at, updated_at";

export type SegmentRow = Row<Segments, typeof COLUMNS>;

/** Creates or replaces a segment. A PUT without a change adds no version. @returns the current segment. */
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
      [spaceId, id, name, rule],
    ),
    statement(
      `INSERT INTO segments (space_id, seq_from, seq_to, ${COLUMNS})
       SELECT ?1, ${THIS_SEQUENCE}, NULL, ?2, ?3, ?4,
         coalesce((SELECT created_at FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to = ${THIS_SEQUENCE}), ?5), ?5
       WHERE NOT EXISTS (SELECT 1 FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL)`,
      [spaceId, id, name, rule, now],
    ),
    statement(`SELECT ${COLUMNS} FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`, [spaceId, id]),
  ]);
  const row = results.at(-1)?.rows[0];
  if (row === undefined) throw new Error("A segment is missing after its PUT.");
  return row;
}

/** @returns false if the space has no such segment. */
export async function deleteSegment(db: Database, spaceId: string, id: string): Promise<boolean> {
  const [, closed] = await db.batch([
    nextSequence(spaceId),
    statement(`UPDATE segments SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`, [
      spaceId,
      id,
    ]),
  ]);
  return (closed?.changes ?? 0) > 0;
}

export async function findSegment(db: Database, spaceId: string, id: string): Promise<SegmentRow | null> {
  const sql = `SELECT ${COLUMNS} FROM segments WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`;
  return db.first<SegmentRow>(sql, [spaceId, id]);
}

/** The segment as of a sequence number, or null. */
export async function segmentAt(db: Database, spaceId: string, id: string, seq: number): Promise<SegmentRow | null> {
  const sql = `SELECT ${COLUMNS} FROM segments s WHERE s.space_id = ?1 AND s.id = ?2 AND ${versionAsOf("segments", "s", { id: "?2" }, "?3")}`;
  return db.first<SegmentRow>(sql, [spaceId, id, seq]);
}

/** The current segments, by id. */
export const listSegments = (db: Database, spaceId: string, afterId: string | null, limit: number) =>
  db.all<SegmentRow>(
    `SELECT ${COLUMNS} FROM segments WHERE space_id = ?1 AND seq_to IS NULL AND id > ?2 ORDER BY id LIMIT ?3`,
    [spaceId, afterId ?? "", limit],
  );
