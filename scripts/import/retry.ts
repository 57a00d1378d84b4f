/** Retries calls that failed for a transient reason, with growing delays. */

import { CallError } from "../client.ts";

export interface RetryPolicy {
  /** Calls before the last error is thrown. */
  tries: number;
  /** Called before each delay. */
  onWait: (error: CallError, seconds: number) => void;
  wait: (ms: number) => Promise<void>;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** No answer, a timeout, a conflict with another write, a rate limit, or an error of the service. */
export function isTransient({ status }: CallError): boolean {
  return status === 0 || status === 408 || status === 409 || status === 429 || status >= 500;
}

/**
 * @param isFinal excludes a transient error from retries. @throws CallError of the first lasting error, or of the last
 * try.
 */
export async function withRetry<Result>(
  retryPolicy: RetryPolicy,
  call: () => Promise<Result>,
  isFinal: (error: CallError) => boolean = () => false,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof CallError) || !isTransient(thrown) || isFinal(thrown)) throw thrown;
      if (attempt >= retryPolicy.tries) throw thrown;
      const ms = retryDelayMs(attempt, Math.random());
      retryPolicy.onWait(thrown, ms / 1000);
      await retryPolicy.wait(ms);
    }
  }
}

/** @param random 0 to 1, so that calls that failed together are retried apart. @returns milliseconds. */
export function retryDelayMs(attempt: number, random: number): number {
  const ms = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return Math.round(ms * (0.75 + random / 2));
}
