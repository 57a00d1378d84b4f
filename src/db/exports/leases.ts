/**
 * The statements of a lease on a chunk, on a file, or on a verification. A lease is the time in `lease_until`: its
 * holder names that time in each statement, so a holder that was taken over changes nothing. Two consumers that work on
 * one row do no harm, a lease only saves their work.
 */

import { CHUNK_COLUMNS, type ChunkRow } from "./chunks.ts";
import type { Database } from "../core/database.ts";
import { IS_COMPLETED, IS_PROCESSING } from "./exports.ts";
import { FILE_COLUMNS, type FileRow } from "./files.ts";
import { VERIFICATION_COLUMNS, type VerificationRow } from "./verifications.ts";

/** A row that one consumer at a time works on. */
export interface LeaseTarget<Table extends keyof Leased = keyof Leased> {
  table: Table;
  spaceId: string;
  exportId: string;
  n: number;
}

/** The row that `acquireLease` returns. */
export interface Leased {
  /**
   * `first_in_file`, `last_in_file`: 1 where no other chunk of its file comes before it, or after it.
   * `follows_records`: 1 where a chunk of its file before it has records.
   */
  export_chunks: ChunkRow & { first_in_file: number; last_in_file: number; follows_records: number };
  export_files: FileRow;
  export_verifications: VerificationRow;
}

/** SQL: there is work left at the row of each table. */
export const IS_UNFINISHED: Readonly<Record<keyof Leased, string>> = {
  export_chunks: `done = 0 AND ${IS_PROCESSING}`,
  export_files: `done = 0 AND ${IS_PROCESSING}`,
  export_verifications: `status = 'running' AND ${IS_COMPLETED}`,
};

/** SQL: 1 where the chunk's file has a chunk before it (`<`), or after it (`>`). @param also one more condition. */
const hasOther = (order: "<" | ">", also = "") => `EXISTS (SELECT 1 FROM export_chunks o WHERE o.space_id = ?1
         AND o.export_id = ?2 AND o.file_n = export_chunks.file_n AND o.n ${order} export_chunks.n${also})`;

/** `lease`: ?4 now, ?5 the lease. `renew`: ?4 progress, ?5 next, ?6 present lease. `release`: ?4 present lease. */
const LEASES = {
  export_chunks: {
    lease: `UPDATE export_chunks SET takeovers = takeovers + (lease_until > 0), lease_until = ?5
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND lease_until <= ?4 AND ${IS_PROCESSING}
       RETURNING ${CHUNK_COLUMNS}, NOT ${hasOther("<")} AS first_in_file, NOT ${hasOther(">")} AS last_in_file,
         ${hasOther("<", " AND o.records > 0")} AS follows_records`,
    renew: `UPDATE export_chunks SET lease_until = ?5, rows_so_far = max(rows_so_far, ?4)
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND lease_until = ?6 AND ${IS_PROCESSING}`,
    release: `UPDATE export_chunks SET lease_until = 0
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND lease_until = ?4`,
  },
  export_files: {
    lease: `UPDATE export_files SET takeovers = takeovers + (lease_until > 0), lease_until = ?5
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND lease_until <= ?4 AND ${IS_PROCESSING} AND NOT EXISTS
         (SELECT 1 FROM export_chunks c WHERE c.space_id = ?1 AND c.export_id = ?2 AND c.file_n = ?3 AND c.done = 0)
       RETURNING ${FILE_COLUMNS}`,
    renew: `UPDATE export_files SET lease_until = ?5, upload_id = ?4
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND lease_until = ?6 AND ${IS_PROCESSING}`,
    release: `UPDATE export_files SET lease_until = 0
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND done = 0 AND lease_until = ?4`,
  },
  export_verifications: {
    lease: `UPDATE export_verifications SET takeovers = takeovers + (lease_until > 0), lease_until = ?5
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND status = 'running' AND lease_until <= ?4 AND ${IS_COMPLETED}
       RETURNING ${VERIFICATION_COLUMNS}`,
    renew: `UPDATE export_verifications SET lease_until = ?5, bytes_read = max(bytes_read, ifnull(?4, 0))
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND status = 'running' AND lease_until = ?6 AND ${IS_COMPLETED}`,
    release: `UPDATE export_verifications SET lease_until = 0
       WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND status = 'running' AND lease_until = ?4`,
  },
} as const;

/**
 * Leases a chunk that is still to be written, a file whose chunks are all written, or a verification that runs.
 * @returns null when another consumer has it or it is done, or the export's state leaves no work.
 */
export async function acquireLease<Table extends keyof Leased>(
  db: Database,
  { table, spaceId, exportId, n }: LeaseTarget<Table>,
  now: number,
  leaseUntil: number,
): Promise<Leased[Table] | null> {
  return db.first<Leased[Table]>(LEASES[table].lease, [spaceId, exportId, n, now, leaseUntil]);
}

/**
 * @param progress stored with it: of a chunk, the rows written so far, of which the ledger keeps the most, so that no
 * poll sees progress fall when an attempt is repeated; of a file, its multipart upload under way, or null; of a
 * verification, the bytes read so far.
 * @returns false when the lease is lost: another consumer took over, or the export's state leaves no work.
 */
export async function renewLease(
  db: Database,
  { table, spaceId, exportId, n }: LeaseTarget,
  progress: number | string | null,
  { current, next }: { current: number; next: number },
): Promise<boolean> {
  return (await db.run(LEASES[table].renew, [spaceId, exportId, n, progress, next, current])) > 0;
}

/** After a failed attempt: the next one need not wait until the lease runs out. */
export async function releaseLease(
  db: Database,
  { table, spaceId, exportId, n }: LeaseTarget,
  current: number,
): Promise<void> {
  await db.run(LEASES[table].release, [spaceId, exportId, n, current]);
}
