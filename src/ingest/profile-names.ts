/**
 * Which names of attributes, identifiers and tags a space knows: those that are defined, and those that profiles have.
 */

import type { Database } from "../db/core/database.ts";
import { listUsedNames, type NameKind, usedNames } from "../db/profiles/names.ts";
import { didYouMean } from "../suggestion.ts";
import { profileDefinitionsAt } from "./profile-definitions.ts";

/** A name that no profile has, and that is not defined. */
export interface UnknownName {
  /** In the list of names that were asked for. */
  index: number;
  /** Says so, with the name that may have been meant. */
  detail: string;
}

/** The identifier that every space has. */
const CUSTOM_ID = "custom_id";

/** Suggestions compare texts, which takes time: later names get none. */
const MAX_SUGGESTIONS = 20;

/** @param seq definitions count as of this sequence number. */
export async function unknownNames(
  db: Database,
  spaceId: string,
  seq: number,
  kind: NameKind,
  names: readonly string[],
): Promise<UnknownName[]> {
  if (names.length === 0) return [];
  const [defined, used] = await Promise.all([
    definedNames(db, spaceId, seq, kind, names),
    usedNames(db, spaceId, kind, names),
  ]);
  const known = new Set([...defined, ...used]);
  const unknown = [...names.entries()].filter(([, name]) => !known.has(name));
  if (unknown.length === 0) return [];
  const candidates = [
    ...(await definedNames(db, spaceId, seq, kind, null)),
    ...(await listUsedNames(db, spaceId, kind)),
  ];
  return unknown.map(([index, name], place) => ({
    index,
    detail: `${MEANING[kind](name)}${place < MAX_SUGGESTIONS ? didYouMean(name, candidates) : ""}`,
  }));
}

const MEANING: Record<NameKind, (name: string) => string> = {
  attribute: (name) => `No profile has the attribute ${name}, and it is not defined.`,
  identifier: (name) => `No profile has the identifier ${name}.`,
  tag: (name) => `No profile has the tag ${name}, and it is not defined.`,
};

async function definedNames(
  db: Database,
  spaceId: string,
  seq: number,
  kind: NameKind,
  names: readonly string[] | null,
): Promise<string[]> {
  if (kind === "identifier") return [CUSTOM_ID];
  return (await profileDefinitionsAt(db, spaceId, seq, kind, names)).map(({ id }) => id);
}
