/**
 * The types of the values that undefined attributes have had. An attribute may be defined after profiles have values of
 * another type, which stay: its column is a text then, for ever. Neither writes nor erasure delete these rows, so that a
 * column's type does not depend on the profiles of the moment.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/pagination.ts";
import { THIS_SEQUENCE } from "../core/sequences.ts";
import type { AttributeType } from "./definitions.ts";

/** An undefined attribute and the type of a value: `date` is a text with a date. */
export type SeenType = readonly [attribute: string, type: AttributeType];

/** Statements for a batch that writes profiles: they add the types that were not seen before. */
export const recordTypes = (spaceId: string, seen: readonly SeenType[]): Statement[] =>
  jsonLists(seen).map((list) =>
    statement(
      `INSERT INTO attribute_value_types (space_id, attribute, type, seq)
       SELECT ?1, value ->> 0, value ->> 1, ${THIS_SEQUENCE} FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
      [spaceId, list],
    ),
  );

/**
 * Which of these attributes have had a value of another type up to a sequence number, before they were defined.
 * @param types attribute → its type as of that number. A text attribute accepts every value and is left out.
 */
export async function mixedAttributes(
  db: Database,
  spaceId: string,
  seq: number,
  types: ReadonlyMap<string, "boolean" | "date" | "number">,
): Promise<Set<string>> {
  if (types.size === 0) return new Set();
  const rows = await db.all<{ attribute: string }>(
    `SELECT DISTINCT t.attribute FROM json_each(?3) j CROSS JOIN attribute_value_types t
       ON t.space_id = ?1 AND t.attribute = j.value ->> 0 AND t.seq <= ?2 AND t.type <> j.value ->> 1`,
    [spaceId, seq, JSON.stringify([...types])],
  );
  return new Set(rows.map((row) => row.attribute));
}
