/** The files of an export: their names, and whether they are written. */

import type { Row } from "../core/columns.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { isProcessingPlan } from "./exports.ts";
import type { ExportKey } from "./status.ts";
import { jsonLists } from "../core/json-lists.ts";
import type { Position } from "../core/pagination.ts";

interface ExportFiles {
  n: number;
  name: string;
  done: number;
  lease_until: number;
  takeovers: number;
  upload_id: string | null;
  /** JSON: where the next invocation continues the upload; null: it begins. */
  checkpoint: string | null;
  rows: number | null;
  bytes: number | null;
  uncompressed_bytes: number | null;
  sha256: string | null;
  /** The keys of its first and last row, where its chunk has several files. */
  first_time: number | null;
  first_id: string | null;
  last_time: number | null;
  last_id: string | null;
}

export const FILE_COLUMNS =
  "n, name, done, lease_until, takeovers, upload_id, checkpoint, rows, bytes, uncompressed_bytes, sha256, first_time, first_id, last_time, last_id";

export type FileRow = Row<ExportFiles, typeof FILE_COLUMNS>;

export function insertFiles(of: ExportKey, plan: number, names: readonly string[]): Statement {
  return statement(
    `INSERT INTO export_files (space_id, export_id, n, name)
     SELECT ?1, ?2, key, value FROM json_each(?3) WHERE ${isProcessingPlan("?4")} ON CONFLICT DO NOTHING`,
    [of.space_id, of.id, JSON.stringify(names), plan],
  );
}

/** The files [from, to) that the ledger knows, in order. */
export const filesBetween = (db: Database, of: ExportKey, { from, to }: { from: number; to: number }) =>
  db.all<FileRow>(
    `SELECT ${FILE_COLUMNS} FROM export_files WHERE space_id = ?1 AND export_id = ?2 AND n >= ?3 AND n < ?4 ORDER BY n`,
    [of.space_id, of.id, from, to],
  );

export async function countFiles(db: Database, of: ExportKey): Promise<number> {
  const sql = "SELECT count(*) AS files FROM export_files WHERE space_id = ?1 AND export_id = ?2";
  return (await db.first<{ files: number }>(sql, [of.space_id, of.id]))?.files ?? 0;
}

/** At most `limit` files with a number above `after`, in order. */
export const listFilesAfter = (db: Database, of: ExportKey, after: number, limit: number) =>
  db.all<FileRow>(
    `SELECT ${FILE_COLUMNS} FROM export_files WHERE space_id = ?1 AND export_id = ?2 AND n > ?3 ORDER BY n LIMIT ?4`,
    [of.space_id, of.id, after, limit],
  );

/** Of all files of an export: their number and rows, the largest one's bytes, and the ends of their names' order. */
export interface FileTotals {
  files: number;
  rows: number;
  largest_bytes: number;
  first_name: string;
  last_name: string;
}

/** Reads the export's rows of the ledger, 20,000 at most. */
export async function fileTotals(db: Database, of: ExportKey): Promise<FileTotals> {
  const sql = `SELECT count(*) AS files, coalesce(sum(rows), 0) AS rows, coalesce(max(uncompressed_bytes), 0) AS largest_bytes,
      coalesce(min(name), '') AS first_name, coalesce(max(name), '') AS last_name
    FROM export_files WHERE space_id = ?1 AND export_id = ?2`;
  const found = await db.first<FileTotals>(sql, [of.space_id, of.id]);
  return found ?? { files: 0, rows: 0, largest_bytes: 0, first_name: "", last_name: "" };
}

/** Rows of the ledger per query: about a megabyte. */
const LEDGER_PAGE = 2_000;

/** All files in order, page by page. */
export async function* filePages(db: Database, of: ExportKey, limit = LEDGER_PAGE): AsyncGenerator<FileRow[]> {
  for (let after = -1; ;) {
    const page = await listFilesAfter(db, of, after, limit);
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)?.n ?? after;
  }
}

export async function findFileByNumber(db: Database, of: ExportKey, n: number): Promise<FileRow | null> {
  const sql = `SELECT ${FILE_COLUMNS} FROM export_files WHERE space_id = ?1 AND export_id = ?2 AND n = ?3`;
  return db.first<FileRow>(sql, [of.space_id, of.id, n]);
}

export async function findFileByName(db: Database, of: ExportKey, name: string): Promise<FileRow | null> {
  const sql = `SELECT ${FILE_COLUMNS} FROM export_files WHERE space_id = ?1 AND export_id = ?2 AND name = ?3`;
  return db.first<FileRow>(sql, [of.space_id, of.id, name]);
}

/** The numbers of files whose chunks are all written, which are not assembled and have no live lease. */
export async function idleFiles(db: Database, of: ExportKey, now: number, limit: number): Promise<number[]> {
  const rows = await db.all<{ n: number }>(
    `SELECT n FROM export_files f WHERE space_id = ?1 AND export_id = ?2 AND done = 0 AND lease_until <= ?3
       AND NOT EXISTS (SELECT 1 FROM export_chunks c WHERE c.space_id = ?1 AND c.export_id = ?2 AND c.file_n = f.n AND c.done = 0)
     ORDER BY n LIMIT ?4`,
    [of.space_id, of.id, now, limit],
  );
  return rows.map((row) => row.n);
}

/**
 * Stores the multipart upload that the holder of a chunk's lease began in a customer's bucket, so that the next attempt
 * can abort it. A split file may not be in the ledger before that.
 */
export async function rememberUpload(
  db: Database,
  of: ExportKey,
  file: Pick<FileRow, "n" | "name">,
  upload: { id: string; plan: number; chunk: number; leaseUntil: number },
): Promise<void> {
  await db.run(
    `INSERT INTO export_files (space_id, export_id, n, name, upload_id) SELECT ?1, ?2, ?3, ?8, ?4 WHERE ${isProcessingPlan("?5")}
       AND EXISTS (SELECT 1 FROM export_chunks c WHERE c.space_id = ?1 AND c.export_id = ?2 AND c.n = ?7 AND c.lease_until = ?6 AND c.done = 0)
     ON CONFLICT (export_id, n) DO UPDATE SET upload_id = excluded.upload_id WHERE export_files.space_id = ?1 AND export_files.done = 0`,
    [of.space_id, of.id, file.n, upload.id, upload.plan, upload.leaseUntil, upload.chunk, file.name],
  );
}

/**
 * Renames a file whose key is taken by other bytes. @returns the file with its current name, which another consumer may
 * have set; null when the file is written, or the plan is not current.
 */
export async function renameFile(
  db: Database,
  of: ExportKey,
  n: number,
  { from, to, plan }: { from: string; to: string; plan: number },
): Promise<FileRow | null> {
  return db.first<FileRow>(
    `INSERT INTO export_files (space_id, export_id, n, name) SELECT ?1, ?2, ?3, ?5 WHERE ${isProcessingPlan("?6")}
     ON CONFLICT (export_id, n) DO UPDATE SET name = CASE export_files.name WHEN ?4 THEN ?5 ELSE export_files.name END,
       upload_id = CASE export_files.name WHEN ?4 THEN NULL ELSE export_files.upload_id END,
       checkpoint = CASE export_files.name WHEN ?4 THEN NULL ELSE export_files.checkpoint END
     WHERE export_files.space_id = ?1 AND (export_files.done = 0 OR export_files.name <> ?4) RETURNING ${FILE_COLUMNS}`,
    [of.space_id, of.id, n, from, to, plan],
  );
}

/** SQL: the multipart uploads of export ?2 of space ?1 that were begun and not recorded as done. */
const OPEN_UPLOADS = `SELECT name, upload_id FROM export_files WHERE space_id = ?1 AND export_id = ?2 AND upload_id IS NOT NULL
     UNION ALL SELECT value ->> 'name', value ->> 'upload_id'
     FROM exports e, json_each(e.orphaned_uploads) WHERE e.space_id = ?1 AND e.id = ?2`;

/** SQL: the same as JSON, for an export that is planned anew: the rows of its files are deleted. */
export const ORPHANED_UPLOADS = `(SELECT json_group_array(json_object('name', name, 'upload_id', upload_id)) FROM (${OPEN_UPLOADS}))`;

/** Multipart uploads that were begun and not recorded as done, those of earlier plans included. */
export async function listOpenUploads(db: Database, of: ExportKey): Promise<{ name: string; upload_id: string }[]> {
  return db.all(OPEN_UPLOADS, [of.space_id, of.id]);
}

export interface WrittenFile {
  rows: number;
  bytes: number;
  uncompressedBytes: number;
  sha256: string;
  /** Left out where the rows of its chunks have them. */
  first?: Position | null;
  last?: Position | null;
}

/** Records that a file was assembled. */
export function fileDone(of: ExportKey, plan: number, n: number, written: WrittenFile): Statement {
  return statement(
    `UPDATE export_files SET done = 1, upload_id = NULL, checkpoint = NULL, rows = ?4, bytes = ?5, uncompressed_bytes = ?6, sha256 = ?7
     WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND ${isProcessingPlan("?8")}`,
    [of.space_id, of.id, n, written.rows, written.bytes, written.uncompressedBytes, written.sha256, plan],
  );
}

/** Records the files that a chunk wrote, under their present names; inserts those that the ledger lacks. */
export function filesDone(
  of: ExportKey,
  plan: number,
  files: readonly (WrittenFile & { n: number; name: string })[],
): Statement[] {
  const rows = files.map(({ n, name, rows, bytes, uncompressedBytes, sha256, first, last }) =>
    [n, name, rows, bytes, uncompressedBytes, sha256, first?.time, first?.id, last?.time, last?.id].map(
      (value) => value ?? null,
    ),
  );
  return jsonLists(rows).map((list) =>
    statement(
      `INSERT INTO export_files (space_id, export_id, n, name, done, rows, bytes, uncompressed_bytes, sha256, first_time, first_id, last_time, last_id)
       SELECT ?1, ?2, value ->> 0, value ->> 1, 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9
       FROM json_each(?3) WHERE ${isProcessingPlan("?4")}
       ON CONFLICT (export_id, n) DO UPDATE SET done = 1, upload_id = NULL, name = excluded.name, rows = excluded.rows, bytes = excluded.bytes,
         uncompressed_bytes = excluded.uncompressed_bytes, sha256 = excluded.sha256, first_time = excluded.first_time,
         first_id = excluded.first_id, last_time = excluded.last_time, last_id = excluded.last_id
       WHERE export_files.space_id = ?1 AND export_files.done = 0`,
      [of.space_id, of.id, list, plan],
    ),
  );
}
