/**
 * The event definitions of a space: the built-in ones of the catalogue, and its custom ones. A built-in definition that
 * the space has changed has a row, which replaces the catalogue's entry; an unchanged one has no row, version 1, and
 * the space's age.
 */

import type { Database } from "../db/core/database.ts";
import {
  type ExpectedDefinition,
  type DefinitionRow,
  definitionRowsAt,
  findDefinitionRows,
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
  /** Of each property, the sequence number of the write that defined it; 0: it is built in. */
  property_seqs: readonly number[];
  /** Of the definition of changes of attributes: whose changes give events; null: those of every attribute. */
  attributes: readonly string[] | null;
  created_at: number;
  updated_at: number;
  /** Whether it has a row. */
  stored: boolean;
}

/** A definition that was looked up by its id. */
export interface FoundDefinition extends Definition {
  /** Whether it had an event before. Once true, it stays so. */
  used: boolean;
}

/** A built-in definition as a space has it that never changed it. */
export function unchanged(space: DefinitionSpace, definition: BuiltIn): Definition {
  return {
    ...definition,
    version: 1,
    section_id: DEFAULT_SECTION,
    property_seqs: builtInSeqs(definition),
    attributes: null,
    created_at: space.created_at,
    updated_at: space.created_at,
    stored: false,
  };
}

const builtInSeqs = ({ properties }: BuiltIn) => properties.map(() => 0);

const propertiesOf = (row: Pick<DefinitionRow, "properties" | "property_seqs">) => ({
  properties: JSON.parse(row.properties) as Property[],
  property_seqs: JSON.parse(row.property_seqs) as number[],
});

export function fromRow(row: DefinitionRow): Definition {
  const attributes = row.attributes === null ? null : (JSON.parse(row.attributes) as string[]);
  // A built-in definition keeps its description: the row has none.
  const description = row.category === "custom" ? row.description : (builtIn(row.id)?.description ?? null);
  return { ...row, description, enabled: row.enabled === 1, ...propertiesOf(row), attributes, stored: true };
}

export const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** The definitions with these ids; unknown ids are left out. */
export async function findDefinitions(
  db: Database,
  space: DefinitionSpace,
  ids: readonly string[],
): Promise<Map<string, FoundDefinition>> {
  const current = await findDefinitionRows(db, space.id, ids);
  const rows = new Map(current.rows.map((row) => [row.id, row]));
  const found = new Map<string, FoundDefinition>();
  for (const id of ids) {
    const [row, known] = [rows.get(id), builtIn(id)];
    const used = current.used.has(id);
    if (row !== undefined) found.set(id, { ...fromRow(row), used });
    else if (known !== undefined) found.set(id, { ...unchanged(space, known), used });
  }
  return found;
}

export async function findDefinition(
  db: Database,
  space: DefinitionSpace,
  id: string,
): Promise<FoundDefinition | null> {
  return (await findDefinitions(db, space, [id])).get(id) ?? null;
}

/** The definitions as of a sequence number, by id, with the fields that an export needs. @param ids default: all. */
export async function definitionsAt(
  db: Database,
  spaceId: string,
  seq: number,
  ids: readonly string[] | null = null,
): Promise<Pick<Definition, "id" | "name" | "section_id" | "category" | "properties" | "property_seqs">[]> {
  const rows = await definitionRowsAt(db, spaceId, seq, ids);
  const stored = new Set(rows.map((row) => row.id));
  const among = ids === null ? null : new Set(ids);
  const builtIns = BUILT_INS.filter((each) => !stored.has(each.id) && (among?.has(each.id) ?? true));
  return [
    ...rows.map((row) => ({ ...row, ...propertiesOf(row) })),
    ...builtIns.map((each) => ({ ...each, section_id: DEFAULT_SECTION, property_seqs: builtInSeqs(each) })),
  ].toSorted(byId);
}

/** The version that a write used: the write fails when the definition has another one by then. */
export function premiseOf(definition: FoundDefinition): ExpectedDefinition {
  return [definition.id, definition.stored ? definition.version : null, definition.used];
}
