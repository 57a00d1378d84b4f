/**
 * The checkpoint of a file that is assembled over several invocations: where the next one continues, and the parts of
 * its upload. Only the holder of the file's lease writes one.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { isProcessingPlan } from "./exports.ts";
import type { ExportKey } from "./status.ts";

/** The file, the plan that the caller works for, and the lease that it holds (epoch ms). */
export interface HeldFile {
  of: ExportKey;
  n: number;
  plan: number;
  leaseUntil: number;
}

/** SQL: the caller holds the lease on the file `f` of a space, with the parameters of `heldParams`. */
const IS_HELD = `f.export_id = ?2 AND f.n = ?3 AND f.done = 0 AND f.lease_until = ?4 AND ${isProcessingPlan("?5")}`;

const heldParams = ({ of, n, plan, leaseUntil }: HeldFile) => [of.space_id, of.id, n, leaseUntil, plan] as const;

export interface SavedCheckpoint {
  /** JSON. */
  checkpoint: string;
  upload: {
    id: string;
    /** The number of its first part that is not in the ledger yet, from 1. */
    firstPart: number;
    /** Of the parts from `firstPart` on. */
    etags: readonly string[];
  } | null;
}

/**
 * Writes a checkpoint and gives the lease up, so that the next invocation can take it at once. The file has made
 * progress: the consumers that died before do not count any more. The last statement changes a row when it was saved.
 */
export function saveCheckpoint(file: HeldFile, saved: SavedCheckpoint): Statement[] {
  const { checkpoint, upload } = saved;
  let first = upload?.firstPart ?? 1;
  const slices = jsonLists(upload?.etags ?? []).map((list) => {
    const insert = statement(
      `INSERT INTO export_upload_parts (space_id, export_id, upload_id, first_part, etags)
       SELECT ?1, ?2, ?6, ?7, ?8 FROM export_files f WHERE f.space_id = ?1 AND ${IS_HELD}
       ON CONFLICT (export_id, upload_id, first_part) DO UPDATE SET etags = excluded.etags WHERE export_upload_parts.space_id = ?1`,
      [...heldParams(file), upload?.id ?? "", first, list],
    );
    first += (JSON.parse(list) as unknown[]).length;
    return insert;
  });
  const update = statement(
    `UPDATE export_files AS f SET checkpoint = ?6, upload_id = ?7, lease_until = 0, takeovers = 0
     WHERE f.space_id = ?1 AND ${IS_HELD}`,
    [...heldParams(file), checkpoint, upload?.id ?? null],
  );
  return [...slices, update];
}

/** The file is assembled from its beginning again. @returns false when the lease is lost. */
export async function dropCheckpoint(db: Database, file: HeldFile): Promise<boolean> {
  const sql = `UPDATE export_files AS f SET checkpoint = NULL, upload_id = NULL WHERE f.space_id = ?1 AND ${IS_HELD}`;
  return (await db.run(sql, heldParams(file))) > 0;
}

/** The ETags of an upload's parts at its checkpoint, in order. */
export async function listUploadedParts(db: Database, of: ExportKey, uploadId: string): Promise<string[]> {
  const slices = await db.all<{ etags: string }>(
    `SELECT etags FROM export_upload_parts WHERE space_id = ?1 AND export_id = ?2 AND upload_id = ?3 ORDER BY first_part`,
    [of.space_id, of.id, uploadId],
  );
  return slices.flatMap(({ etags }) => JSON.parse(etags) as string[]);
}

/** Part of the batch that records an assembled file, before that: the parts of its upload are not needed any more. */
export const deleteUploadedParts = (of: ExportKey, fileN: number): Statement =>
  statement(
    `DELETE FROM export_upload_parts WHERE space_id = ?1 AND export_id = ?2 AND upload_id IN
       (SELECT f.upload_id FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.n = ?3)`,
    [of.space_id, of.id, fileN],
  );
