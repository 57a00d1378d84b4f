/**
 * The definitions of profiles' attributes, tags and topics: the native attributes, and those that the space defined. A
 * profile may also have attributes, tags and topics without a definition.
 */

import type { Database } from "../db/core/database.ts";
import { folded, searchText } from "../db/events/definitions.ts";
import {
  type DefinedKind,
  findProfileDefinition,
  listProfileDefinitionRows,
  type ProfileDefinition,
  type ProfileDefinitionFilter,
  profileDefinitionRowsAt,
  type ProfileDefinitionRow,
} from "../db/profiles/definitions.ts";
import type { DefinitionSpace } from "./definitions.ts";
import { NATIVE_ATTRIBUTES, nativeAttribute } from "./native-attributes.ts";

/** A native definition as a row; it is as old as the space. */
const inSpace = (space: DefinitionSpace, definition: ProfileDefinition): ProfileDefinitionRow => ({
  ...definition,
  created_at: space.created_at,
  updated_at: space.created_at,
});

export async function findDefined(
  db: Database,
  space: DefinitionSpace,
  kind: DefinedKind,
  id: string,
): Promise<ProfileDefinitionRow | null> {
  const native = kind === "attribute" ? nativeAttribute(id) : undefined;
  return native === undefined ? findProfileDefinition(db, space.id, kind, id) : inSpace(space, native);
}

/** By id. Native ids start with $, which sorts before the first character of any id that a space may define. */
export async function listDefined(
  db: Database,
  space: DefinitionSpace,
  kind: DefinedKind,
  filter: ProfileDefinitionFilter,
): Promise<ProfileDefinitionRow[]> {
  const { q, afterId, limit } = filter;
  const natives = kind === "attribute" ? NATIVE_ATTRIBUTES : [];
  const found = natives.filter(
    (each) => (afterId === null || each.id > afterId) && (q === null || searchText(each).includes(folded(q))),
  );
  const rows = await listProfileDefinitionRows(db, space.id, kind, filter);
  return [...found.map((each) => inSpace(space, each)), ...rows].slice(0, limit);
}

/** The definitions as of a sequence number, by id, with the native attributes. @param ids only these; null: all. */
export async function profileDefinitionsAt(
  db: Database,
  spaceId: string,
  seq: number,
  kind: DefinedKind,
  ids: readonly string[] | null = null,
): Promise<ProfileDefinition[]> {
  const natives = kind === "attribute" ? NATIVE_ATTRIBUTES : [];
  const wanted = ids === null ? null : new Set(ids);
  return [
    ...natives.filter((each) => wanted === null || wanted.has(each.id)),
    ...(await profileDefinitionRowsAt(db, spaceId, seq, kind, ids)),
  ];
}
