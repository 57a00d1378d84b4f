/** When a failed call is made again: a pure function of what failed, how often, and a random number. */

import type { SpillwayError } from "./errors.ts";

export interface RetryLimits {
  /** Tries of one call, the first included. Default 6; 1 never retries. */
  attempts: number;
  /** The longest wait before a try. A longer `Retry-After` is thrown instead. Default 120,000. */
  maxWaitMs: number;
}

export const DEFAULT_RETRIES: RetryLimits = { attempts: 6, maxWaitMs: 120_000 };

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

export interface FailedTry {
  error: SpillwayError;
  /** 1 after the first try. */
  attempt: number;
  /** Whether making the call twice does the same as making it once. */
  repeatable: boolean;
  limits: RetryLimits;
  /** 0 to 1. */
  random: number;
}

/**
 * @returns milliseconds until the next try; null: no other try.
 *
 * A 429 did nothing, so any call is made again when `Retry-After` has passed; one without that header would fail again.
 * After everything else the service may have done the work, so only repeatable calls are made again.
 */
export function delayBeforeRetry({ error, attempt, repeatable, limits, random }: FailedTry): number | null {
  if (attempt >= limits.attempts) return null;
  const asked = error.retryAfterSeconds === null ? null : error.retryAfterSeconds * 1000;
  if (error.status === 429) return asked === null || asked > limits.maxWaitMs ? null : asked;
  if (!repeatable || !isTransient(error, attempt)) return null;
  const delay = asked ?? backoffMs(attempt, random);
  return delay > limits.maxWaitMs ? null : delay;
}

/** Doubles with each try, and half of it is random, so that clients that failed together do not return together. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + random / 2));
}

function isTransient({ code, status }: SpillwayError, attempt: number): boolean {
  if (code === "unreachable" || code === "unreadable") return true;
  // The export itself has failed: the answer will not change.
  if (code === "export_failed") return false;
  // A try before this one has reached the service, which still works on it.
  if (status === 409) return attempt > 1;
  return status === 408 || status >= 500;
}
