/**
 * Profiles' attributes against what is said of them: a native one's value has its form, that of an attribute which the space
 * defined has its type. An attribute of which nothing is said takes any text, number or boolean.
 */

import type { Database, Statement } from "../db/core/database.ts";
import { attributeTypes, noneDefinedSince } from "../db/profiles/definitions.ts";
import type { ProfileMerge } from "../db/profiles/profiles.ts";
import { type Fault, invalid, pointerTo } from "../errors.ts";
import { nativeAttribute, nativeProblem } from "./native-attributes.ts";
import { scalarProblem } from "./validate.ts";

const MAX_FAULTS = 100;

/**
 * @param merges in the order of the call's `profiles`.
 * @returns what must go into the batch that writes them, so that it fails where an attribute was defined meanwhile.
 * @throws invalid_request with a pointer to each value that does not fit.
 */
export async function checkAttributes(
  db: Database,
  spaceId: string,
  merges: readonly ProfileMerge[],
): Promise<Statement[]> {
  const names = new Set(merges.flatMap(({ attributes = {} }) => Object.keys(attributes)));
  const own = [...names].filter((name) => nativeAttribute(name) === undefined);
  const defined = own.length === 0 ? null : await attributeTypes(db, spaceId, own);
  const problemOf = (name: string, value: unknown) => {
    const type = nativeAttribute(name)?.type ?? defined?.types.get(name);
    if (type === undefined || value === null) return null;
    return scalarProblem(type, value) ?? nativeProblem(name, value);
  };
  const faults: Fault[] = [];
  for (const [index, { attributes = {} }] of merges.entries()) {
    if (faults.length >= MAX_FAULTS) break;
    for (const [name, value] of Object.entries(attributes)) {
      const problem = problemOf(name, value);
      if (problem === null) continue;
      faults.push({ pointer: pointerTo(["profiles", index, "attributes", name]), detail: `${name} ${problem}` });
    }
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return defined === null ? [] : [noneDefinedSince(spaceId, defined.seq)];
}
