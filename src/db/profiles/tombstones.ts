/**
 * Deletions as an export tells them, in the order of their number: those of people of whom no profile stood at the snapshot.
 * Deletions stay when what they deleted is gone, so what is read of them never changes.
 */

import type { Database } from "../core/database.ts";
import type { DeletedPerson } from "./deletions.ts";
import { asOf } from "../core/sequences.ts";

/** A place in the order of deletions. An empty id comes before every deletion of its number. */
export interface DeletionKey {
  seq: number;
  id: string;
}

/** Which deletions: those of a space with sinceSeq < number ≤ seq, with lower ≤ key < upper. */
export interface TombstoneRange {
  spaceId: string;
  seq: number;
  sinceSeq: number;
  lower: DeletionKey;
  /** Null: up to the last. */
  upper: DeletionKey | null;
}

/** The FROM and WHERE of a range; parameters ?1 to ?7. `from` says whether the deletion at the lower key itself is in. */
const inRange = (from: ">" | ">=" = ">=") =>
  `FROM profile_deletions d WHERE d.space_id = ?1 AND d.seq > ?3 AND d.seq <= ?2 AND (d.seq, d.id) ${from} (?4, ?5)
     AND (d.seq, d.id) < (?6, ?7)
     AND NOT EXISTS (SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = d.person_id AND ${asOf("p", "?2")})`;

function rangeParams(range: TombstoneRange, lower: DeletionKey = range.lower) {
  const upper = range.upper ?? { seq: range.seq + 1, id: "" };
  return [range.spaceId, range.seq, range.sinceSeq, lower.seq, lower.id, upper.seq, upper.id] as const;
}

/**
 * Cuts the first `most` deletions off a range.
 * @returns how many there are, `most` at most, and the key of the one after them, or null.
 */
export async function cutTombstones(
  db: Database,
  range: TombstoneRange,
  most: number,
): Promise<{ records: number; next: DeletionKey | null }> {
  const found = await db.first<{ n: number; seq: number | null; id: string | null }>(
    `SELECT n, seq, id FROM (SELECT row_number() OVER (ORDER BY d.seq, d.id) AS n, d.seq, d.id ${inRange()}
       ORDER BY d.seq, d.id LIMIT ?8) ORDER BY n DESC LIMIT 1`,
    ...rangeParams(range),
    most + 1,
  );
  if (found === null || found.seq === null || found.id === null || found.n <= most)
    return { records: found?.n ?? 0, next: null };
  return { records: most, next: { seq: found.seq, id: found.id } };
}

export async function countTombstones(db: Database, range: TombstoneRange): Promise<number> {
  const row = await db.first<{ n: number }>(`SELECT count(*) AS n ${inRange()}`, ...rangeParams(range));
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
      ...rangeParams(range, lower),
      rows,
    );
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < rows) return;
    [lower, from] = [{ seq: last.seq, id: last.id }, ">"];
  }
}
