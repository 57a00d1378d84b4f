/** Sections: groups of definitions of events, attributes, tags and topics. A definition that names one creates it. */

import { type Database, type Statement, statement } from "./database.ts";

/** The section of everything without another one. Every space has it, with or without a row. */
export const DEFAULT_SECTION = "default";

/** Creates the section if the space has none with this id. */
export function ensureSection(spaceId: string, sectionId: string): Statement {
  return statement("INSERT INTO sections (space_id, id, name) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING", [
    spaceId,
    sectionId,
  ]);
}

export interface SectionRow {
  id: string;
  name: string;
}

/** Sections by id. `q` is searched in id and name, without regard to case. */
export async function listSections(
  db: Database,
  spaceId: string,
  filter: { q: string | null; afterId: string | null; limit: number },
): Promise<SectionRow[]> {
  return db.all<SectionRow>(
    `SELECT id, name FROM (
       SELECT ?5 AS id, ?5 AS name UNION SELECT id, name FROM sections WHERE space_id = ?1)
     WHERE id > ?2 AND (?3 IS NULL OR instr(lower(id || char(10) || name), lower(?3)) > 0) ORDER BY id LIMIT ?4`,
    [spaceId, filter.afterId ?? "", filter.q, filter.limit, DEFAULT_SECTION],
  );
}

/** Has the space a section with this id? */
export async function hasSection(db: Database, spaceId: string, id: string): Promise<boolean> {
  if (id === DEFAULT_SECTION) return true;
  return (await db.first("SELECT 1 FROM sections WHERE space_id = ?1 AND id = ?2", [spaceId, id])) !== null;
}
