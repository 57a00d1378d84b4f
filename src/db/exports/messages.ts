/**
 * Messages of exports that are known to wait in a queue: for the next attempt of failed work, or for the end of another
 * consumer's lease. A consumer that would keep a message for the same reason, of the same work, acknowledges its own.
 * So a message that was delivered to several consumers does not become several that are repeated.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { IS_UNFINISHED, type LeaseTarget } from "./leases.ts";
import type { ExportKey } from "./status.ts";

/** The work that a message is of. */
export interface Work {
  step: string;
  n: number;
  /** How often a call had retried the export. */
  generation: number;
}

export interface Attempt extends Work {
  /** How often the queue delivered the message, from 1. */
  attempt: number;
}

/** SQL: when the next attempt of this work of export ?1, ?2 is due: epoch ms. */
export const retryAt = (step: string, n: string, generation: string) =>
  `(SELECT m.retry_at FROM export_messages m
    WHERE m.space_id = ?1 AND m.export_id = ?2 AND m.step = ${step} AND m.n = ${n} AND m.generation = ${generation})`;

/**
 * Part of a batch: this attempt failed, and the next is due at `at` (epoch ms). Changes a row unless another message of
 * the same attempt or a later one waits, or the export has ended or is of another generation.
 */
export function claimRetry(
  of: ExportKey,
  { step, n, generation, attempt }: Attempt,
  at: number,
  now: number,
): Statement {
  return statement(
    `INSERT INTO export_messages (space_id, export_id, step, n, generation, retry_at, attempt)
     SELECT space_id, id, ?3, ?4, ?5, ?6, ?7 FROM exports
     WHERE space_id = ?1 AND id = ?2 AND status IN ('queued', 'processing') AND generation = ?5
     ON CONFLICT (export_id, step, n, generation) DO UPDATE SET retry_at = excluded.retry_at, attempt = excluded.attempt
     WHERE export_messages.space_id = ?1
       AND (export_messages.retry_at <= ?8 OR export_messages.attempt < excluded.attempt)`,
    [of.space_id, of.id, step, n, generation, at, attempt, now],
  );
}

/**
 * Finds the live lease of another consumer on unfinished work.
 * @returns when it ends, epoch ms; null where there is none, or a message waits for its end already.
 */
export async function claimLeaseEnd(
  db: Database,
  { table, spaceId, exportId, n }: LeaseTarget,
  { step, generation }: Work,
  now: number,
): Promise<number | null> {
  const claimed = await db.first<{ lease_until: number }>(
    `INSERT INTO export_messages (space_id, export_id, step, n, generation, lease_until)
     SELECT ?1, ?2, ?4, ?3, ?5, lease_until FROM ${table}
     WHERE space_id = ?1 AND export_id = ?2 AND n = ?3 AND lease_until > ?6 AND ${IS_UNFINISHED[table]}
     ON CONFLICT (export_id, step, n, generation) DO UPDATE SET lease_until = excluded.lease_until
     WHERE export_messages.space_id = ?1 AND export_messages.lease_until < excluded.lease_until
     RETURNING lease_until`,
    [spaceId, exportId, n, step, generation, now],
  );
  return claimed?.lease_until ?? null;
}
