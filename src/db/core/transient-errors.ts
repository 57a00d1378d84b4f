/**
 * Passing errors of D1 and of Durable Objects: which there are, and which calls may be made again. A read may always be
 * repeated. A write may be repeated only if it cannot have happened: after a lost connection that is unknown, and the
 * caller decides. developers.cloudflare.com/d1/observability/debug-d1/#error-list and
 * developers.cloudflare.com/durable-objects/observability/troubleshooting/
 */

import { SpillwayError } from "../../errors.ts";

/** Waits before the `attempt`th repetition, counted from 1. */
export type Pause = (attempt: number) => Promise<void>;

const MAX_REPETITIONS = 3;
const RETRY_AFTER_SECONDS = 5;

/** The database refused the query before it began. */
const REFUSED = /overloaded|too many requests queued|requests queued for too long/i;
/** The query may have happened. */
const LOST =
  /network connection lost|storage caused object to be reset|reset because its code was updated|code has been updated|cannot resolve (d1 db|durable object)|internal error while starting up (d1|durable object)|replica disconnected|storage operation exceeded timeout/i;

const READS = /^\s*(SELECT|WITH)\b(?![^]*\b(INSERT|UPDATE|DELETE)\b)/i;

/** Does this SQL change nothing? */
export const isRead = (sql: string): boolean => READS.test(sql);

/** Did the database refuse the call (`refused`), or is it unknown whether the call happened (`lost`)? Else null. */
function passing(thrown: unknown): "refused" | "lost" | null {
  if (!(thrown instanceof Error)) return null;
  // The runtime marks errors of Durable Objects so, whatever their text.
  const { overloaded, retryable } = thrown as { overloaded?: unknown; retryable?: unknown };
  if (overloaded === true || REFUSED.test(thrown.message)) return "refused";
  return retryable === true || LOST.test(thrown.message) ? "lost" : null;
}

/**
 * Makes a call of a database, again after a passing error where that does no harm.
 * @param pause null: nothing is repeated.
 * @throws unavailable with `Retry-After` for a passing error that remains; any other error as it is.
 */
export async function repeatTransient<Result>(
  reads: boolean,
  pause: Pause | null,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (thrown) {
      // What a driver says itself is final.
      if (thrown instanceof SpillwayError) throw thrown;
      const error = passing(thrown);
      if (error === null) throw thrown;
      if (pause === null || attempt > MAX_REPETITIONS || !(reads || error === "refused"))
        throw new SpillwayError("unavailable", undefined, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: thrown });
      await pause(attempt);
    }
  }
}
