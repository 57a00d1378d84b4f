/**
 * Deletions as an export reports them, in the order of their sequence number: deletions of people without a profile at
 * the snapshot. A deletion stays when its rows are erased, so these reads never change.
 */

import type { Database } from "../core/database.ts";
import type { DeletedPerson } from "./deletions.ts";
import { asOf } from "../core/sequences.ts";

/** A place in the order of deletions. An empty id sorts before every deletion with its number. */
export interface DeletionKey {
  seq: number;
  id: string;
}

/** The deletions of a space with sinceSeq < sequence number ≤ seq, and lower ≤ key < upper. */
export interface TombstoneRange {
  spaceId: string;
  seq: number;
  sinceSeq: number;
  lower: DeletionKey;
  /** Null: to the last deletion. */
  upper: DeletionKey | null;
}

/** SQL: the FROM and WHERE of a range, with parameters ?1 to ?7. @param from `>` leaves out the lower key itself. */
const inRange = (from: ">" | ">=" = ">=") =>
  `FROM profile_deletions d WHERE d.space_id = ?1 AND d.seq > ?3 AND d.seq <= ?2 AND (d.seq, d.id) ${from} (?4, ?5)
     AND (d.seq, d.id) < (?6, ?7)
     AND NOT EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = d.person_id AND ${asOf("p", "?2")})`;

function rangeParams(range: TombstoneRange, lower: DeletionKey = range.lower) {
  const upper = range.upper ?? { seq: range.seq + 1, id: "" };
  return [range.spaceId, range.seq, range.sinceSeq, lower.seq, lower.id, upper.seq, upper.id] as const;
}

/**
 * Cuts the first `max` deletions off a range.
 * @returns how many there are, at most `max`, and the key of the next one, or null.
 */
export async function cutTombstones(
  db: Database,
  range: TombstoneRange,
  max: number,
): Promise<{ records: number; next: DeletionKey | null }> {
  const found = await db.first<{ n: number; seq: number | null; id: string | null }>(
    `SELECT n, seq, id FROM (SELECT row_number() OVER (ORDER BY d.seq, d.id) AS n, d.seq, d.id ${inRange()}
       ORDER BY d.seq, d.id LIMIT ?8) ORDER BY n DESC LIMIT 1`,
    [...rangeParams(range), max + 1],
  );
  if (found === null || found.seq === null || found.id === null || found.n <= max)
    return { records: found?.n ?? 0, next: null };
  return { records: max, next: { seq: found.seq, id: found.id } };
}

export async function countTombstones(db: Database, range: TombstoneRange): Promise<number> {
  const row = await db.first<{ n: number }>(`SELECT count(*) AS n ${inRange()}`, rangeParams(range));
  return row?.n ?? 0;
}

const PAGE_ROWS = 1_000;

/** The deletions of a range in their order, page by page. */
export async function* readTombstones(
  db: Database,
  range: TombstoneRange,
  rows = PAGE_ROWS,
): AsyncGenerator<DeletedPerson[]> {
  let lower = range.lower;
  let from: ">" | ">=" = ">=";
  for (;;) {
    const page: DeletedPerson[] = await db.all(
      `SELECT d.seq, d.id, d.person_id, d.external_person_id, d.requested_at ${inRange(from)}
       ORDER BY d.seq, d.id LIMIT ?8`,
      [...rangeParams(range, lower), rows],
    );
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < rows) return;
    [lower, from] = [{ seq: last.seq, id: last.id }, ">"];
  }
}
