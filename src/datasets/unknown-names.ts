/** Warnings of names in a request that no profile of the space has. */

import type { NameKind } from "../db/profiles/names.ts";
import { unknownNames } from "../ingest/profile-names.ts";
import type { FreezeContext } from "./dataset.ts";

/**
 * @param pointer of the list of names.
 * @param isKnown names that every profile has.
 */
export async function warnOfUnknown(
  { db, space, snapshotSeq, warn }: FreezeContext,
  kind: NameKind,
  pointer: string,
  names: readonly string[] = [],
  isKnown: (name: string) => boolean = () => false,
): Promise<void> {
  const unknown = await unknownNames(db, space.id, snapshotSeq, kind, names);
  for (const { index, detail } of unknown)
    if (!isKnown(names[index] ?? "")) warn({ pointer: `${pointer}/${index}`, detail });
}
