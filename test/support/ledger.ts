/** The ledger of an export, whole. */

import { type ChunkRow, chunkPages } from "../../src/db/exports/chunks.ts";
import { filePages, type FileRow } from "../../src/db/exports/files.ts";
import type { ExportKey } from "../../src/db/exports/status.ts";
import type { Database } from "../../src/db/core/database.ts";

export async function listChunks(db: Database, of: ExportKey): Promise<ChunkRow[]> {
  const chunks: ChunkRow[] = [];
  for await (const page of chunkPages(db, of)) chunks.push(...page);
  return chunks;
}

export async function listFiles(db: Database, of: ExportKey): Promise<FileRow[]> {
  const files: FileRow[] = [];
  for await (const page of filePages(db, of)) files.push(...page);
  return files;
}
