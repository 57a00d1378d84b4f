/**
 * What is known of profiles' attributes, tags and topics: the native attributes, and what the space defined. Whoever looks
 * one up does it here. A profile may have others too: nobody has said yet what those are.
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

/** As old as the space. */
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

/** By id: native ones begin with $, which comes before whatever a space's own may begin with. */
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

/**
 * The definitions that stood at a sequence number, by id, native attributes among them.
 * @param ids those alone; left out: all.
 */
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
