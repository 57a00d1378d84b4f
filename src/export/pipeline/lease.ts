/** A lease in the hands of its holder: renewed while the work goes on, given back when it fails. */

import { SpillwayError } from "../../errors.ts";
import { MAX_ATTEMPTS } from "./backoff.ts";

/**
 * Does work that comes to no place of its own to renew a lease: a store may take minutes to answer. A renewal that fails is
 * no reason to stop: work that two consumers do does no harm.
 * @param everyMs well below the lease.
 */
export async function withRenewal<Result>(
  everyMs: number,
  renew: () => Promise<unknown>,
  work: () => Promise<Result>,
): Promise<Result> {
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing.then(renew).catch(() => {});
  }, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    // Whoever gives the lease back must know which it has.
    await renewing;
  }
}

/**
 * Work that costs a consumer each time (it runs out of memory, or of time) never says why: nobody is left to say it. After as
 * many consumers as there are tries, that is the end.
 * @throws internal, not to be retried.
 */
export function failPoisonedChunk(leased: { takeovers: number }): void {
  if (leased.takeovers < MAX_ATTEMPTS) return;
  throw new SpillwayError("internal", undefined, {
    retryable: false,
    cause: new Error(`${leased.takeovers} consumers died at this work`),
  });
}
