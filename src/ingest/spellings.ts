/**
 * A name is spelled one way in a space: a property, list field or attribute whose name differs in letter case alone
 * from one that the space's definitions have, built-in ones among them, is a conflict. Many readers do not tell the two
 * apart. A spelling that a built-in definition has is always accepted.
 */

import type { Database, Statement } from "../db/core/database.ts";
import { folded } from "../db/events/definitions.ts";
import { otherSpellings, spelledAlike } from "../db/events/spellings.ts";
import { type Fault, SpillwayError } from "../errors.ts";
import { BUILT_INS } from "./catalogue/catalogue.ts";
import type { Property } from "./definition.ts";
import { NATIVE_ATTRIBUTES } from "./native-attributes.ts";

/** A name that a call would define. `pointer`: where the call has it. */
export interface DefinedName {
  name: string;
  pointer: string;
}

/** The names of properties and of their list fields. @param pointer of the list of properties in the body. */
export const namesIn = (properties: readonly Property[], pointer = "/properties"): DefinedName[] =>
  properties.flatMap(({ name, fields = [] }, index) => [
    { name, pointer: `${pointer}/${index}/name` },
    ...fields.map((field, n) => ({ name: field.name, pointer: `${pointer}/${index}/fields/${n}/name` })),
  ]);

/** The names of properties and list fields, folded → as they are spelled: what is stored with a definition. */
export const spellingsOf = (properties: readonly Property[]): Map<string, string> =>
  new Map(namesIn(properties).map(({ name }) => [folded(name), name]));

/** folded name → the spellings that built-in definitions have, each with a definition that has it. */
const BUILT_IN: ReadonlyMap<string, ReadonlyMap<string, string>> = builtInSpellings();

function builtInSpellings() {
  const found = new Map<string, Map<string, string>>();
  const add = (name: string, owner: string) => {
    const spellings = found.get(folded(name)) ?? new Map<string, string>();
    if (!spellings.has(name)) spellings.set(name, owner);
    found.set(folded(name), spellings);
  };
  for (const { id, properties } of BUILT_INS)
    for (const { name } of namesIn(properties)) add(name, `the event definition ${id}`);
  for (const { id } of NATIVE_ATTRIBUTES) add(id, "a native attribute");
  return found;
}

/**
 * @returns guards for the batch that writes the definition: it fails if another call spelled a name differently by
 * then.
 * @throws conflict with a fault for each name that the space spells in another way.
 */
export async function checkSpellings(
  db: Database,
  spaceId: string,
  names: readonly DefinedName[],
): Promise<Statement[]> {
  const open = names.filter(({ name }) => BUILT_IN.get(folded(name))?.has(name) !== true);
  if (open.length === 0) return [];
  const sent = open.map(({ name }) => [folded(name), name] as const);
  const faults = open.flatMap(({ name, pointer }): Fault[] => {
    const [known] = [...(BUILT_IN.get(folded(name)) ?? [])];
    return known === undefined ? [] : [{ pointer, detail: otherSpelling(name, ...known) }];
  });
  if (faults.length === 0)
    for (const { sent: name, known, owner, kind } of await otherSpellings(db, spaceId, sent)) {
      const pointer = open.find((each) => each.name === name)?.pointer ?? "";
      faults.push({ pointer, detail: otherSpelling(name, known, `the ${kind} ${owner}`) });
    }
  if (faults.length > 0) throw new SpillwayError("conflict", faults[0]?.detail, { faults });
  return [spelledAlike(spaceId, sent)];
}

const otherSpelling = (name: string, known: string, owner: string) =>
  `The name ${name} differs in letter case alone from ${known}, which ${owner} has: many readers take the two for one column. Spell it ${known}, or choose another name.`;
