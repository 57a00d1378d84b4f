/**
 * The event definitions that a space has: the catalogue's, each under the row of what the space changed of it, and the
 * space's own. Whoever looks definitions up does it here. A built-in that nobody touched has no row: it is as the catalogue
 * has it, at version 1, and as old as the space.
 */

import type { Database } from "../db/core/database.ts";
import {
  type ExpectedDefinition,
  type DefinitionRow,
  definitionRowsAt,
  findDefinitionRows,
  folded,
  listDefinitionRows,
  replaceDefinition,
  searchText,
} from "../db/events/definitions.ts";
import { DEFAULT_SECTION } from "../db/core/sections.ts";
import type { BuiltIn } from "./catalogue/built-in.ts";
import { builtIn, BUILT_INS } from "./catalogue/catalogue.ts";
import type { Property } from "./definition.ts";

/** The space whose definitions are looked up; `created_at` in epoch ms. */
export interface DefinitionSpace {
  id: string;
  created_at: number;
}

export interface Definition {
  id: string;
  version: number;
  name: string;
  description: string | null;
  section_id: string;
  category: string;
  enabled: boolean;
  properties: readonly Property[];
  created_at: number;
  updated_at: number;
  /** Does a row stand for it? */
  stored: boolean;
}

function untouched(space: DefinitionSpace, definition: BuiltIn): Definition {
  return {
    ...definition,
    version: 1,
    description: null,
    section_id: DEFAULT_SECTION,
    created_at: space.created_at,
    updated_at: space.created_at,
    stored: false,
  };
}

function fromRow(row: DefinitionRow): Definition {
  return {
    ...row,
    enabled: row.enabled === 1,
    properties: JSON.parse(row.properties) as Property[],
    stored: true,
  };
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** Those of these ids that the space has. */
export async function findDefinitions(
  db: Database,
  space: DefinitionSpace,
  ids: readonly string[],
): Promise<Map<string, Definition>> {
  const rows = new Map((await findDefinitionRows(db, space.id, ids)).map((row) => [row.id, row]));
  const found = new Map<string, Definition>();
  for (const id of ids) {
    const [row, known] = [rows.get(id), builtIn(id)];
    if (row !== undefined) found.set(id, fromRow(row));
    else if (known !== undefined) found.set(id, untouched(space, known));
  }
  return found;
}

export async function findDefinition(db: Database, space: DefinitionSpace, id: string): Promise<Definition | null> {
  return (await findDefinitions(db, space, [id])).get(id) ?? null;
}

/** By id. `q` is searched in id and name, without regard to case. */
export async function listDefinitions(
  db: Database,
  space: DefinitionSpace,
  filter: { category: string | null; q: string | null; afterId: string | null; limit: number },
): Promise<Definition[]> {
  const { category, q, afterId, limit } = filter;
  const candidates = BUILT_INS.filter(
    (each) =>
      (afterId === null || each.id > afterId) &&
      (category === null || each.category === category) &&
      (q === null || searchText(each).includes(folded(q))),
  );
  const ids = candidates.map((each) => each.id);
  const { rows, current } = await listDefinitionRows(db, space.id, filter, ids);
  const stored = new Set(current);
  const rest = candidates.filter((each) => !stored.has(each.id)).map((each) => untouched(space, each));
  return [...rows.map(fromRow), ...rest].toSorted(byId).slice(0, limit);
}

/** What an export needs of the definitions that stood at a sequence number, by id. */
export async function definitionsAt(
  db: Database,
  spaceId: string,
  seq: number,
): Promise<Pick<Definition, "id" | "name" | "section_id" | "category" | "properties">[]> {
  const rows = await definitionRowsAt(db, spaceId, seq);
  const stored = new Set(rows.map((row) => row.id));
  return [
    ...rows.map(({ id, name, section_id, category, properties }) => ({
      id,
      name,
      section_id,
      category,
      properties: JSON.parse(properties) as Property[],
    })),
    ...BUILT_INS.filter((each) => !stored.has(each.id)).map(({ id, name, category, properties }) => ({
      id,
      name,
      section_id: DEFAULT_SECTION,
      category,
      properties,
    })),
  ].toSorted(byId);
}

/** What a write that used this definition counts on. */
export function premiseOf(definition: Definition): ExpectedDefinition {
  return [definition.id, definition.stored ? definition.version : null];
}

/**
 * Puts a changed definition in the place of the one it was made from.
 * @returns false when that one no longer stands; nothing is written then.
 */
export async function changeDefinition(
  db: Database,
  spaceId: string,
  from: Definition,
  to: Definition,
): Promise<boolean> {
  const row = {
    ...to,
    enabled: to.enabled ? 1 : 0,
    properties: JSON.stringify(to.properties),
  };
  return replaceDefinition(db, spaceId, row, from.stored ? from.version : null);
}
