/** The ledger of an export: what each chunk has to read, and what it wrote. */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { type Position, positionParams } from "../core/pagination.ts";
import { isProcessingPlan } from "./exports.ts";
import type { ExportKey } from "./status.ts";

interface ExportChunks {
  n: number;
  file_n: number;
  /**
   * JSON list: when the first record of each of its files occurred; null where it has one file, or its files are split.
   */
  file_starts: string | null;
  lower_time: number;
  lower_id: string;
  upper_time: number;
  upper_id: string;
  records: number;
  done: number;
  lease_until: number;
  takeovers: number;
  records_read: number | null;
  rows: number | null;
  bytes: number | null;
  uncompressed_bytes: number | null;
  crc32: number | null;
  sha256: string | null;
  first_time: number | null;
  first_id: string | null;
  last_time: number | null;
  last_id: string | null;
}

export const CHUNK_COLUMNS = `n, file_n, lower_time, lower_id, upper_time, upper_id, records, done, lease_until, takeovers, records_read, rows, bytes,
  uncompressed_bytes, crc32, sha256, first_time, first_id, last_time, last_id`;

export type ChunkRow = Row<ExportChunks, typeof CHUNK_COLUMNS>;

const PLANNED = "n, file_n, lower_time, lower_id, upper_time, upper_id, records, file_starts";

export type PlannedChunk = Row<ExportChunks, typeof PLANNED>;

/** Inserts chunks of a plan. A repeated plan is the same plan: rows that exist stay as they are. */
export function insertChunks(of: ExportKey, plan: number, chunks: readonly PlannedChunk[]): Statement {
  const rows = chunks.map((chunk) => valuesOf(chunk, PLANNED));
  return statement(
    `INSERT INTO export_chunks (space_id, export_id, ${PLANNED})
     SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
     FROM json_each(?3) WHERE ${isProcessingPlan("?4")} ON CONFLICT DO NOTHING`,
    [of.space_id, of.id, JSON.stringify(rows), plan],
  );
}

/** The last chunk that was planned so far, or null. */
export async function lastChunk(db: Database, of: ExportKey): Promise<ChunkRow | null> {
  return db.first<ChunkRow>(
    `SELECT ${CHUNK_COLUMNS} FROM export_chunks WHERE space_id = ?1 AND export_id = ?2 ORDER BY n DESC LIMIT 1`,
    [of.space_id, of.id],
  );
}

/** Rows of the ledger per query: about a megabyte. */
const LEDGER_PAGE = 2_000;

/** All chunks in order, page by page. */
export async function* chunkPages(db: Database, of: ExportKey, limit = LEDGER_PAGE): AsyncGenerator<ChunkRow[]> {
  const sql = `SELECT ${CHUNK_COLUMNS} FROM export_chunks WHERE space_id = ?1 AND export_id = ?2 AND n > ?3 ORDER BY n LIMIT ?4`;
  for (let after = -1; ;) {
    const page = await db.all<ChunkRow>(sql, [of.space_id, of.id, after, limit]);
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)?.n ?? after;
  }
}

const SEGMENT_COLUMNS = "n, rows, bytes, uncompressed_bytes, crc32";

/** A chunk's segment of a file. */
export type SegmentRow = Row<ExportChunks, typeof SEGMENT_COLUMNS>;

/** The segments of one file, in order: a hundred bytes of memory each. */
export async function segmentsOfFile(
  db: Database,
  of: ExportKey,
  fileN: number,
  limit = LEDGER_PAGE,
): Promise<SegmentRow[]> {
  const segments: SegmentRow[] = [];
  for (let from = 0; ;) {
    const page = await db.all<SegmentRow>(
      `SELECT ${SEGMENT_COLUMNS} FROM export_chunks
       WHERE space_id = ?1 AND export_id = ?2 AND n >= ?4 AND file_n = ?3 ORDER BY n LIMIT ?5`,
      [of.space_id, of.id, fileN, from, limit],
    );
    for (const segment of page) segments.push(segment);
    if (page.length < limit) return segments;
    from = (page.at(-1)?.n ?? 0) + 1;
  }
}

/** Of the first `window` chunks that are not written: the numbers of those without a live lease. */
export async function idleChunks(db: Database, of: ExportKey, now: number, window: number): Promise<number[]> {
  const rows = await db.all<{ n: number }>(
    `SELECT n FROM (SELECT n, lease_until FROM export_chunks
       WHERE space_id = ?1 AND export_id = ?2 AND done = 0 ORDER BY n LIMIT ?4) WHERE lease_until <= ?3 ORDER BY n`,
    [of.space_id, of.id, now, window],
  );
  return rows.map((row) => row.n);
}

/**
 * The last of the first `window` chunks that are not written, if there are so many. In the batch that commits a chunk
 * it is the one that takes that chunk's place, and no other commit finds the same.
 */
export const chunkEnteringWindow = (of: ExportKey, window: number): Statement =>
  statement(
    "SELECT n FROM export_chunks WHERE space_id = ?1 AND export_id = ?2 AND done = 0 ORDER BY n LIMIT 1 OFFSET ?3",
    [of.space_id, of.id, window - 1],
  );

/**
 * The last file that has a planned chunk, and how many records its chunks have; of a chunk with several files, the
 * first of them and the records of all. Without a chunk that has a file: file 0, no records.
 */
export async function lastPlannedFile(db: Database, of: ExportKey): Promise<{ file: number; records: number }> {
  const row = await db.first<{ file: number; records: number }>(
    `SELECT file_n AS file, sum(records) AS records FROM export_chunks
     WHERE space_id = ?1 AND export_id = ?2 AND file_n >= 0
     GROUP BY file_n ORDER BY file_n DESC LIMIT 1`,
    [of.space_id, of.id],
  );
  return row ?? { file: 0, records: 0 };
}

/** When the first record of each file of the chunks up to `last` occurred, in order: of counted files, by the plan. */
export async function listFileStarts(db: Database, of: ExportKey, last: number): Promise<number[]> {
  const rows = await db.all<{ time: number }>(
    `SELECT coalesce(f.value, c.lower_time) AS time FROM export_chunks c LEFT JOIN json_each(c.file_starts) f
     WHERE c.space_id = ?1 AND c.export_id = ?2 AND c.n <= ?3 AND c.file_starts IS NOT '[]'
     ORDER BY c.n, f.key`,
    [of.space_id, of.id, last],
  );
  return rows.map((row) => row.time);
}

/** How many records the chunks up to `last` have. */
export async function countPlanned(db: Database, of: ExportKey, last: number): Promise<number> {
  const sql =
    "SELECT coalesce(sum(records), 0) AS records FROM export_chunks WHERE space_id = ?1 AND export_id = ?2 AND n <= ?3";
  return (await db.first<{ records: number }>(sql, [of.space_id, of.id, last]))?.records ?? 0;
}

export interface WrittenChunk {
  recordsRead: number;
  rows: number;
  /** Of all its objects: a segment, a whole file, or several files. */
  bytes: number;
  uncompressedBytes: number;
  crc32: number;
  /** Null where the chunk has several objects, or none. */
  sha256: string | null;
  first: Position | null;
  last: Position | null;
  /** JSON: the dataset's summary of its rows; null where the dataset has none. */
  summary: string | null;
}

export function chunkDone(of: ExportKey, plan: number, n: number, written: WrittenChunk): Statement {
  return statement(
    `UPDATE export_chunks SET done = 1, records_read = ?4, rows = ?5, bytes = ?6, uncompressed_bytes = ?7, crc32 = ?8, sha256 = ?9,
       first_time = ?10, first_id = ?11, last_time = ?12, last_id = ?13, rows_so_far = ?5, summary = ?15
     WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND ${isProcessingPlan("?14")}`,
    [
      of.space_id,
      of.id,
      n,
      written.recordsRead,
      written.rows,
      written.bytes,
      written.uncompressedBytes,
      written.crc32,
      written.sha256,
      ...positionParams(written.first),
      ...positionParams(written.last),
      plan,
      written.summary,
    ],
  );
}

/** The summaries of chunks after `after`, in order: at least one, and about 8 MB at most. */
export const listSummaries = (db: Database, of: ExportKey, after: number) =>
  db.all<{ n: number; summary: string }>(
    `SELECT n, summary FROM (
       SELECT n, summary, sum(octet_length(summary)) OVER (ORDER BY n) - octet_length(summary) AS bytes_before
       FROM export_chunks WHERE space_id = ?1 AND export_id = ?2 AND n > ?3 AND summary IS NOT NULL)
     WHERE bytes_before < 8000000 ORDER BY n LIMIT 1000`,
    [of.space_id, of.id, after],
  );
