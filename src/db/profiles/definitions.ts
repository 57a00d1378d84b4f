/**
 * A space's definitions of attributes, tags and topics, stored as versions [seq_from, seq_to): an export reads them as
 * of its snapshot. A PUT without a change adds no version. Native attributes have no row: ingest/profile-definitions.ts
 * adds them.
 */

import type { Row } from "../core/columns.ts";
import { type Database, isGuardFailure, type Statement, statement } from "../core/database.ts";
import { folded, searchText } from "../events/definitions.ts";
import { jsonLists } from "../core/json-lists.ts";
import { ensureSection } from "../core/sections.ts";
import { nextSequence, THIS_SEQUENCE } from "../core/sequences.ts";
import { versionsAt } from "../core/versions.ts";

export type DefinedKind = "attribute" | "tag" | "topic";

export type AttributeType = "text" | "boolean" | "date" | "number";

interface ProfileDefinitions {
  id: string;
  section_id: string;
  name: string;
  /** Of an attribute; null for tags and topics. */
  type: AttributeType | null;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, section_id, name, type, created_at, updated_at";

export type ProfileDefinitionRow = Row<ProfileDefinitions, typeof COLUMNS>;

export type ProfileDefinition = Pick<ProfileDefinitionRow, "id" | "section_id" | "name" | "type">;

/**
 * Creates or changes a definition, and creates its section where it is new.
 * @param guards statements that fail the batch where a condition of the caller is no longer true.
 * @returns the current definition; null if it exists with another type, or a guard failed: nothing is written then.
 */
export async function putProfileDefinition(
  db: Database,
  spaceId: string,
  kind: DefinedKind,
  definition: ProfileDefinition,
  now: number,
  guards: readonly Statement[] = [],
): Promise<ProfileDefinitionRow | null> {
  const { id, section_id: sectionId, name, type } = definition;
  try {
    const results = await db.batch<ProfileDefinitionRow>([
      nextSequence(spaceId),
      ensureSection(spaceId, sectionId),
      ...guards,
      statement(
        `INSERT INTO guard SELECT 0 FROM profile_definitions
         WHERE space_id = ?1 AND kind = ?2 AND id = ?3 AND seq_to IS NULL AND type IS NOT ?4`,
        [spaceId, kind, id, type],
      ),
      statement(
        `UPDATE profile_definitions SET seq_to = ${THIS_SEQUENCE}
         WHERE space_id = ?1 AND kind = ?2 AND id = ?3 AND seq_to IS NULL AND (section_id <> ?4 OR name <> ?5)`,
        [spaceId, kind, id, sectionId, name],
      ),
      statement(
        `INSERT INTO profile_definitions (space_id, kind, seq_from, seq_to, ${COLUMNS}, search)
         SELECT ?1, ?2, ${THIS_SEQUENCE}, NULL, ?3, ?4, ?5, ?6, coalesce((SELECT p.created_at FROM profile_definitions p
           WHERE p.space_id = ?1 AND p.kind = ?2 AND p.id = ?3 AND p.seq_to = ${THIS_SEQUENCE}), ?7), ?7, ?8
         WHERE NOT EXISTS (SELECT 1 FROM profile_definitions s
           WHERE s.space_id = ?1 AND s.kind = ?2 AND s.id = ?3 AND s.seq_to IS NULL)`,
        [spaceId, kind, id, sectionId, name, type, now, searchText(definition)],
      ),
      statement(
        `SELECT ${COLUMNS} FROM profile_definitions WHERE space_id = ?1 AND kind = ?2 AND id = ?3 AND seq_to IS NULL`,
        [spaceId, kind, id],
      ),
    ]);
    return results.at(-1)?.rows[0] ?? null;
  } catch (thrown) {
    if (isGuardFailure(thrown)) return null;
    throw thrown;
  }
}

/** The current definition. */
export const findProfileDefinition = (db: Database, spaceId: string, kind: DefinedKind, id: string) =>
  db.first<ProfileDefinitionRow>(
    `SELECT ${COLUMNS} FROM profile_definitions WHERE space_id = ?1 AND kind = ?2 AND id = ?3 AND seq_to IS NULL`,
    [spaceId, kind, id],
  );

export interface ProfileDefinitionFilter {
  q: string | null;
  afterId: string | null;
  limit: number;
}

/** Current definitions by id. `q` is searched in id and name, without regard to case. */
export async function listProfileDefinitionRows(
  db: Database,
  spaceId: string,
  kind: DefinedKind,
  filter: ProfileDefinitionFilter,
): Promise<ProfileDefinitionRow[]> {
  return db.all<ProfileDefinitionRow>(
    `SELECT ${COLUMNS} FROM profile_definitions
     WHERE space_id = ?1 AND kind = ?2 AND seq_to IS NULL AND id > ?3 AND (?4 IS NULL OR instr(search, ?4) > 0)
     ORDER BY id LIMIT ?5`,
    [spaceId, kind, filter.afterId ?? "", filter.q === null ? null : folded(filter.q), filter.limit],
  );
}

/** The definitions as of a sequence number, by id. @param ids null: all. */
export const profileDefinitionRowsAt = (
  db: Database,
  spaceId: string,
  seq: number,
  kind: DefinedKind,
  ids: readonly string[] | null,
) =>
  versionsAt<ProfileDefinition>(
    db,
    { table: "profile_definitions", columns: "id, section_id, name, type", kind },
    spaceId,
    seq,
    ids,
  );

/** The current types of these attributes, without undefined ones, and the sequence number of the read. */
export async function attributeTypes(
  db: Database,
  spaceId: string,
  names: readonly string[],
): Promise<{ types: Map<string, AttributeType>; seq: number }> {
  const [numbered, ...found] = await db.batch<{ seq: number; id: string; type: AttributeType }>([
    statement("SELECT seq FROM sequences WHERE space_id = ?1", [spaceId]),
    ...jsonLists(names).map((list) =>
      statement(
        `SELECT d.id, d.type FROM json_each(?2) j CROSS JOIN profile_definitions d
           ON d.space_id = ?1 AND d.kind = 'attribute' AND d.id = j.value AND d.seq_to IS NULL`,
        [spaceId, list],
      ),
    ),
  ]);
  const types = new Map(found.flatMap(({ rows }) => rows.map((row) => [row.id, row.type] as const)));
  return { types, seq: numbered?.rows[0]?.seq ?? 0 };
}

/** Fails the batch (`isGuardFailure`) if an attribute was defined after a sequence number. */
export function noneDefinedSince(spaceId: string, seq: number): Statement {
  return statement(
    `INSERT INTO guard SELECT 0 WHERE EXISTS
       (SELECT 1 FROM profile_definitions WHERE space_id = ?1 AND kind = 'attribute' AND seq_from > ?2)`,
    [spaceId, seq],
  );
}
