/** A write looks at what it names, then writes; what it looked at may move between the two. */

import { isGuardFailure } from "../db/core/database.ts";
import { SpillwayError } from "../errors.ts";

const MAX_LOOKS = 3;

/**
 * Looks and writes, and does both again when the write fails because what was looked at had moved.
 * @param sentence what is said when it moved each time.
 * @throws conflict then.
 */
export async function retryOnConflict<Result>(sentence: string, work: () => Promise<Result>): Promise<Result> {
  for (let look = 1; ; look += 1)
    try {
      return await work();
    } catch (thrown) {
      if (!isGuardFailure(thrown)) throw thrown;
      if (look >= MAX_LOOKS) throw new SpillwayError("conflict", sentence);
    }
}
