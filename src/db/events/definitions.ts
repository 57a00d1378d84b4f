/**
 * The rows of event definitions, stored as versions [seq_from, seq_to): custom ones, and built-in ones that a space
 * changed. ingest/definitions.ts adds the unchanged built-in ones.
 */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, isGuardFailure, isUniqueFailure, type Statement, statement } from "../core/database.ts";
import { ensureSection } from "../core/sections.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";
import { versionsAt } from "../core/versions.ts";
import { neverUsed } from "./first-events.ts";

interface Definitions {
  id: string;
  version: number;
  name: string;
  description: string | null;
  section_id: string;
  category: string;
  enabled: number;
  properties: string;
  property_seqs: string;
  /** JSON array, or null. */
  attributes: string | null;
  created_at: number;
  updated_at: number;
}

const COLUMNS =
  "id, version, name, description, section_id, category, enabled, properties, created_at, updated_at, attributes";

export const READ_COLUMNS = `${COLUMNS}, property_seqs` as const;

/** A version to write. */
export type NewDefinitionRow = Row<Definitions, typeof COLUMNS>;

export type DefinitionRow = Row<Definitions, typeof READ_COLUMNS>;

/** What a write of a version adds to its row. */
export interface VersionFacts {
  /** Of the properties that were there before, the sequence numbers that defined them; this write defines the rest. */
  seqs: readonly number[];
  /** The names of properties and list fields, folded → as they are spelled. */
  spellings: ReadonlyMap<string, string>;
}

/** SQL: a version's number, where no current version is replaced: it follows that of a deleted definition. */
const NEXT_VERSION = `(SELECT coalesce(max(d.version), 0) + 1 FROM definitions d WHERE d.space_id = ?1 AND d.id = ?2)`;

/** @param version SQL for the version's number. */
function insertVersion(spaceId: string, row: NewDefinitionRow, facts: VersionFacts, version = "?3"): Statement {
  return statement(
    `INSERT INTO definitions (space_id, seq_from, seq_to, ${COLUMNS}, search, property_seqs, spellings)
     VALUES (?1, ${THIS_SEQUENCE}, NULL, ?2, ${version}, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
       (SELECT json_group_array(coalesce(?14 ->> j.key, ${THIS_SEQUENCE})) FROM json_each(?9) j), ?15)
     RETURNING version`,
    [
      spaceId,
      ...valuesOf(row, COLUMNS),
      searchText(row),
      JSON.stringify(facts.seqs),
      JSON.stringify(Object.fromEntries(facts.spellings)),
    ],
  );
}

/** Normalizes text for a search without regard to case, beyond ASCII too, unlike SQLite's lower(). */
export const folded = (text: string): string => text.normalize("NFC").toLowerCase();

/** The text in which a definition is searched: its id and its name. */
export const searchText = (definition: { id: string; name: string }): string =>
  folded(`${definition.id}\n${definition.name}`);

/**
 * Creates a definition.
 * @param guards statements that fail the batch where a condition of the caller is no longer true.
 * @returns its version: 1, or the next one after a deleted definition with this id; `exists` if the space has a
 * definition with this id; `changed` if a guard failed.
 */
export async function insertDefinition(
  db: Database,
  spaceId: string,
  row: NewDefinitionRow,
  facts: VersionFacts,
  guards: readonly Statement[],
): Promise<number | "exists" | "changed"> {
  try {
    const results = await db.batch<{ version: number }>([
      nextSequence(spaceId),
      ensureSection(spaceId, row.section_id),
      ...guards,
      insertVersion(spaceId, row, facts, NEXT_VERSION),
    ]);
    return results.at(-1)?.rows[0]?.version ?? row.version;
  } catch (thrown) {
    if (isUniqueFailure(thrown, "definitions.space_id, definitions.id")) return "exists";
    if (isGuardFailure(thrown)) return "changed";
    throw thrown;
  }
}

/**
 * Replaces the current version with the next one.
 * @param from the version that the caller read before; null: no row was current.
 * @param guards statements that fail the batch where a condition of the caller is no longer true.
 * @returns false if another version is current by now, or a guard failed; nothing is written then.
 */
export async function replaceDefinition(
  db: Database,
  spaceId: string,
  row: NewDefinitionRow,
  facts: VersionFacts,
  from: number | null,
  guards: readonly Statement[],
): Promise<boolean> {
  try {
    await db.batch([
      nextSequence(spaceId),
      ensureSection(spaceId, row.section_id),
      ...guards,
      statement(
        `INSERT INTO guard SELECT 0 WHERE
           (SELECT version FROM definitions WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL) IS NOT ?3`,
        [spaceId, row.id, from],
      ),
      endCurrent(spaceId, row.id),
      insertVersion(spaceId, row, facts),
    ]);
    return true;
  } catch (thrown) {
    if (isGuardFailure(thrown)) return false;
    throw thrown;
  }
}

const endCurrent = (spaceId: string, id: string) =>
  statement(`UPDATE definitions SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`, [
    spaceId,
    id,
  ]);

/**
 * Deletes a definition that never had an event, with all its versions. Exports that were created before keep it.
 * @returns `used` if it has had an event; nothing is written then.
 */
export async function deleteDefinition(
  db: Database,
  spaceId: string,
  id: string,
): Promise<"deleted" | "unknown" | "used"> {
  try {
    const results = await db.batch([
      nextSequence(spaceId),
      neverUsed(spaceId, id),
      endCurrent(spaceId, id),
      statement("UPDATE definitions SET deleted = 1 WHERE space_id = ?1 AND id = ?2 AND deleted = 0", [spaceId, id]),
    ]);
    return results.at(-1)?.changes === 0 ? "unknown" : "deleted";
  } catch (thrown) {
    if (isGuardFailure(thrown)) return "used";
    throw thrown;
  }
}

/**
 * The version of a definition that a write has read; null: it has no row, as for an unchanged built-in one. `used`: it
 * had an event before.
 */
export type ExpectedDefinition = readonly [id: string, version: number | null, used: boolean];

/** Fails the batch (`isGuardFailure`) if one of these has another version by now, or is disabled by its row. */
export function definitionsUnchanged(spaceId: string, expected: readonly ExpectedDefinition[]): Statement {
  return statement(
    `INSERT INTO guard SELECT 0 FROM json_each(?2) j LEFT JOIN definitions d
       ON d.space_id = ?1 AND d.id = j.value ->> 0 AND d.seq_to IS NULL
     WHERE d.version IS NOT (j.value ->> 1) OR d.enabled = 0`,
    [spaceId, JSON.stringify(expected)],
  );
}

/** The current rows of these ids, and which of the ids have had an event, with a row or without. */
export async function findDefinitionRows(
  db: Database,
  spaceId: string,
  ids: readonly string[],
): Promise<{ rows: DefinitionRow[]; used: Set<string> }> {
  const params = [spaceId, JSON.stringify(ids)];
  const [current, used] = await db.batch<DefinitionRow>([
    statement(
      `SELECT ${READ_COLUMNS} FROM definitions
       WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))`,
      params,
    ),
    statement(
      `SELECT definition_id AS id FROM first_events
       WHERE space_id = ?1 AND definition_id IN (SELECT value FROM json_each(?2))`,
      params,
    ),
  ]);
  return { rows: current?.rows ?? [], used: new Set((used?.rows ?? []).map((row) => row.id)) };
}

/** The rows as of a sequence number, by id, without their metadata. @param ids null: all. */
export const definitionRowsAt = (db: Database, spaceId: string, seq: number, ids: readonly string[] | null) =>
  versionsAt<Pick<DefinitionRow, "id" | "name" | "section_id" | "category" | "properties" | "property_seqs">>(
    db,
    { table: "definitions", columns: "id, name, section_id, category, properties, property_seqs" },
    spaceId,
    seq,
    ids,
  );
