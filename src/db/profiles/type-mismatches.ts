/** Attributes with stored values of another type than their definition, written before the definition. */

import type { Database } from "../core/database.ts";
import { asOf } from "../core/sequences.ts";

/** The most profiles that one query scans. */
const MAX_SCANNED = 5_000;

interface Slice {
  scanned: number;
  last: string | null;
  names: string;
}

/**
 * Which of these attributes have a value of another type in a profile as of a sequence number. Scans all profiles.
 * @param types attribute → its type. A text attribute accepts every value and is left out.
 */
export async function typeMismatches(
  db: Database,
  spaceId: string,
  seq: number,
  types: ReadonlyMap<string, "boolean" | "date" | "number">,
  rows = MAX_SCANNED,
): Promise<Set<string>> {
  const found = new Set<string>();
  let after = "";
  for (;;) {
    const open = [...types].filter(([name]) => !found.has(name)).map(([name, type]) => [`$."${name}"`, name, type]);
    if (open.length === 0) return found;
    const part: Slice | null = await db.first(
      `SELECT count(*) AS scanned, max(person_id) AS last, json_group_array(DISTINCT name) FILTER (WHERE name IS NOT NULL) AS names
       FROM (SELECT p.person_id, (SELECT t.value ->> 1 FROM json_each(?3) t WHERE ${TYPE_MISMATCH} LIMIT 1) AS name
             FROM profiles p WHERE p.space_id = ?1 AND p.person_id > ?4 AND ${asOf("p", "?2")}
             ORDER BY p.person_id LIMIT ?5)`,
      [spaceId, seq, JSON.stringify(open), after, rows],
    );
    if (part === null) throw new Error("The scan of a slice of profiles returned no row.");
    const names = JSON.parse(part.names) as string[];
    for (const name of names) found.add(name);
    // The query reports one attribute of each profile: the slice may have others, so it is scanned again.
    if (names.length > 0) continue;
    if (part.last === null || part.scanned < rows) return found;
    after = part.last;
  }
}

/** SQL on [path, name, type]. A text that SQLite cannot read as a date does not match the type `date`. */
const TYPE_MISMATCH = `CASE json_type(p.attributes, t.value ->> 0)
    WHEN 'null' THEN 0
    WHEN 'integer' THEN t.value ->> 2 <> 'number'
    WHEN 'real' THEN t.value ->> 2 <> 'number'
    WHEN 'true' THEN t.value ->> 2 <> 'boolean'
    WHEN 'false' THEN t.value ->> 2 <> 'boolean'
    WHEN 'text' THEN t.value ->> 2 <> 'date' OR julianday(p.attributes ->> (t.value ->> 0)) IS NULL
      OR p.attributes ->> (t.value ->> 0) NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*'
    ELSE 0 END`;
