/**
 * The profiles of a segment, or of a whole space, as of a sequence number, by person_id. Each query tests the condition
 * on one slice of people, so that it reads a bounded number of rows however few profiles match.
 */

import type { Database } from "../core/database.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import { versionAsOf } from "../core/sequences.ts";
import { type MemberRange, scanPeople, SliceSize } from "./member-scan.ts";

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

/** Where a cut ends: a number of members, or bytes as `Member.bytes` counts them. */
export interface MemberLimits {
  records: number;
  bytes: number;
}

/** A reader of the cut chunk scans at most as many profiles as in so many slices. */
const MAX_SLICES_PER_CUT = 20;

/**
 * Cuts the first members off a range: as many as a limit allows, and the one that reaches the limit of bytes. Fewer
 * where too many profiles are scanned for them, but at least one where there is one.
 * @returns the number of members and their bytes, and the lower bound of the rest, or null at the end of the range.
 */
export async function cutMembers(
  db: Database,
  range: MemberRange,
  max: MemberLimits,
  maxSlices = MAX_SLICES_PER_CUT,
): Promise<MemberLimits & { next: string | null }> {
  let [records, bytes] = [0, 0];
  for await (const { members, next, endsBlock } of memberSlices(db, range, maxSlices * range.slice)) {
    for (const member of members) {
      if (records === max.records || bytes >= max.bytes) return { records, bytes, next: member.id };
      records += 1;
      bytes += member.bytes;
    }
    if (endsBlock && records > 0) return { records, bytes, next };
  }
  return { records, bytes, next: null };
}

/**
 * Counts the members of a range, one query for each slice: a tenth of what one query may scan at most, so that others
 * get a turn between the slices.
 * @returns how many there are, and null; when the budget ended before, those up to a key, and this key.
 */
export async function countMembers(
  db: Database,
  range: MemberRange,
  budget: ScanBudget,
  rowsPerQuery?: number,
): Promise<{ records: number; next: string | null }> {
  const size = new SliceSize(range, Math.ceil(range.slice / 10), rowsPerQuery);
  let records = 0;
  for (let { lower } = range; ;) {
    const before = db.rowsRead;
    const rest = { ...range, lower };
    const slice = await scanPeople<{ matching: number }>(db, rest, size.now, "ifnull(sum(matches), 0) AS matching");
    records += slice.matching;
    const read = db.rowsRead - before;
    if (slice.next === null || !budget.spend(read)) return { records, next: slice.next };
    lower = slice.next;
    size.adapt(read);
  }
}

/** An id has at most 200 bytes and the size seven digits: this many fit one text of D1. */
const MAX_PACKED = 5_000;

/** The members of one slice, and the lower bound of what follows, or null at the end of the range. */
export interface MemberSlice {
  members: Member[];
  next: string | null;
  /** A block of profiles ends with it. */
  endsBlock: boolean;
}

/**
 * The members of a range, slice by slice: a slice without a member too. `readMembers` reads their data.
 * @param block a slice ends after this many profiles, and after as many more: those of the snapshot, whether they are
 * members or not. So these places depend on the snapshot alone, and not on the slices.
 */
export async function* memberSlices(
  db: Database,
  range: MemberRange,
  block = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<MemberSlice> {
  const size = new SliceSize(range, MAX_PACKED);
  let left = block;
  for (let { lower } = range; ;) {
    const before = db.rowsRead;
    const people = size.now;
    const found = await readSlice(db, { ...range, lower }, people, left);
    size.adapt(db.rowsRead - before);
    const { end } = found;
    const slice = end === null ? found : await readSlice(db, { ...range, lower, upper: end }, people, left);
    const next = end ?? slice.next;
    const members = slice.packed === null ? [] : slice.packed.split("\n").map(memberOf);
    yield { members, next, endsBlock: end !== null };
    if (next === null) return;
    left = end === null ? left - slice.profiles : block;
    lower = next;
  }
}

/** @returns the members as lines, and the id of the first person beyond `left` profiles of the snapshot, or null. */
const readSlice = (db: Database, range: MemberRange, people: number, left: number) =>
  scanPeople<{ profiles: number; packed: string | null; end: string | null }>(
    db,
    range,
    people,
    `ifnull(sum(known), 0) AS profiles, group_concat(id || char(9) || bytes, char(10)) FILTER (WHERE matches) AS packed,
     CASE WHEN sum(known) > ?8 THEN (SELECT id FROM scanned WHERE known ORDER BY id LIMIT 1 OFFSET ?8) END AS end`,
    [left],
  );

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
       ON p.space_id = ?1 AND p.person_id = j.value AND ${versionAsOf("profiles", "p", { person_id: "j.value" }, "?2")}`,
    [spaceId, seq, JSON.stringify(ids)],
  );
  if (rows.length !== ids.length || rows.some((row, n) => row.person_id !== ids[n]))
    throw new Error("A profile was deleted while its page was read.");
  return rows;
}
