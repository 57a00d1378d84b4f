/**
 * A write reads what it refers to, then writes; another call may change what was read in between, and a guard fails the
 * write.
 */

import { isGuardFailure } from "../db/core/database.ts";
import { SpillwayError } from "../errors.ts";

const MAX_ATTEMPTS = 3;

/**
 * Runs a read and its write, and repeats both when a guard failed the write.
 * @param detail the error's text after the last attempt.
 * @throws conflict when the guard failed each time.
 */
export async function retryOnConflict<Result>(detail: string, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await work();
    } catch (thrown) {
      if (!isGuardFailure(thrown)) throw thrown;
      if (attempt >= MAX_ATTEMPTS) throw new SpillwayError("conflict", detail);
    }
}
