/**
 * Verifications of exports: the row of the newest one, how far it is, and the files that it did not find as they were
 * written. A running verification has a lease; its holder names the lease in each statement.
 */

import type { Row } from "../core/columns.ts";
import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { IS_COMPLETED } from "./exports.ts";
import { enqueueDamagedWebhooks } from "./outbox.ts";
import type { ExportKey } from "./status.ts";
import { verificationEntry } from "./timeline.ts";

export type VerificationReason = "requested" | "scheduled";

interface Verifications {
  n: number;
  reason: VerificationReason;
  request_id: string;
  /** `abandoned`: the export's files expired before it was finished. */
  status: "running" | "finished" | "abandoned";
  started_at: number;
  ended_at: number | null;
  round: number;
  after_n: number;
  /** JSON; null: the next file is read from its beginning. */
  partial: string | null;
  files_total: number;
  files_checked: number;
  bytes_total: number;
  bytes_read: number;
  missing: number | null;
  changed: number | null;
  unreadable: number | null;
  lease_until: number;
  takeovers: number;
}

export const VERIFICATION_COLUMNS = `n, reason, request_id, status, started_at, ended_at, round, after_n, partial, files_total, files_checked,
  bytes_total, bytes_read, missing, changed, unreadable, lease_until, takeovers`;

export type VerificationRow = Row<Verifications, typeof VERIFICATION_COLUMNS>;

/** The number of the manifest among the files of a verification: it is read first. */
export const MANIFEST_N = -1;
const BEFORE_ALL = MANIFEST_N - 1;

/** The newest verification of an export; null: there was none. */
export const findVerification = (db: Database, of: ExportKey) =>
  db.first<VerificationRow>(
    `SELECT ${VERIFICATION_COLUMNS} FROM export_verifications WHERE space_id = ?1 AND export_id = ?2`,
    [of.space_id, of.id],
  );

/**
 * Begins a verification of a completed export, unless one runs.
 * @param start `scheduled`: only while the export waits for it, and from then on it does not. `wakeAt`: when its
 * message counts as lost.
 * @returns the new verification; null when one runs already, or the export is not completed.
 */
export async function startVerification(
  db: Database,
  of: ExportKey,
  start: { reason: VerificationReason; requestId: string; now: number; wakeAt: number },
): Promise<Pick<VerificationRow, "n" | "files_total" | "bytes_total"> | null> {
  const files = "export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1";
  const [started] = await db.batch<Pick<VerificationRow, "n" | "files_total" | "bytes_total">>([
    statement(
      `INSERT INTO export_verifications (space_id, export_id, n, reason, request_id, status, started_at, round, after_n,
         files_total, files_checked, bytes_total, bytes_read, wake_at)
       SELECT e.space_id, e.id, 1, ?3, ?4, 'running', ?5, 1, ${BEFORE_ALL}, 1 + (SELECT count(*) FROM ${files}), 0,
         ifnull(e.manifest_bytes, 0) + (SELECT coalesce(sum(f.bytes), 0) FROM ${files}), 0, ?6
       FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = 'completed' AND e.deleted_at IS NULL
         AND (?3 = 'requested' OR e.verify_at IS NOT NULL)
       ON CONFLICT (export_id) DO UPDATE SET n = export_verifications.n + 1, reason = excluded.reason,
         request_id = excluded.request_id, status = 'running', started_at = excluded.started_at, ended_at = NULL, round = 1,
         after_n = excluded.after_n, partial = NULL, files_total = excluded.files_total, files_checked = 0,
         bytes_total = excluded.bytes_total, bytes_read = 0, missing = NULL, changed = NULL, unreadable = NULL,
         lease_until = 0, takeovers = 0, wake_at = excluded.wake_at
       WHERE export_verifications.space_id = ?1 AND export_verifications.status <> 'running'
       RETURNING n, files_total, bytes_total`,
      [of.space_id, of.id, start.reason, start.requestId, start.now, start.wakeAt],
    ),
    statement(
      `DELETE FROM export_verification_problems WHERE space_id = ?1 AND export_id = ?2 AND verification <
         (SELECT v.n FROM export_verifications v WHERE v.space_id = ?1 AND v.export_id = ?2)`,
      [of.space_id, of.id],
    ),
    ...(start.reason === "scheduled" ? [forgetSchedule(of)] : []),
    verificationEntry(of, start.now),
  ]);
  return started?.rows[0] ?? null;
}

/** The export does not wait for a verification any more. */
const forgetSchedule = (of: ExportKey): Statement =>
  statement("UPDATE exports SET verify_at = NULL WHERE space_id = ?1 AND id = ?2", [of.space_id, of.id]);

/** The export is not verified: its schedule does not ask for it any more. */
export async function skipVerification(db: Database, of: ExportKey): Promise<void> {
  await db.batch([forgetSchedule(of)]);
}

/** A verification in the hands of its lease's holder. `leaseUntil` in epoch ms. */
export interface HeldVerification {
  of: ExportKey;
  n: number;
  leaseUntil: number;
}

/** SQL: the caller holds the lease on verification `v` of a space, with the parameters of `heldParams`. */
const IS_HELD = `v.export_id = ?2 AND v.n = ?3 AND v.lease_until = ?4 AND v.status = 'running' AND ${IS_COMPLETED}`;

const heldParams = ({ of, n, leaseUntil }: HeldVerification) => [of.space_id, of.id, n, leaseUntil] as const;

export interface Problem {
  file_n: number;
  status: "missing" | "changed" | "unreadable";
  detail: string;
  /** Null: this is the verdict. */
  retry_round: number | null;
}

/** How far a verification is. */
export interface VerifiedSoFar {
  round: number;
  after_n: number;
  partial: string | null;
  files_checked: number;
  bytes_read: number;
  problems: readonly Problem[];
  /** Files that could not be read before, and are as they were written. */
  solved: readonly number[];
  /** When its next message counts as lost: epoch ms. */
  wakeAt: number;
  /** Gives the lease up. */
  release: boolean;
}

/** Writes down how far a verification is. @returns false when the lease was lost: nothing is written. */
export async function saveVerified(db: Database, held: HeldVerification, so: VerifiedSoFar): Promise<boolean> {
  const { problems, solved } = so;
  const rows = problems.map(({ file_n, status, detail, retry_round }) => [file_n, status, detail, retry_round]);
  const results = await db.batch([
    ...jsonLists(rows).map((list) =>
      statement(
        `INSERT INTO export_verification_problems (space_id, export_id, verification, file_n, status, detail, retry_round)
         SELECT ?1, ?2, ?3, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3 FROM json_each(?5) j
         WHERE EXISTS (SELECT 1 FROM export_verifications v WHERE v.space_id = ?1 AND ${IS_HELD})
         ON CONFLICT (export_id, verification, file_n) DO UPDATE SET status = excluded.status, detail = excluded.detail,
           retry_round = excluded.retry_round WHERE export_verification_problems.space_id = ?1`,
        [...heldParams(held), list],
      ),
    ),
    ...(solved.length === 0
      ? []
      : [
          statement(
            `DELETE FROM export_verification_problems WHERE space_id = ?1 AND export_id = ?2 AND verification = ?3
               AND file_n IN (SELECT value FROM json_each(?5))
               AND EXISTS (SELECT 1 FROM export_verifications v WHERE v.space_id = ?1 AND ${IS_HELD})`,
            [...heldParams(held), JSON.stringify(solved)],
          ),
        ]),
    statement(
      `UPDATE export_verifications AS v SET round = ?5, after_n = ?6, partial = ?7, files_checked = ?8, bytes_read = ?9,
         wake_at = ?10, takeovers = 0, lease_until = CASE ?11 WHEN 1 THEN 0 ELSE v.lease_until END
       WHERE v.space_id = ?1 AND ${IS_HELD}`,
      [
        ...heldParams(held),
        so.round,
        so.after_n,
        so.partial,
        so.files_checked,
        so.bytes_read,
        so.wakeAt,
        Number(so.release),
      ],
    ),
  ]);
  return (results.at(-1)?.changes ?? 0) > 0;
}

/** The columns of a file that a verification compares. Of the manifest they are null. */
export interface RetriedFile {
  file_n: number;
  name: string | null;
  bytes: number | null;
  sha256: string | null;
}

/** Files that are to be read again in this round or an earlier one, the longest waiting first. */
export const listRetries = (db: Database, of: ExportKey, n: number, round: number, limit: number) =>
  db.all<RetriedFile>(
    `SELECT p.file_n, f.name, f.bytes, f.sha256 FROM export_verification_problems p
     LEFT JOIN export_files f ON f.space_id = ?1 AND f.export_id = ?2 AND f.n = p.file_n
     WHERE p.space_id = ?1 AND p.export_id = ?2 AND p.verification = ?3 AND p.retry_round <= ?4
     ORDER BY p.retry_round, p.file_n LIMIT ?5`,
    [of.space_id, of.id, n, round, limit],
  );

/** Are files left for later rounds? */
export async function hasRetries(db: Database, of: ExportKey, n: number): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM export_verification_problems
     WHERE space_id = ?1 AND export_id = ?2 AND verification = ?3 AND retry_round IS NOT NULL LIMIT 1`;
  return (await db.first(sql, [of.space_id, of.id, n])) !== null;
}

/** A file with a problem, under the ledger's name; null: the manifest. */
export interface ProblemRow extends Pick<Problem, "file_n" | "status" | "detail"> {
  name: string | null;
}

/** The problems of a verification after file `after`, in the order of the files. */
export const listProblems = (db: Database, of: ExportKey, n: number, limit: number, after = BEFORE_ALL) =>
  db.all<ProblemRow>(
    `SELECT p.file_n, p.status, p.detail, f.name FROM export_verification_problems p
     LEFT JOIN export_files f ON f.space_id = ?1 AND f.export_id = ?2 AND f.n = p.file_n
     WHERE p.space_id = ?1 AND p.export_id = ?2 AND p.verification = ?3 AND p.file_n > ?5
     ORDER BY p.file_n LIMIT ?4`,
    [of.space_id, of.id, n, limit, after],
  );

/**
 * Finishes a verification: with its timeline entry, and its webhook deliveries where files are missing or changed.
 * @param rest why the files that were not reached are unreadable; null: all were reached.
 * @returns false when the lease was lost: nothing is written.
 */
export async function finishVerification(
  db: Database,
  held: HeldVerification,
  { now, rest }: { now: number; rest: string | null },
): Promise<boolean> {
  const count = (status: Problem["status"]) =>
    `(SELECT count(*) FROM export_verification_problems p
      WHERE p.space_id = ?1 AND p.export_id = ?2 AND p.verification = ?3 AND p.status = '${status}')`;
  const results = await db.batch([
    ...(rest === null ? [] : [restUnreadable(held, rest)]),
    statement(
      `UPDATE export_verifications AS v SET status = 'finished', ended_at = ?5, files_checked = files_total, partial = NULL,
         lease_until = 0, missing = ${count("missing")}, changed = ${count("changed")}, unreadable = ${count("unreadable")}
       WHERE v.space_id = ?1 AND ${IS_HELD}`,
      [...heldParams(held), now],
    ),
    verificationEntry(held.of, now),
    ...enqueueDamagedWebhooks(held.of, held.n, now),
  ]);
  return (results[rest === null ? 0 : 1]?.changes ?? 0) > 0;
}

/** The files after the last one that was reached are unreadable. */
const restUnreadable = (held: HeldVerification, detail: string): Statement =>
  statement(
    `INSERT INTO export_verification_problems (space_id, export_id, verification, file_n, status, detail)
     SELECT ?1, ?2, ?3, r.n, 'unreadable', ?5 FROM export_verifications v JOIN (
       SELECT ${MANIFEST_N} AS n UNION ALL
       SELECT f.n FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1) r ON r.n > v.after_n
     WHERE v.space_id = ?1 AND ${IS_HELD} ON CONFLICT DO NOTHING`,
    [...heldParams(held), detail],
  );

/** Part of the batch that expires an export, right after it: its files are going to be deleted. */
export const abandonVerification = (of: ExportKey, now: number): Statement =>
  statement(
    `UPDATE export_verifications SET status = 'abandoned', ended_at = ?3, lease_until = 0
     WHERE space_id = ?1 AND export_id = ?2 AND status = 'running' AND NOT ${IS_COMPLETED}`,
    [of.space_id, of.id, now],
  );
