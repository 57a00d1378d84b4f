/**
 * The rows of event definitions, kept as versions [seq_from, seq_to): custom ones, and built-in ones that a space changed.
 * What a space has altogether, events/definitions.ts knows.
 */

import { type Database, isGuardFailure, isUniqueFailure, type Statement, statement } from "../core/database.ts";
import { ensureSection } from "../core/sections.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";

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
    searchText(row),
  );
}

/** Text as it is searched: without regard to case, beyond ASCII too, which SQLite's lower() is not. */
export const folded = (text: string): string => text.normalize("NFC").toLowerCase();

/** Where a definition is searched: in its id and its name. */
export const searchText = (definition: { id: string; name: string }): string =>
  folded(`${definition.id}\n${definition.name}`);

/** @returns false when the space has a definition of that id already. */
export async function insertDefinition(db: Database, spaceId: string, row: DefinitionRow): Promise<boolean> {
  try {
    await db.batch([nextSequence(spaceId), ensureSection(spaceId, row.section_id), insertVersion(spaceId, row)]);
    return true;
  } catch (thrown) {
    if (isUniqueFailure(thrown, "definitions.space_id, definitions.id")) return false;
    throw thrown;
  }
}

/**
 * Replaces the version that stands by the next one.
 * @param from the version that `row` was made from; null where no row stood.
 * @returns false when something else stands by now; nothing is written then.
 */
export async function replaceDefinition(
  db: Database,
  spaceId: string,
  row: DefinitionRow,
  from: number | null,
): Promise<boolean> {
  try {
    await db.batch([
      nextSequence(spaceId),
      ensureSection(spaceId, row.section_id),
      statement(
        `INSERT INTO guard SELECT 0 WHERE
           (SELECT version FROM definitions WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL) IS NOT ?3`,
        spaceId,
        row.id,
        from,
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

/** A definition as a write looked at it: the version that stood; null where no row stood, as for an untouched built-in. */
export type ExpectedDefinition = readonly [id: string, version: number | null];

/** Fails the batch (`isGuardFailure`) where one of these no longer stands as it was, or is disabled by its row. */
export function definitionsUnchanged(spaceId: string, premises: readonly ExpectedDefinition[]): Statement {
  return statement(
    `INSERT INTO guard SELECT 0 FROM json_each(?2) j LEFT JOIN definitions d
       ON d.space_id = ?1 AND d.id = j.value ->> 0 AND d.seq_to IS NULL
     WHERE d.version IS NOT (j.value ->> 1) OR d.enabled = 0`,
    spaceId,
    JSON.stringify(premises),
  );
}

/** The standing rows of those of these ids that have one. */
export async function findDefinitionRows(
  db: Database,
  spaceId: string,
  ids: readonly string[],
): Promise<DefinitionRow[]> {
  return db.all<DefinitionRow>(
    `SELECT ${COLUMNS} FROM definitions
     WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))`,
    spaceId,
    JSON.stringify(ids),
  );
}

/**
 * Standing rows by id. `q` is searched in id and name, without regard to case.
 * @param others ids beside them.
 * @returns the rows, and which of the others have a row that stands, whether it is among the first or not.
 */
export async function listDefinitionRows(
  db: Database,
  spaceId: string,
  filter: { category: string | null; q: string | null; afterId: string | null; limit: number },
  others: readonly string[],
): Promise<{ rows: DefinitionRow[]; standing: string[] }> {
  const [listed, standing] = await db.batch<DefinitionRow>([
    statement(
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
    ),
    statement(
      "SELECT id FROM definitions WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))",
      spaceId,
      JSON.stringify(others),
    ),
  ]);
  return { rows: listed?.rows ?? [], standing: (standing?.rows ?? []).map((row) => row.id) };
}

/** The rows that stood at a sequence number: id, name, category and properties. */
export async function definitionRowsAt(
  db: Database,
  spaceId: string,
  seq: number,
): Promise<Pick<DefinitionRow, "id" | "name" | "section_id" | "category" | "properties">[]> {
  return db.all(
    `SELECT id, name, section_id, category, properties FROM definitions
     WHERE space_id = ?1 AND seq_from <= ?2 AND (seq_to IS NULL OR seq_to > ?2)`,
    spaceId,
    seq,
  );
}
