/**
 * The faults of a call's items. An item whose id is stored already is a duplicate, whatever it says now: it has no
 * faults.
 */

import { type Fault, invalid } from "../errors.ts";

/** The most faults that an answer lists. */
export const MAX_FAULTS = 100;

/** An item of a call that cannot be written. */
export interface Rejected {
  id: string | null | undefined;
  faults: readonly Fault[];
}

/**
 * @param findStored which of these ids the space has.
 * @throws invalid_request with the faults of the rejected items that are not stored.
 */
export async function throwFaults(
  rejected: readonly Rejected[],
  findStored: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const ids = rejected.map(({ id }) => id).filter((id) => id !== null && id !== undefined);
  const stored: ReadonlySet<string> = ids.length === 0 ? new Set() : await findStored([...new Set(ids)]);
  const faults = rejected.flatMap((each) => (stored.has(each.id ?? "") ? [] : each.faults));
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
}
