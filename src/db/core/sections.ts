/** Sections: what definitions of events, attributes, tags and topics are grouped by. One is made by being named. */

import { type Database, type Statement, statement } from "./database.ts";

/** What belongs to no other. It is there in every space, with a row or without. */
export const DEFAULT_SECTION = "default";

/** Makes a section where there is none of that id. */
export function ensureSection(spaceId: string, sectionId: string): Statement {
  return statement(
    "INSERT INTO sections (space_id, id, name) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING",
    spaceId,
    sectionId,
  );
}

export interface SectionRow {
  id: string;
  name: string;
}

/** By id. @param q is searched in the id and the name, whatever the case. */
export async function listSections(
  db: Database,
  spaceId: string,
  filter: { q: string | null; afterId: string | null; limit: number },
): Promise<SectionRow[]> {
  return db.all<SectionRow>(
    `SELECT id, name FROM (
       SELECT ?5 AS id, ?5 AS name UNION SELECT id, name FROM sections WHERE space_id = ?1)
     WHERE id > ?2 AND (?3 IS NULL OR instr(lower(id || char(10) || name), lower(?3)) > 0) ORDER BY id LIMIT ?4`,
    spaceId,
    filter.afterId ?? "",
    filter.q,
    filter.limit,
    DEFAULT_SECTION,
  );
}
