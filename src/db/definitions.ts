/** Event definitions, kept as versions [seq_from, seq_to). */

import { type Database, isGuardFailure, isUniqueFailure, type Statement, statement } from "./database.ts";
import { takeSequence, THIS_SEQUENCE } from "./sequences.ts";

export interface DefinitionRow {
  id: string;
  version: number;
  name: string;
  description: string | null;
  section_id: string;
  category: string;
  enabled: number;
  properties: string;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, version, name, description, section_id, category, enabled, properties, created_at, updated_at";

function insertVersion(spaceId: string, row: DefinitionRow): Statement {
  return statement(
    `INSERT INTO definitions (space_id, seq_from, seq_to, ${COLUMNS}, search)
     VALUES (?1, ${THIS_SEQUENCE}, NULL, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
    spaceId,
    row.id,
    row.version,
    row.name,
    row.description,
    row.section_id,
    row.category,
    row.enabled,
    row.properties,
    row.created_at,
    row.updated_at,
    folded(`${row.id}\n${row.name}`),
  );
}

/** Text as it is searched: without regard to case, beyond ASCII too, which SQLite's lower() is not. */
const folded = (text: string) => text.normalize("NFC").toLowerCase();

function makeSection(spaceId: string, sectionId: string): Statement {
  return statement(
    "INSERT INTO sections (space_id, id, name) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING",
    spaceId,
    sectionId,
  );
}

/** @returns false when the space has a definition of that id already. */
export async function insertDefinition(db: Database, spaceId: string, row: DefinitionRow): Promise<boolean> {
  try {
    await db.batch([takeSequence(spaceId), makeSection(spaceId, row.section_id), insertVersion(spaceId, row)]);
    return true;
  } catch (thrown) {
    if (isUniqueFailure(thrown, "definitions.space_id, definitions.id")) return false;
    throw thrown;
  }
}

/**
 * Replaces the version that stands by the next one.
 * @returns false when the version that `row` was made from (`row.version - 1`) no longer stands; nothing is written then.
 */
export async function replaceDefinition(db: Database, spaceId: string, row: DefinitionRow): Promise<boolean> {
  try {
    await db.batch([
      takeSequence(spaceId),
      makeSection(spaceId, row.section_id),
      statement(
        `INSERT INTO guard SELECT 0 WHERE NOT EXISTS
           (SELECT 1 FROM definitions WHERE space_id = ?1 AND id = ?2 AND version = ?3 AND seq_to IS NULL)`,
        spaceId,
        row.id,
        row.version - 1,
      ),
      statement(
        `UPDATE definitions SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`,
        spaceId,
        row.id,
      ),
      insertVersion(spaceId, row),
    ]);
    return true;
  } catch (thrown) {
    if (isGuardFailure(thrown)) return false;
    throw thrown;
  }
}

export async function findDefinition(db: Database, spaceId: string, id: string): Promise<DefinitionRow | null> {
  return db.first<DefinitionRow>(
    `SELECT ${COLUMNS} FROM definitions WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`,
    spaceId,
    id,
  );
}

/** Those of these ids that the space has. */
export async function findDefinitions(db: Database, spaceId: string, ids: readonly string[]): Promise<DefinitionRow[]> {
  return db.all<DefinitionRow>(
    `SELECT ${COLUMNS} FROM definitions
     WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))`,
    spaceId,
    JSON.stringify(ids),
  );
}

/** By id. `q` is searched in id and name, without regard to case. */
export async function listDefinitions(
  db: Database,
  spaceId: string,
  filter: { category: string | null; q: string | null; afterId: string | null; limit: number },
): Promise<DefinitionRow[]> {
  return db.all<DefinitionRow>(
    `SELECT ${COLUMNS} FROM definitions
     WHERE space_id = ?1 AND seq_to IS NULL AND id > ?2
       AND (?3 IS NULL OR category = ?3)
       AND (?4 IS NULL OR instr(search, ?4) > 0)
     ORDER BY id LIMIT ?5`,
    spaceId,
    filter.afterId ?? "",
    filter.category,
    filter.q === null ? null : folded(filter.q),
    filter.limit,
  );
}

/** What an export needs of the definitions that stood at a sequence number: id and property names. */
export async function definitionsAt(
  db: Database,
  spaceId: string,
  seq: number,
): Promise<{ id: string; properties: string }[]> {
  return db.all(
    `SELECT id, properties FROM definitions
     WHERE space_id = ?1 AND seq_from <= ?2 AND (seq_to IS NULL OR seq_to > ?2) ORDER BY id`,
    spaceId,
    seq,
  );
}
