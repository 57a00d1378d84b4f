/**
 * The profiles of a segment, or of a whole space, as of a sequence number, by person_id. Each query tests the condition
 * on one slice of profiles, so that it ends within D1's time limit however few profiles match.
 */

import { type Condition, every } from "./conditions.ts";
import { type Database, type Param } from "../core/database.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import { asOf } from "../core/sequences.ts";

/** The parameters of these queries that a condition uses. */
export const MEMBERS = { seq: "?2", values: "?3" } as const;

export interface MemberRange {
  spaceId: string;
  seq: number;
  /** Only profiles whose version came after this number; 0: all. */
  since: number;
  /** Compiled for `MEMBERS`; null: every profile matches. */
  condition: Condition | null;
  /** The most profiles that one query scans. */
  slice: number;
  /** lower ≤ person_id < upper; null: to the end. */
  lower: string;
  upper: string | null;
}

/** A matching profile, and the bytes that `readMembers` returns for it. */
export interface Member {
  id: string;
  bytes: number;
}

export interface MemberProfile {
  person_id: string;
  external_person_id: string | null;
  /** JSON objects; tags and installations are JSON arrays. */
  identifiers: string;
  attributes: string;
  tags: string;
  topics: string;
  installations: string;
}

/** The start of a slice. */
interface SliceStart {
  id: string;
  from: ">" | ">=";
}

/**
 * Scans one slice, as a table `scanned (id, bytes, matches)`. Without an upper bound it ends at a blob: every text
 * sorts before.
 * @param select SQL of further columns of the result.
 * @param more parameters from ?8 on.
 * @returns one row, with the number of scanned profiles and the last id.
 */
async function scan<Row>(
  db: Database,
  range: MemberRange,
  { id, from }: SliceStart,
  slice: number,
  select: string,
  ...more: Param[]
): Promise<Row & { scanned: number; last: string | null }> {
  const matches = every(["p.seq_from > ?7", range.condition?.sql ?? `${MEMBERS.values} IS NOT NULL`]);
  const row = await db.first<Row & { scanned: number; last: string | null }>(
    `WITH scanned (id, bytes, matches) AS MATERIALIZED (
       SELECT p.person_id, octet_length(p.identifiers) + octet_length(p.attributes) + octet_length(p.tags)
         + octet_length(p.topics) + octet_length(p.installations), ${matches}
       FROM profiles p
       WHERE p.space_id = ?1 AND p.person_id ${from} ?4 AND p.person_id < ifnull(?5, x'') AND ${asOf("p", "?2")}
       ORDER BY p.person_id LIMIT ?6)
     SELECT count(*) AS scanned, max(id) AS last, ${select} FROM scanned`,
    [range.spaceId, range.seq, range.condition?.values ?? "[]", id, range.upper, slice, range.since, ...more],
  );
  if (row === null) throw new Error("The scan of a slice of profiles returned no row.");
  return row;
}

/** A reader of the cut chunk scans as many slices, or four times as many shorter ones. */
const MAX_SLICES_PER_CUT = 20;
/** Appended to an id, it sorts before every other id with that prefix: ids contain no control character. */
const JUST_AFTER = "\u0001";

/** Where a cut ends: a number of members, or bytes as `Member.bytes` counts them. */
export interface MemberLimits {
  records: number;
  bytes: number;
}

/**
 * Cuts the first members off a range: as many as a limit allows, and the one that reaches the limit of bytes. Fewer
 * where that takes too many slices, but at least one where there is one.
 * @returns the number of members and their bytes, and the lower bound of the rest, or null at the end of the range.
 */
export async function cutMembers(
  db: Database,
  range: MemberRange,
  max: MemberLimits,
  maxSlices = MAX_SLICES_PER_CUT,
): Promise<MemberLimits & { next: string | null }> {
  let [records, bytes] = [0, 0];
  let place: SliceStart = { id: range.lower, from: ">=" };
  for (let slices = 1; ; slices += 1) {
    const { scanned, last, cut } = await scan<{ cut: string }>(
      db,
      range,
      place,
      range.slice,
      `(SELECT json_array(ifnull(sum(inside), 0), ifnull(sum(bytes * inside), 0), min(CASE WHEN inside = 0 THEN id END))
        FROM (SELECT id, bytes, nth <= ?8 AND total - bytes < ?9 AS inside
              FROM (SELECT id, bytes, row_number() OVER members AS nth, sum(bytes) OVER members AS total
                    FROM scanned WHERE matches WINDOW members AS (ORDER BY id ROWS UNBOUNDED PRECEDING)))) AS cut`,
      max.records - records,
      max.bytes - bytes,
    );
    const [more, moreBytes, next] = JSON.parse(cut) as [number, number, string | null];
    records += more;
    bytes += moreBytes;
    if (next !== null) return { records, bytes, next };
    if (last === null || scanned < range.slice) return { records, bytes, next: null };
    if (slices >= maxSlices && records > 0) return { records, bytes, next: `${last}${JUST_AFTER}` };
    place = { id: last, from: ">" };
  }
}

/** Profiles of the first slice of a count: how much a profile costs is known after it. */
const FIRST_SLICE = 100;
/** The rows that one query of a count should read: other queries of the database wait for it. */
const ROWS_PER_QUERY = 200_000;

/**
 * Counts the members of a range, one query for each slice. A slice is a tenth of what one query may scan at most, and
 * smaller where profiles have many events, so that others get a turn between the slices.
 * @returns how many there are, and null; when the budget ended before, those up to a key, and this key.
 */
export async function countMembers(
  db: Database,
  range: MemberRange,
  budget: ScanBudget,
  rowsPerQuery = ROWS_PER_QUERY,
): Promise<{ records: number; next: string | null }> {
  const max = Math.ceil(range.slice / 10);
  let slice = Math.min(FIRST_SLICE, max);
  let records = 0;
  let place: SliceStart = { id: range.lower, from: ">=" };
  for (;;) {
    const before = db.rowsRead;
    const select = "ifnull(sum(matches), 0) AS matching";
    const { scanned, last, matching } = await scan<{ matching: number }>(db, range, place, slice, select);
    records += matching;
    if (last === null || scanned < slice) return { records, next: null };
    const read = Math.max(db.rowsRead - before, 1);
    if (!budget.spend(read)) return { records, next: `${last}${JUST_AFTER}` };
    place = { id: last, from: ">" };
    slice = Math.max(1, Math.min(max, 2 * slice, Math.floor((slice * rowsPerQuery) / read)));
  }
}

/** An id has at most 200 bytes and the size seven digits: this many fit one text of D1. */
const MAX_PACKED = 5_000;

/** The members of one slice, and the lower bound of what follows, or null at the end of the range. */
export interface MemberSlice {
  members: Member[];
  next: string | null;
}

/** The members of a range, slice by slice: a slice without a member too. `readMembers` reads their data. */
export async function* memberSlices(db: Database, range: MemberRange): AsyncGenerator<MemberSlice> {
  const slice = Math.min(range.slice, MAX_PACKED);
  let place: SliceStart = { id: range.lower, from: ">=" };
  for (;;) {
    const { scanned, last, packed } = await scan<{ packed: string | null }>(
      db,
      range,
      place,
      slice,
      "(SELECT group_concat(id || char(9) || bytes, char(10)) FROM (SELECT id, bytes FROM scanned WHERE matches ORDER BY id)) AS packed",
    );
    const ended = last === null || scanned < slice;
    const members = packed === null ? [] : packed.split("\n").map(memberOf);
    yield { members, next: ended ? null : `${last}${JUST_AFTER}` };
    if (ended) return;
    place = { id: last, from: ">" };
  }
}

/** The members of a range, in lists that are not empty. */
export async function* listMembers(db: Database, range: MemberRange): AsyncGenerator<Member[]> {
  for await (const { members } of memberSlices(db, range)) if (members.length > 0) yield members;
}

function memberOf(line: string): Member {
  const end = line.indexOf("\t");
  return { id: line.slice(0, end), bytes: Number(line.slice(end + 1)) };
}

const MAX_PROFILES = 500;
const MAX_BYTES = 2_000_000;

/** Batches of ids for `readMembers`, by number and size. */
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

/** The profiles as of a sequence number, in the order of these ids, with one query. */
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
    [spaceId, seq, JSON.stringify(ids)],
  );
  if (rows.length !== ids.length || rows.some((row, n) => row.person_id !== ids[n]))
    throw new Error("A profile was deleted while its page was read.");
  return rows;
}
