/** Attributes' values that are of another type than their definition says: they were written before it. */

import type { Database } from "../core/database.ts";
import { asOf } from "../core/sequences.ts";

/** How many profiles one look at their attributes' values takes. */
const MAX_LOOKED_AT = 5_000;

interface Misfits {
  looked: number;
  last: string | null;
  names: string;
}

/**
 * Which of these attributes have a value of another type in a profile that stood at a sequence number: whoever wrote it did so
 * before the attribute was defined. Reads all profiles.
 * @param types attribute → its type; every value is good for a text.
 */
export async function typeMismatches(
  db: Database,
  spaceId: string,
  seq: number,
  types: ReadonlyMap<string, "boolean" | "date" | "number">,
  rows = MAX_LOOKED_AT,
): Promise<Set<string>> {
  const found = new Set<string>();
  let after = "";
  for (;;) {
    const open = [...types].filter(([name]) => !found.has(name)).map(([name, type]) => [`$."${name}"`, name, type]);
    if (open.length === 0) return found;
    const part: Misfits | null = await db.first(
      `SELECT count(*) AS looked, max(person_id) AS last, json_group_array(DISTINCT name) FILTER (WHERE name IS NOT NULL) AS names
       FROM (SELECT p.person_id, (SELECT t.value ->> 1 FROM json_each(?3) t WHERE ${MISFIT} LIMIT 1) AS name
             FROM profiles p WHERE p.space_id = ?1 AND p.person_id > ?4 AND ${asOf("p", "?2")}
             ORDER BY p.person_id LIMIT ?5)`,
      spaceId,
      seq,
      JSON.stringify(open),
      after,
      rows,
    );
    if (part === null) throw new Error("a slice of profiles was not looked at");
    const names = JSON.parse(part.names) as string[];
    for (const name of names) found.add(name);
    // A profile tells one at a time: it may have others.
    if (names.length > 0) continue;
    if (part.last === null || part.looked < rows) return found;
    after = part.last;
  }
}

/** SQL on [path, name, type]. A date that SQLite does not know is none here. */
const MISFIT = `CASE json_type(p.attributes, t.value ->> 0)
    WHEN 'null' THEN 0
    WHEN 'integer' THEN t.value ->> 2 <> 'number'
    WHEN 'real' THEN t.value ->> 2 <> 'number'
    WHEN 'true' THEN t.value ->> 2 <> 'boolean'
    WHEN 'false' THEN t.value ->> 2 <> 'boolean'
    WHEN 'text' THEN t.value ->> 2 <> 'date' OR julianday(p.attributes ->> (t.value ->> 0)) IS NULL
      OR p.attributes ->> (t.value ->> 0) NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*'
    ELSE 0 END`;
