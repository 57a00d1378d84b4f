/**
 * The names and types of the values that attributes have had, without native ones.
 *
 * An attribute may be defined after profiles have values of another type, which stay: its column is a text then, for
 * ever. Neither writes nor erasure delete these rows, so that a column's type does not depend on the profiles of the
 * moment. They also tell whether a space spells an attribute in two ways, which a profile must not have both.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { THIS_SEQUENCE } from "../core/sequences.ts";
import { folded } from "../events/definitions.ts";
import type { AttributeType } from "./definitions.ts";

/** An attribute and the type of a value: `date` is a text with a date. */
export type SeenType = readonly [attribute: string, type: AttributeType];

/** Statements for a batch that writes profiles: they add the types that were not seen before. */
export const recordTypes = (spaceId: string, seen: readonly SeenType[]): Statement[] =>
  jsonLists(seen.map(([attribute, type]) => [folded(attribute), attribute, type])).map((list) =>
    statement(
      `INSERT INTO attribute_value_types (space_id, folded, attribute, type, seq)
       SELECT ?1, value ->> 0, value ->> 1, value ->> 2, ${THIS_SEQUENCE} FROM json_each(?2) WHERE true
       ON CONFLICT DO NOTHING`,
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
  const typed = [...types].map(([attribute, type]) => [folded(attribute), attribute, type]);
  const rows = await db.all<{ attribute: string }>(
    `SELECT DISTINCT t.attribute FROM json_each(?3) j CROSS JOIN attribute_value_types t
       ON t.space_id = ?1 AND t.folded = j.value ->> 0 AND t.attribute = j.value ->> 1
         AND t.seq <= ?2 AND t.type <> j.value ->> 2`,
    [spaceId, seq, JSON.stringify(typed)],
  );
  return new Set(rows.map((row) => row.attribute));
}

/** An attribute that a call gives a profile, and a spelling that the profile must not have beside it. */
export interface SpelledTwice {
  person_id: string;
  name: string;
  other: string;
}

/** Names that the space's profiles have had and that differ from these in letter case alone: name → others. */
export async function otherAttributeSpellings(
  db: Database,
  spaceId: string,
  names: readonly string[],
): Promise<Map<string, string[]>> {
  const results = await db.batch<{ name: string; other: string }>(
    jsonLists(names.map((name) => [folded(name), name])).map((list) =>
      statement(
        `SELECT DISTINCT j.value ->> 1 AS name, t.attribute AS other FROM json_each(?2) j
         CROSS JOIN attribute_value_types t ON t.space_id = ?1 AND t.folded = j.value ->> 0
           AND t.attribute <> j.value ->> 1`,
        [spaceId, list],
      ),
    ),
  );
  const others = new Map<string, string[]>();
  for (const { name, other } of results.flatMap(({ rows }) => rows))
    others.set(name, [...(others.get(name) ?? []), other]);
  return others;
}

const BOTH = `FROM json_each(?2) j CROSS JOIN profiles p
     ON p.space_id = ?1 AND p.person_id = j.value ->> 'person_id' AND p.seq_to IS NULL
   WHERE json_type(p.attributes, '$."' || (j.value ->> 'other') || '"') IS NOT NULL`;

/** Which of these profiles have the other spelling. */
export async function findSpelledTwice(
  db: Database,
  spaceId: string,
  pairs: readonly SpelledTwice[],
): Promise<SpelledTwice[]> {
  const results = await db.batch<SpelledTwice>(
    jsonLists(pairs).map((list) =>
      statement(
        `SELECT j.value ->> 'person_id' AS person_id, j.value ->> 'name' AS name, j.value ->> 'other' AS other ${BOTH}`,
        [spaceId, list],
      ),
    ),
  );
  return results.flatMap(({ rows }) => rows);
}

/**
 * Statements for behind `nextSequence` that fail the batch (`isGuardFailure`) if one of these profiles has the other
 * spelling by now, or if one of these names has got another spelling in the space.
 */
export const spelledOnce = (spaceId: string, pairs: readonly SpelledTwice[], names: readonly string[]): Statement[] => [
  ...jsonLists(pairs).map((list) => statement(`INSERT INTO guard SELECT 0 ${BOTH}`, [spaceId, list])),
  ...jsonLists(names.map((name) => [folded(name), name])).map((list) =>
    statement(
      `INSERT INTO guard SELECT 0 FROM json_each(?2) j CROSS JOIN attribute_value_types t
         ON t.space_id = ?1 AND t.folded = j.value ->> 0 AND t.attribute <> j.value ->> 1`,
      [spaceId, list],
    ),
  ),
];
