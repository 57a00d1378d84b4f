/**
 * Checks the values of profiles' attributes: a native attribute's value has its form, and a value of an attribute that
 * the space defined has its type. An attribute that is not defined accepts any text, number or boolean.
 */

import type { Database, Statement } from "../db/core/database.ts";
import { attributeTypes, noneDefinedSince } from "../db/profiles/definitions.ts";
import type { ProfileMerge } from "../db/profiles/profiles.ts";
import { recordTypes, type SeenType } from "../db/profiles/value-types.ts";
import { type Fault, invalid, MAX_FAULTS, pointerTo } from "../errors.ts";
import { checkAttributeSpellings } from "./attribute-spellings.ts";
import { nativeAttribute, nativeProblem } from "./native-attributes.ts";
import { scalarProblem } from "./validate.ts";

/**
 * @param merges in the order of the call's `profiles`.
 * @returns statements for the batch that writes them: it fails when another call changed meanwhile what was read here,
 * and records the types of the values.
 * @throws invalid_request with a pointer to each value that does not have its attribute's type or form, and to each
 * attribute that differs in letter case alone from another of its profile.
 */
export async function checkAttributes(
  db: Database,
  spaceId: string,
  merges: Iterable<ProfileMerge>,
): Promise<Statement[]> {
  const names = new Set<string>();
  for (const { attributes = {} } of merges) for (const name of Object.keys(attributes)) names.add(name);
  const own = [...names].filter((name) => nativeAttribute(name) === undefined);
  const defined = own.length === 0 ? null : await attributeTypes(db, spaceId, own);
  const problemOf = (name: string, value: unknown) => {
    const type = nativeAttribute(name)?.type ?? defined?.types.get(name);
    if (type === undefined || value === null) return null;
    return scalarProblem(type, value) ?? nativeProblem(name, value);
  };
  const faults: Fault[] = [];
  let index = -1;
  for (const { attributes = {} } of merges) {
    index += 1;
    if (faults.length >= MAX_FAULTS) break;
    for (const [name, value] of Object.entries(attributes)) {
      const problem = problemOf(name, value);
      if (problem === null) continue;
      faults.push({ pointer: pointerTo(["profiles", index, "attributes", name]), detail: `${name} ${problem}` });
    }
  }
  const spellings = await checkAttributeSpellings(db, spaceId, merges);
  faults.push(...spellings.faults);
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  if (defined === null) return [];
  const seen = typesOf(merges, new Set(own));
  return [noneDefinedSince(spaceId, defined.seq), ...spellings.guards, ...recordTypes(spaceId, seen)];
}

/** The types of the values that these attributes get. */
function typesOf(merges: Iterable<ProfileMerge>, names: ReadonlySet<string>): SeenType[] {
  const seen = new Map<string, SeenType>();
  for (const { attributes = {} } of merges)
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || !names.has(name)) continue;
      const type = typeOf(value);
      seen.set(`${type} ${name}`, [name, type]);
    }
  return [...seen.values()];
}

function typeOf(value: unknown): SeenType[1] {
  if (typeof value === "number" || typeof value === "boolean") return typeof value === "number" ? "number" : "boolean";
  return scalarProblem("date", value) === null ? "date" : "text";
}
