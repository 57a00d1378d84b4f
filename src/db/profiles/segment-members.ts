/**
 * The profiles of a segment, or of a whole space, as they stood at a sequence number, by person_id. The condition is looked at
 * slice by slice, so that each query ends in its time however few match.
 */

import { type Condition, every } from "./conditions.ts";
import { type Database, type Param } from "../core/database.ts";
import { asOf } from "../core/sequences.ts";

/** What a condition for these queries is made for. */
export const MEMBERS = { seq: "?2", values: "?3" } as const;

export interface MemberRange {
  spaceId: string;
  seq: number;
  /** Only profiles whose version came after this number; 0: all. */
  since: number;
  /** Made for `MEMBERS`; null: everybody. */
  condition: Condition | null;
  /** How many profiles one query looks at, at most. */
  slice: number;
  /** lower ≤ person_id < upper; null: to the end. */
  lower: string;
  upper: string | null;
}

/** A profile that matches, and the bytes of what `readMembers` gives of it. */
export interface Member {
  id: string;
  bytes: number;
}

export interface MemberProfile {
  person_id: string;
  external_person_id: string | null;
  /** JSON objects, and of the tags and installations an array. */
  identifiers: string;
  attributes: string;
  tags: string;
  topics: string;
  installations: string;
}

/** Where a slice begins. */
interface Place {
  id: string;
  from: ">" | ">=";
}

/**
 * One slice, as `looked (id, bytes, matches)`. Without an upper bound it ends before a blob, which every text comes before.
 * @param select SQL of one row, `looked` (how many) and `last` in it. @param more parameters from ?8 on.
 */
async function look<Row>(
  db: Database,
  range: MemberRange,
  { id, from }: Place,
  slice: number,
  select: string,
  ...more: Param[]
): Promise<Row & { looked: number; last: string | null }> {
  const matches = every(["p.seq_from > ?7", range.condition?.sql ?? `${MEMBERS.values} IS NOT NULL`]);
  const row = await db.first<Row & { looked: number; last: string | null }>(
    `WITH looked (id, bytes, matches) AS MATERIALIZED (
       SELECT p.person_id, octet_length(p.identifiers) + octet_length(p.attributes) + octet_length(p.tags)
         + octet_length(p.topics) + octet_length(p.installations), ${matches}
       FROM profiles p
       WHERE p.space_id = ?1 AND p.person_id ${from} ?4 AND p.person_id < ifnull(?5, x'') AND ${asOf("p", "?2")}
       ORDER BY p.person_id LIMIT ?6)
     SELECT count(*) AS looked, max(id) AS last, ${select} FROM looked`,
    range.spaceId,
    range.seq,
    range.condition?.values ?? "[]",
    id,
    range.upper,
    slice,
    range.since,
    ...more,
  );
  if (row === null) throw new Error("a slice of profiles gave no row");
  return row;
}

/** So that whoever reads what was cut off looks at no more. */
const MAX_SLICES_PER_CUT = 20;
/** No id has a control character in it: this stands before every other id that begins like the one before it. */
const JUST_AFTER = "\u0001";

/**
 * Cuts the first `most` members off a range; fewer where that takes many slices, but one at least.
 * @returns how many there are, and where the next begin: null where there are none.
 */
export async function cutMembers(
  db: Database,
  range: MemberRange,
  most: number,
): Promise<{ records: number; next: string | null }> {
  let records = 0;
  let place: Place = { id: range.lower, from: ">=" };
  for (let slices = 1; ; slices += 1) {
    const { looked, last, matching, next } = await look<{ matching: number; next: string | null }>(
      db,
      range,
      place,
      range.slice,
      "ifnull(sum(matches), 0) AS matching, (SELECT id FROM looked WHERE matches ORDER BY id LIMIT 1 OFFSET ?8) AS next",
      most - records,
    );
    if (next !== null) return { records: most, next };
    records += matching;
    if (last === null || looked < range.slice) return { records, next: null };
    if (slices >= MAX_SLICES_PER_CUT && records > 0) return { records, next: `${last}${JUST_AFTER}` };
    place = { id: last, from: ">" };
  }
}

export async function countMembers(db: Database, range: MemberRange): Promise<number> {
  let count = 0;
  let place: Place = { id: range.lower, from: ">=" };
  for (;;) {
    const select = "ifnull(sum(matches), 0) AS matching";
    const { looked, last, matching } = await look<{ matching: number }>(db, range, place, range.slice, select);
    count += matching;
    if (last === null || looked < range.slice) return count;
    place = { id: last, from: ">" };
  }
}

/** An id has 200 bytes at most, and its number of bytes seven digits: together they fit what D1 gives as one text. */
const MAX_PACKED = 5_000;

/** The members of a range, a slice at a time; what they are is read by `readMembers`. */
export async function* listMembers(db: Database, range: MemberRange): AsyncGenerator<Member[]> {
  const slice = Math.min(range.slice, MAX_PACKED);
  let place: Place = { id: range.lower, from: ">=" };
  for (;;) {
    const { looked, last, packed } = await look<{ packed: string | null }>(
      db,
      range,
      place,
      slice,
      "(SELECT group_concat(id || char(9) || bytes, char(10)) FROM (SELECT id, bytes FROM looked WHERE matches ORDER BY id)) AS packed",
    );
    if (packed !== null) yield packed.split("\n").map(memberOf);
    if (last === null || looked < slice) return;
    place = { id: last, from: ">" };
  }
}

function memberOf(line: string): Member {
  const end = line.indexOf("\t");
  return { id: line.slice(0, end), bytes: Number(line.slice(end + 1)) };
}

const MAX_PROFILES = 500;
const MAX_BYTES = 2_000_000;

/** Ids of members that are read with one query: one at least. */
export function* batchBySize(members: readonly Member[]): Generator<string[]> {
  let ids: string[] = [];
  let sum = 0;
  for (const { id, bytes } of members) {
    if (ids.length > 0 && (ids.length >= MAX_PROFILES || sum + bytes > MAX_BYTES)) {
      yield ids;
      [ids, sum] = [[], 0];
    }
    ids.push(id);
    sum += bytes;
  }
  if (ids.length > 0) yield ids;
}

/** Profiles as they stood, in the order of these ids, one query. */
export async function readMembers(
  db: Database,
  spaceId: string,
  seq: number,
  ids: readonly string[],
): Promise<MemberProfile[]> {
  const rows = await db.all<MemberProfile>(
    `SELECT p.person_id, p.external_person_id, p.identifiers, p.attributes, p.tags, p.topics, p.installations
     FROM json_each(?3) j CROSS JOIN profiles p
       ON p.space_id = ?1 AND p.person_id = j.value AND ${asOf("p", "?2")}`,
    spaceId,
    seq,
    JSON.stringify(ids),
  );
  if (rows.length !== ids.length || rows.some((row, n) => row.person_id !== ids[n]))
    throw new Error("a profile went away while it was read");
  return rows;
}
