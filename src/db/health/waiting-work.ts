/**
 * Since when the oldest work of each queue waits, over all spaces, from the rows that its messages are about: a Worker
 * cannot ask a queue. Each query reads few rows of an index of what is under way.
 */

import type { Database } from "../core/database.ts";

/** Exports that one query looks through. */
const MAX_SCANNED = 1_000;

/** Epoch ms; null where nothing waits. */
export interface WaitingSince {
  /** The oldest export that no step has begun. */
  steps: number | null;
  /** The oldest time at which an export under way should have had its next sign of life. */
  chunks: number | null;
  /** The same of verifications. */
  verify: number | null;
  /** The oldest webhook delivery that is due. */
  webhooks: number | null;
}

/** @param now work that is due later does not wait. */
export async function waitingSince(db: Database, now: number): Promise<WaitingSince> {
  const read = (sql: string) => ({ sql: `SELECT min(at) AS since FROM (${sql}) WHERE at <= ?1`, params: [now] });
  const [steps, chunks, verify, webhooks] = await db.batch<{ since: number | null }>([
    read(`SELECT CASE status WHEN 'queued' THEN status_at END AS at FROM exports
          WHERE status IN ('queued', 'processing') ORDER BY wake_at LIMIT ${MAX_SCANNED}`),
    read(`SELECT wake_at AS at FROM exports WHERE status IN ('queued', 'processing') ORDER BY wake_at LIMIT 1`),
    read(`SELECT wake_at AS at FROM export_verifications WHERE status = 'running' ORDER BY wake_at LIMIT 1`),
    read(
      `SELECT next_attempt_at AS at FROM webhook_deliveries WHERE status = 'pending' ORDER BY next_attempt_at LIMIT 1`,
    ),
  ]);
  const since = (result: typeof steps) => result?.rows[0]?.since ?? null;
  return { steps: since(steps), chunks: since(chunks), verify: since(verify), webhooks: since(webhooks) };
}
