/**
 * How names are spelled in a space: two names of properties, list fields or attributes that differ in letter case alone
 * are one column to many readers, so the current definitions have each name in one spelling.
 */

import { type Database, type Param, type Statement, statement } from "../core/database.ts";

/** A name that a definition would have, and the same in lower case. */
export type SentName = readonly [folded: string, name: string];

/** A name of the current definitions that differs from a sent one in letter case alone. */
export interface OtherSpelling {
  sent: string;
  known: string;
  /** The event definition or attribute that has it. */
  owner: string;
  kind: "event definition" | "attribute";
}

const OTHERS = `WITH sent (folded, name) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?2))
   SELECT sent.name AS sent, s.value AS known, d.id AS owner, 'event definition' AS kind
   FROM definitions d, json_each(d.spellings) s JOIN sent ON sent.folded = s.key
   WHERE d.space_id = ?1 AND d.seq_to IS NULL AND s.value <> sent.name
   UNION ALL
   SELECT sent.name, a.id, a.id, 'attribute'
   FROM profile_definitions a JOIN sent ON sent.folded = substr(a.search, 1, instr(a.search, char(10)) - 1)
   WHERE a.space_id = ?1 AND a.kind = 'attribute' AND a.seq_to IS NULL AND a.id <> sent.name`;

const paramsOf = (spaceId: string, names: readonly SentName[]): Param[] => [spaceId, JSON.stringify(names)];

/** The names of current definitions that differ from these in letter case alone, at most ten. */
export const otherSpellings = (db: Database, spaceId: string, names: readonly SentName[]) =>
  db.all<OtherSpelling>(`${OTHERS} LIMIT 10`, paramsOf(spaceId, names));

/** Fails the batch (`isGuardFailure`) if a current definition spells one of these names in another way by now. */
export const spelledAlike = (spaceId: string, names: readonly SentName[]): Statement =>
  statement(`INSERT INTO guard SELECT 0 FROM (${OTHERS})`, paramsOf(spaceId, names));
