/**
 * The names of attributes, identifiers and tags that profiles of a space have or had. A request that asks for any other
 * name, and none that is defined, is told so: no profile can have it.
 */

import { jsonLists } from "../core/json-lists.ts";
import { type Database, type Statement, statement } from "../core/database.ts";

export type NameKind = "attribute" | "identifier" | "tag";

/** Names that one look-up returns for suggestions. */
const MAX_LISTED = 2_000;

/** Remembers names with the write that uses them. The names are not versioned, and deletions do not remove them. */
export function rememberNames(spaceId: string, kind: NameKind, names: Iterable<string>): Statement[] {
  return jsonLists([...new Set(names)]).map((list) =>
    statement(
      `INSERT INTO profile_names (space_id, kind, name)
       SELECT ?1, ?2, j.value FROM json_each(?3) j
       WHERE NOT EXISTS (SELECT 1 FROM profile_names n WHERE n.space_id = ?1 AND n.kind = ?2 AND n.name = j.value)`,
      [spaceId, kind, list],
    ),
  );
}

/** Which of these names a profile has or had. */
export async function usedNames(
  db: Database,
  spaceId: string,
  kind: NameKind,
  names: readonly string[],
): Promise<Set<string>> {
  const rows = await db.all<{ name: string }>(
    `SELECT n.name FROM json_each(?3) j CROSS JOIN profile_names n
       ON n.space_id = ?1 AND n.kind = ?2 AND n.name = j.value`,
    [spaceId, kind, JSON.stringify(names)],
  );
  return new Set(rows.map(({ name }) => name));
}

/** Names that profiles have or had, at most 2,000. */
export async function listUsedNames(db: Database, spaceId: string, kind: NameKind): Promise<string[]> {
  const sql = `SELECT name FROM profile_names WHERE space_id = ?1 AND kind = ?2 ORDER BY name LIMIT ${MAX_LISTED}`;
  return (await db.all<{ name: string }>(sql, [spaceId, kind])).map(({ name }) => name);
}
