/**
 * A profile has no two attributes whose names differ in letter case alone: many readers take the two for one column.
 */

import type { Database, Statement } from "../db/core/database.ts";
import { folded } from "../db/events/definitions.ts";
import type { ProfileMerge } from "../db/profiles/profiles.ts";
import {
  findSpelledTwice,
  otherAttributeSpellings,
  type SpelledTwice,
  spelledOnce,
} from "../db/profiles/value-types.ts";
import { type Fault, pointerTo } from "../errors.ts";
import { nativeAttribute } from "./native-attributes.ts";

const detailOf = (name: string, other: string) =>
  `${name} differs in letter case alone from ${other}, which the profile has: write to ${other}, or remove it with null.`;

/** The attributes of a merge that get a value, without native ones. */
const namesOf = ({ attributes = {} }: ProfileMerge) =>
  Object.entries(attributes).flatMap(([name, value]) =>
    value === null || nativeAttribute(name) !== undefined ? [] : [name],
  );

const removes = ({ attributes = {} }: ProfileMerge, name: string) =>
  Object.hasOwn(attributes, name) && attributes[name] === null;

/** The faults of names beside each other in one profile of the call. */
function faultsWithin(merge: ProfileMerge, index: number): Fault[] {
  const first = new Map<string, string>();
  return namesOf(merge).flatMap((name): Fault[] => {
    const other = first.get(folded(name));
    if (other === undefined) first.set(folded(name), name);
    if (other === undefined) return [];
    return [{ pointer: pointerTo(["profiles", index, "attributes", name]), detail: detailOf(name, other) }];
  });
}

/**
 * @param merges in the order of the call's `profiles`.
 * @returns the faults, and statements for the batch that writes the profiles: it fails when another call changed what
 * was read here.
 */
export async function checkAttributeSpellings(
  db: Database,
  spaceId: string,
  merges: Iterable<ProfileMerge>,
): Promise<{ faults: Fault[]; guards: Statement[] }> {
  const within: Fault[] = [];
  const given = new Set<string>();
  const places = new Map<string, number>();
  for (const merge of merges) {
    within.push(...faultsWithin(merge, places.size));
    for (const name of namesOf(merge)) given.add(name);
    places.set(merge.person_id, places.size);
  }
  const names = [...given];
  if (within.length > 0 || names.length === 0) return { faults: within, guards: [] };
  const others = await otherAttributeSpellings(db, spaceId, names);
  const pairs: SpelledTwice[] = [];
  for (const merge of others.size === 0 ? [] : merges)
    for (const name of namesOf(merge))
      for (const other of others.get(name) ?? [])
        if (!removes(merge, other)) pairs.push({ person_id: merge.person_id, name, other });
  const found = pairs.length === 0 ? [] : await findSpelledTwice(db, spaceId, pairs);
  const faults = found.map(({ person_id, name, other }) => ({
    pointer: pointerTo(["profiles", places.get(person_id) ?? 0, "attributes", name]),
    detail: detailOf(name, other),
  }));
  const alone = names.filter((name) => !others.has(name));
  return { faults, guards: spelledOnce(spaceId, pairs, alone) };
}
