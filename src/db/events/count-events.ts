/** Counts the events of a range in slices, as far as a budget goes. */

import type { Database } from "../core/database.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import {
  belongs,
  betweenKeys,
  DIGITS_16,
  type EventKey,
  type EventRange,
  eventRangeParams,
  parseKey,
} from "./event-range.ts";

/** Events that one query of a count scans: other queries of the database wait for it. */
const ROWS_PER_COUNT = 50_000;

/**
 * Counts the events of a range, one query for each slice of scanned events, whatever their type.
 * @returns how many there are, and null; when the budget ended before, those up to a key, and this key.
 */
export async function countEvents(
  db: Database,
  range: EventRange,
  budget: ScanBudget,
  rows = ROWS_PER_COUNT,
): Promise<{ records: number; next: EventKey | null }> {
  let records = 0;
  let lower = range.lower;
  let from: ">" | ">=" = ">=";
  for (;;) {
    const found: { scanned: number; n: number; last: string | null } | null = await db.first(
      `SELECT count(*) AS scanned, ifnull(sum(counts), 0) AS n, max((occurred_at + ${DIGITS_16}) || id) AS last
       FROM (SELECT occurred_at, id, ${belongs(range)} AS counts FROM ${range.table.name}
             WHERE ${betweenKeys(from)} ORDER BY occurred_at, id LIMIT ?8)`,
      [...eventRangeParams(range, lower), rows],
    );
    records += found?.n ?? 0;
    if (found === null || found.last === null || found.scanned < rows) return { records, next: null };
    [lower, from] = [parseKey(found.last), ">"];
    // No id sorts between this one and the same with a control character behind it.
    if (!budget.spend(found.scanned)) return { records, next: { time: lower.time, id: `${lower.id}\u0001` } };
  }
}
