/** The ids that a profile shares with no other one of its space: its external id and its custom id. */

import type { Database } from "../db/core/database.ts";
import { holdersOf } from "../db/profiles/lookup.ts";
import type { ProfileMerge } from "../db/profiles/profiles.ts";
import { type Fault, MAX_FAULTS, SpillwayError } from "../errors.ts";

/** Where a merge has each id: the value, and its place in the body. */
export const UNIQUE_IDS = [
  { name: "external_person_id", pointer: "external_person_id", of: (merge: Given) => merge.external_person_id },
  {
    name: "custom_id",
    pointer: "identifiers/custom_id",
    of: ({ identifiers }: Given) => identifiers?.["custom_id"],
  },
] as const;

/** What a merge says about these ids. */
type Given = Pick<ProfileMerge, "person_id" | "external_person_id" | "identifiers">;

const TAKEN =
  "belongs to another profile, and it names one profile only. GET /v1/profiles finds that profile: remove the id there first, in this call or an earlier one.";

/**
 * @param sent in the order of the body.
 * @throws conflict with a pointer to each id that another profile has and keeps. Returns when none has one by now.
 */
export async function throwTaken(db: Database, spaceId: string, sent: Iterable<ProfileMerge>): Promise<void> {
  const merges = Array.from(sent, ({ person_id, external_person_id, identifiers }): Given => {
    return { person_id, external_person_id, identifiers };
  });
  const byPerson = new Map(merges.map((merge) => [merge.person_id, merge]));
  const faults: Fault[] = [];
  for (const { name, pointer, of } of UNIQUE_IDS) {
    const given = merges.flatMap((merge) => {
      const id = of(merge);
      return typeof id === "string" ? [[merge.person_id, id] as const] : [];
    });
    const taken = new Set<unknown>();
    for (const holder of await holdersOf(db, spaceId, name, given)) {
      const merge = byPerson.get(holder.person_id);
      // A profile that gives up the id in the same call does not keep it.
      const becomes = merge === undefined ? undefined : of(merge);
      if (becomes === undefined || becomes === holder.id) taken.add(holder.id);
    }
    for (const [index, merge] of merges.entries()) {
      const id = of(merge);
      if (typeof id === "string" && taken.has(id))
        faults.push({ pointer: `/profiles/${index}/${pointer}`, detail: `The ${name} ${id} ${TAKEN}` });
    }
  }
  const [first] = faults;
  if (first !== undefined) throw new SpillwayError("conflict", first.detail, { faults: faults.slice(0, MAX_FAULTS) });
}
