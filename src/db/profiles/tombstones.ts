/**
 * Deletions as an export reports them, in the order of their sequence number: deletions of people without a profile at
 * the snapshot. A deletion stays when its rows are erased, so these reads never change.
 */

import type { Database } from "../core/database.ts";
import type { DeletedPerson } from "./deletions.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import { versionAsOf } from "../core/sequences.ts";

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

/** Deletions that one query scans: each costs four rows, with the look-up of the person's version. */
const MAX_SCAN = 20_000;
const PAGE_ROWS = 4_000;

/** No id sorts between this one and the same with a control character behind it. */
const justAfter = ({ seq, id }: DeletionKey): DeletionKey => ({ seq, id: `${id}\u0001` });

/** SQL: the first deletions of a range, with parameters ?1 to ?8: `matches` is 1 without a profile at the snapshot. */
const SCANNED = `SELECT d.seq, d.id, d.person_id, d.external_person_id, d.requested_at, NOT EXISTS (
       SELECT 1 FROM profiles p WHERE p.space_id = ?1 AND p.person_id = d.person_id
         AND ${versionAsOf("profiles", "p", { person_id: "d.person_id" }, "?2")}) AS matches
     FROM profile_deletions d WHERE d.space_id = ?1 AND d.seq > ?3 AND d.seq <= ?2 AND (d.seq, d.id) >= (?4, ?5)
       AND (d.seq, d.id) < (?6, ?7) ORDER BY d.seq, d.id LIMIT ?8`;

function scanParams(range: TombstoneRange, rows: number) {
  const { lower } = range;
  const upper = range.upper ?? { seq: range.seq + 1, id: "" };
  return [range.spaceId, range.seq, range.sinceSeq, lower.seq, lower.id, upper.seq, upper.id, rows] as const;
}

/**
 * Counts the deletions of the first scanned ones, up to `left`.
 * @returns how many there are, the key of the one beyond `left`, and where the scan goes on, or null at the end.
 */
async function countSlice(db: Database, range: TombstoneRange, left: number, rows: number) {
  const row = await db.first<{ n: number; last: string | null; beyond: string | null }>(
    `WITH scanned AS MATERIALIZED (${SCANNED})
     SELECT ifnull(sum(matches), 0) AS n,
       CASE WHEN count(*) = ?8 THEN (SELECT json_object('seq', seq, 'id', id) FROM scanned ORDER BY seq DESC, id DESC LIMIT 1) END AS last,
       CASE WHEN sum(matches) > ?9 THEN
         (SELECT json_object('seq', seq, 'id', id) FROM scanned WHERE matches ORDER BY seq, id LIMIT 1 OFFSET ?9) END AS beyond
     FROM scanned`,
    [...scanParams(range, rows), left],
  );
  const keyOf = (text: string | null | undefined) =>
    text === null || text === undefined ? null : (JSON.parse(text) as DeletionKey);
  const [last, beyond] = [keyOf(row?.last), keyOf(row?.beyond)];
  return { n: Math.min(row?.n ?? 0, left), beyond, next: last === null ? null : justAfter(last) };
}

/**
 * Cuts the first `max` deletions off a range.
 * @param maxScan deletions that one query scans, whether they are in the range or not.
 * @returns how many there are, at most `max`, and the key of the next one, or null.
 */
export async function cutTombstones(
  db: Database,
  range: TombstoneRange,
  max: number,
  maxScan = MAX_SCAN,
): Promise<{ records: number; next: DeletionKey | null }> {
  let records = 0;
  let rows = Math.min(max + 1, maxScan);
  for (let { lower } = range; ;) {
    const { n, beyond, next } = await countSlice(db, { ...range, lower }, max - records, rows);
    records += n;
    if (beyond !== null || next === null) return { records, next: beyond };
    lower = next;
    rows = maxScan;
  }
}

/** @returns how many there are, and null; when the budget ended before, those up to a key, and this key. */
export async function countTombstones(
  db: Database,
  range: TombstoneRange,
  budget: ScanBudget,
  maxScan = MAX_SCAN,
): Promise<{ records: number; next: DeletionKey | null }> {
  let records = 0;
  for (let { lower } = range; ;) {
    const before = db.rowsRead;
    const { n, next } = await countSlice(db, { ...range, lower }, Number.MAX_SAFE_INTEGER, maxScan);
    records += n;
    if (next === null || !budget.spend(db.rowsRead - before)) return { records, next };
    lower = next;
  }
}

/** The deletions of a range in their order, page by page: of `rows` scanned ones those that are in the range. */
export async function* readTombstones(
  db: Database,
  range: TombstoneRange,
  rows = PAGE_ROWS,
): AsyncGenerator<DeletedPerson[]> {
  for (let { lower } = range; ;) {
    const scanned = await db.all<DeletedPerson & { matches: number }>(SCANNED, scanParams({ ...range, lower }, rows));
    const page = scanned.flatMap(({ matches, ...deletion }) => (matches === 1 ? [deletion] : []));
    if (page.length > 0) yield page;
    const last = scanned.at(-1);
    if (last === undefined || scanned.length < rows) return;
    lower = justAfter(last);
  }
}
