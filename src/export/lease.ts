/** A lease in the hands of its holder: renewed while the work goes on, given back when it fails. */

import { SpillwayError } from "../errors.ts";
import { MOST_ATTEMPTS } from "./backoff.ts";

/**
 * Work that costs a consumer each time (it runs out of memory, or of time) never says why: nobody is left to say it. After as
 * many consumers as there are tries, that is the end.
 * @throws internal, not to be retried.
 */
export function mustNotKill(leased: { takeovers: number }): void {
  if (leased.takeovers < MOST_ATTEMPTS) return;
  throw new SpillwayError("internal", undefined, {
    retryable: false,
    cause: new Error(`${leased.takeovers} consumers died at this work`),
  });
}
