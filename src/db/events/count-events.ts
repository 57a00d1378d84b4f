/** Counts the events of a range in slices, as far as a budget goes. */

import type { Database } from "../core/database.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import { type EventKey, type EventRange, parseKey } from "./event-range.ts";
import { scanSlice } from "./event-scan.ts";

/** Events that one query of a count scans: other queries of the database wait for it. */
const ROWS_PER_COUNT = 50_000;

export interface EventCount {
  records: number;
  /** The key of the first of them. */
  first: EventKey | null;
  /** Null: everything was counted. Else the budget ended the count before this key. */
  next: EventKey | null;
}

/** Counts the events of a range, one query for each slice of scanned events, whatever their type. */
export async function countEvents(
  db: Database,
  range: EventRange,
  budget: ScanBudget,
  rows = ROWS_PER_COUNT,
): Promise<EventCount> {
  let records = 0;
  let first: EventKey | null = null;
  for (let { lower } = range; ;) {
    const before = db.rowsRead;
    const slice = await scanSlice<{ n: number; first: string | null }>(
      db,
      { ...range, lower },
      rows,
      "ifnull(sum(matches), 0) AS n, min(iif(matches, key, NULL)) AS first",
    );
    records += slice.n;
    if (first === null && slice.first !== null) first = parseKey(slice.first);
    if (slice.next === null || !budget.spend(db.rowsRead - before)) return { records, first, next: slice.next };
    lower = slice.next;
  }
}
