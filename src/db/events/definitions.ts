/**
 * The rows of event definitions, stored as versions [seq_from, seq_to): custom ones, and built-in ones that a space
 * changed. ingest/definitions.ts adds the unchanged built-in ones.
 */

import { type Row, valuesOf } from "../core/columns.ts";
import { type Database, isGuardFailure, isUniqueFailure, type Statement, statement } from "../core/database.ts";
import { ensureSection } from "../core/sections.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";

interface Definitions {
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

export type DefinitionRow = Row<Definitions, typeof COLUMNS>;

function insertVersion(spaceId: string, row: DefinitionRow): Statement {
  return statement(
    `INSERT INTO definitions (space_id, seq_from, seq_to, ${COLUMNS}, search)
     VALUES (?1, ${THIS_SEQUENCE}, NULL, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
    [spaceId, ...valuesOf(row, COLUMNS), searchText(row)],
  );
}

/** Normalizes text for a search without regard to case, beyond ASCII too, unlike SQLite's lower(). */
export const folded = (text: string): string => text.normalize("NFC").toLowerCase();

/** The text in which a definition is searched: its id and its name. */
export const searchText = (definition: { id: string; name: string }): string =>
  folded(`${definition.id}\n${definition.name}`);

/** @returns false if the space already has a definition with this id. */
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
 * Replaces the current version with the next one.
 * @param from the version that the caller read before; null: no row was current.
 * @returns false if another version is current by now; nothing is written then.
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
        [spaceId, row.id, from],
      ),
      statement(`UPDATE definitions SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND id = ?2 AND seq_to IS NULL`, [
        spaceId,
        row.id,
      ]),
      insertVersion(spaceId, row),
    ]);
    return true;
  } catch (thrown) {
    if (isGuardFailure(thrown)) return false;
    throw thrown;
  }
}

/** The version of a definition that a write has read; null: it has no row, as for an unchanged built-in one. */
export type ExpectedDefinition = readonly [id: string, version: number | null];

/** Fails the batch (`isGuardFailure`) if one of these has another version by now, or is disabled by its row. */
export function definitionsUnchanged(spaceId: string, expected: readonly ExpectedDefinition[]): Statement {
  return statement(
    `INSERT INTO guard SELECT 0 FROM json_each(?2) j LEFT JOIN definitions d
       ON d.space_id = ?1 AND d.id = j.value ->> 0 AND d.seq_to IS NULL
     WHERE d.version IS NOT (j.value ->> 1) OR d.enabled = 0`,
    [spaceId, JSON.stringify(expected)],
  );
}

/** The current rows of these ids. */
export const findDefinitionRows = (db: Database, spaceId: string, ids: readonly string[]) =>
  db.all<DefinitionRow>(
    `SELECT ${COLUMNS} FROM definitions
     WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))`,
    [spaceId, JSON.stringify(ids)],
  );

/**
 * Current rows by id. `q` is searched in id and name, without regard to case.
 * @param others further ids.
 * @returns the rows, and which of the further ids have a current row, on this page or not.
 */
export async function listDefinitionRows(
  db: Database,
  spaceId: string,
  filter: { category: string | null; q: string | null; afterId: string | null; limit: number },
  others: readonly string[],
): Promise<{ rows: DefinitionRow[]; current: string[] }> {
  const [listed, current] = await db.batch<DefinitionRow>([
    statement(
      `SELECT ${COLUMNS} FROM definitions
       WHERE space_id = ?1 AND seq_to IS NULL AND id > ?2
         AND (?3 IS NULL OR category = ?3)
         AND (?4 IS NULL OR instr(search, ?4) > 0)
       ORDER BY id LIMIT ?5`,
      [spaceId, filter.afterId ?? "", filter.category, filter.q === null ? null : folded(filter.q), filter.limit],
    ),
    statement(
      "SELECT id FROM definitions WHERE space_id = ?1 AND seq_to IS NULL AND id IN (SELECT value FROM json_each(?2))",
      [spaceId, JSON.stringify(others)],
    ),
  ]);
  return { rows: listed?.rows ?? [], current: (current?.rows ?? []).map((row) => row.id) };
}

/** The rows as of a sequence number, without their metadata. @param ids null: all. */
export const definitionRowsAt = (db: Database, spaceId: string, seq: number, ids: readonly string[] | null) =>
  db.all<Pick<DefinitionRow, "id" | "name" | "section_id" | "category" | "properties">>(
    `SELECT id, name, section_id, category, properties FROM definitions
     WHERE space_id = ?1 AND seq_from <= ?2 AND (seq_to IS NULL OR seq_to > ?2)
       AND ${ids === null ? "?3 IS NULL" : "id IN (SELECT value FROM json_each(?3))"}`,
    [spaceId, seq, ids === null ? null : JSON.stringify(ids)],
  );
