/** Writes event definitions: creates, extends and deletes them. */

import type { Database } from "../db/core/database.ts";
import { AFTER_EVERY_WRITE } from "../db/core/sequences.ts";
import {
  deleteDefinition as endDefinition,
  insertDefinition,
  type NewDefinitionRow,
  replaceDefinition,
} from "../db/events/definitions.ts";
import { invalid, SpillwayError } from "../errors.ts";
import { builtIn } from "./catalogue/catalogue.ts";
import { checkProperties, type Property } from "./definition.ts";
import { applyChange, type Change } from "./definition-change.ts";
import { type Definition, type DefinitionSpace, findDefinition } from "./definitions.ts";
import { unknownNames } from "./profile-names.ts";
import { checkSpellings, namesIn, spellingsOf } from "./spellings.ts";

/** A definition as a call sends it, with defaults filled in. */
export type SentDefinition = Pick<
  Definition,
  "id" | "name" | "description" | "section_id" | "category" | "enabled" | "properties"
>;

const CHANGED = "Another call changed the definitions at the same time. Send the request again.";

/**
 * Creates a custom definition.
 * @param place the member of the body that a taken id comes from.
 * @param now epoch ms.
 * @throws invalid_request for properties that do not go together; conflict for an id that is taken, and for a name that
 * the space spells in another way.
 */
export async function createDefinition(
  db: Database,
  space: DefinitionSpace,
  sent: SentDefinition,
  place: "id" | "name",
  now: number,
): Promise<Definition> {
  checkProperties(sent.id, sent.properties);
  if (builtIn(sent.id) !== undefined) throw taken(sent.id, place);
  const guards = await checkSpellings(db, space.id, namesIn(sent.properties));
  const definition: Definition = {
    ...sent,
    version: 1,
    property_seqs: [],
    attributes: null,
    created_at: now,
    updated_at: now,
    stored: true,
  };
  const facts = { seqs: [], spellings: spellingsOf(sent.properties) };
  const version = await insertDefinition(db, space.id, toRow(definition), facts, guards);
  if (version === "exists") throw taken(sent.id, place);
  if (version === "changed") throw new SpillwayError("conflict", CHANGED);
  return { ...definition, version };
}

function taken(id: string, place: "id" | "name"): SpillwayError {
  const wayOut = place === "id" ? "Extend it with PATCH." : "Extend it with PATCH, or send another `id`.";
  const detail = `An event definition ${id} already exists. ${wayOut}`;
  return new SpillwayError("conflict", detail, { faults: [{ pointer: `/${place}`, detail }] });
}

/**
 * Changes a definition: see `applyChange`.
 * @param now epoch ms.
 * @returns the definition as it is now; null if the space has none with this id.
 * @throws invalid_request with a pointer to each field that cannot be changed, and to unknown attributes; conflict for
 * a name that the space spells in another way, and where another call changed the definition meanwhile.
 */
export async function changeDefinition(
  db: Database,
  space: DefinitionSpace,
  id: string,
  change: Change,
  now: number,
): Promise<Definition | null> {
  const old = await findDefinition(db, space, id);
  if (old === null) return null;
  const next = applyChange(old, change, now);
  if (next === null) return old;
  await checkTracked(db, space.id, change.attributes ?? []);
  const guards = await checkSpellings(db, space.id, addedNames(old.properties, change.properties ?? []));
  const facts = { seqs: old.property_seqs, spellings: spellingsOf(next.properties) };
  const from = old.stored ? old.version : null;
  if (!(await replaceDefinition(db, space.id, toRow(next), facts, from, guards)))
    throw new SpillwayError("conflict", CHANGED);
  return next;
}

/** @throws invalid_request with a pointer to each attribute that is not defined and that no profile has. */
async function checkTracked(db: Database, spaceId: string, attributes: readonly string[]): Promise<void> {
  const unknown = await unknownNames(db, spaceId, AFTER_EVERY_WRITE, "attribute", attributes);
  if (unknown.length > 0)
    throw invalid(...unknown.map(({ index, detail }) => ({ pointer: `/attributes/${index}`, detail })));
}

/** The names in a call that the definition does not have yet. */
function addedNames(present: readonly Property[], sent: readonly Property[]) {
  const known = new Set(namesIn(present).map(({ name }) => name));
  return namesIn(sent).filter(({ name }) => !known.has(name));
}

/**
 * Deletes a custom definition that never had an event.
 * @returns false if the space has none with this id.
 * @throws conflict for a built-in definition, and for one that has had an event.
 */
export async function deleteDefinition(db: Database, spaceId: string, id: string): Promise<boolean> {
  if (builtIn(id) !== undefined)
    throw new SpillwayError(
      "conflict",
      `${id} is built in: it cannot be deleted. To refuse its events, set enabled to false with PATCH.`,
    );
  const outcome = await endDefinition(db, spaceId, id);
  if (outcome === "used")
    throw new SpillwayError(
      "conflict",
      `${id} has had events, which exports may still read: it cannot be deleted. To refuse further events, set enabled to false with PATCH.`,
    );
  return outcome === "deleted";
}

function toRow(definition: Definition): NewDefinitionRow {
  const { id, version, name, section_id, category, created_at, updated_at } = definition;
  // That of a built-in definition is the catalogue's.
  const description = category === "custom" ? definition.description : null;
  const texts = { id, version, name, description, section_id, category, created_at, updated_at };
  const attributes = definition.attributes === null ? null : JSON.stringify(definition.attributes);
  const enabled = definition.enabled ? 1 : 0;
  return { ...texts, enabled, properties: JSON.stringify(definition.properties), attributes };
}
