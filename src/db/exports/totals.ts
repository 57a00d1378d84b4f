/** The progress of exports over their chunks and files, read from the ledger: of one export, or of a list of them. */

import type { Database } from "../core/database.ts";

export interface ExportTotals {
  /** Records of the chunks that are done. */
  records_done: number;
  rows_written: number;
  bytes_written: number;
  uncompressed_bytes: number;
  files_written: number;
  files_total: number;
}

export const NO_TOTALS: ExportTotals = {
  records_done: 0,
  rows_written: 0,
  bytes_written: 0,
  uncompressed_bytes: 0,
  files_written: 0,
  files_total: 0,
};

/** Ledger rows that one query reads. An export has at most 40,000: 20,000 chunks and 20,000 files. */
const MAX_SCANNED_ROWS = 100_000;

/**
 * The totals of exports of one space by export id. An export without chunks and files is left out.
 * `rows_written` includes chunks in progress, and never falls.
 * @param maxRows ledger rows that one query reads: a list of very large exports takes several queries.
 */
export async function totalsOf(
  db: Database,
  spaceId: string,
  exportIds: readonly string[],
  maxRows = MAX_SCANNED_ROWS,
): Promise<Map<string, ExportTotals>> {
  const totals = new Map<string, ExportTotals>();
  let left = exportIds.toSorted();
  while (left.length > 0) {
    const page = await readTotals(db, spaceId, left, maxRows);
    const isFull = page.reduce((sum, each) => sum + each.ledger_rows, 0) >= maxRows;
    const last = page.at(-1)?.export_id ?? "";
    // A full page may end within its last export, which the next page then reads from its first row.
    const isCut = isFull && page.length > 1;
    for (const { export_id, ledger_rows: _, ...counts } of page)
      if (!isCut || export_id !== last) totals.set(export_id, counts);
    left = isFull ? left.filter((id) => (isCut ? id >= last : id > last)) : [];
  }
  return totals;
}

/** The totals of one export. */
export async function exportTotals(db: Database, of: { space_id: string; id: string }): Promise<ExportTotals> {
  return (await totalsOf(db, of.space_id, [of.id])).get(of.id) ?? NO_TOTALS;
}

/** The totals over the first `maxRows` ledger rows of these exports, by export id. */
const readTotals = (db: Database, spaceId: string, exportIds: readonly string[], maxRows: number) =>
  db.all<ExportTotals & { export_id: string; ledger_rows: number }>(
    `SELECT export_id, count(*) AS ledger_rows, sum(records) AS records_done, sum(rows_so_far) AS rows_written,
       sum(bytes) AS bytes_written, sum(uncompressed_bytes) AS uncompressed_bytes, sum(files_done) AS files_written,
       sum(files) AS files_total
     FROM (
       SELECT export_id, iif(done = 1, records, 0) AS records, rows_so_far, ifnull(bytes, 0) AS bytes,
         ifnull(uncompressed_bytes, 0) AS uncompressed_bytes, 0 AS files_done, 0 AS files
       FROM export_chunks WHERE space_id = ?1 AND export_id IN (SELECT value FROM json_each(?2))
       UNION ALL
       SELECT export_id, 0, 0, 0, 0, done, 1
       FROM export_files WHERE space_id = ?1 AND export_id IN (SELECT value FROM json_each(?2))
       ORDER BY export_id LIMIT ?3)
     GROUP BY export_id ORDER BY export_id`,
    [spaceId, JSON.stringify(exportIds), maxRows],
  );
