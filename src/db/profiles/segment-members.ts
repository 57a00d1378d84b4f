/**
 * The profiles of a segment, or of a whole space, as of a sequence number, by person_id. Each query tests the condition
 * on one slice of people, so that it reads a bounded number of rows however few profiles match.
 */

import type { Database } from "../core/database.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import { versionAsOf } from "../core/sequences.ts";
import {
  justAfter,
  type MemberRange,
  onlyPerson,
  PROFILE_WEIGHT,
  type ScannedPeople,
  scanPeople,
  SliceSize,
} from "./member-scan.ts";
import { decideEvents, type DecideOptions } from "./profile-events.ts";

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
 * where too many profiles are scanned for them, and none where no profile among these matches.
 * @returns the number of members and their bytes, and the lower bound of the rest, or null at the end of the range.
 */
export async function cutMembers(
  db: Database,
  range: MemberRange,
  max: MemberLimits,
  maxSlices = MAX_SLICES_PER_CUT,
  rowsPerQuery?: number,
): Promise<MemberLimits & { next: string | null }> {
  let [records, bytes] = [0, 0];
  for await (const { members, next, endsBlock } of memberSlices(db, range, maxSlices * range.slice, rowsPerQuery)) {
    for (const member of members) {
      if (records === max.records || bytes >= max.bytes) return { records, bytes, next: member.id };
      records += 1;
      bytes += member.bytes;
    }
    if (endsBlock) return { records, bytes, next };
  }
  return { records, bytes, next: null };
}

/** What was counted. */
export interface MemberCount {
  records: number;
  /** The id of the first of them. */
  first: string | null;
  /** Null: everything was counted. Else the budget ended the count before this id. */
  next: string | null;
}

const COUNTS = "ifnull(sum(matches), 0) AS matching, min(iif(matches, id, NULL)) AS first";

/**
 * Counts the members of a range, one query for each slice: a tenth of what one query may scan at most, so that others
 * get a turn between the slices.
 */
export async function countMembers(
  db: Database,
  range: MemberRange,
  budget: ScanBudget,
  rowsPerQuery?: number,
): Promise<MemberCount> {
  const size = new SliceSize(range, Math.ceil(range.slice / 10), rowsPerQuery);
  const count = (rest: MemberRange, people: number) =>
    scanPeople<{ matching: number; first: string | null }>(db, rest, people, COUNTS, [], rowsPerQuery);
  let [records, first]: [number, string | null] = [0, null];
  for (let { lower } = range; ;) {
    const before = db.rowsRead;
    let slice = await count({ ...range, lower }, size.now);
    const isAlone = slice.scanned === 0 && slice.next !== null;
    if (isAlone) {
      const id = slice.next ?? "";
      const goesOn = (rows: number) => budget.spend(rows);
      const one = await decideEvents(db, { ...range, lower }, id, { all: false, goesOn, eventRows: rowsPerQuery });
      if (one === null) return { records, first, next: id };
      slice = { ...(await count(one.range, 1)), next: justAfter(id) };
    }
    records += slice.matching;
    first ??= slice.first;
    const read = db.rowsRead - before;
    if (slice.next === null || !budget.spend(isAlone ? 0 : read)) return { records, first, next: slice.next };
    lower = slice.next;
    if (!isAlone) size.adapt(read);
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
 * members or not. Events that a rule looks at count as further profiles. So these places depend on the snapshot alone,
 * and not on the slices.
 */
export async function* memberSlices(
  db: Database,
  range: MemberRange,
  block = Infinity,
  rowsPerQuery?: number,
): AsyncGenerator<MemberSlice> {
  const size = new SliceSize(range, MAX_PACKED, rowsPerQuery);
  const blockWeight = Math.min(block * PROFILE_WEIGHT, Number.MAX_SAFE_INTEGER);
  let left = blockWeight;
  for (let { lower } = range; ;) {
    const before = db.rowsRead;
    const rest = { ...range, lower };
    let slice = await readSlice(db, rest, size.now, left, rowsPerQuery);
    if (slice.scanned > 0 || slice.next === null) size.adapt(db.rowsRead - before);
    else slice = await readAlone(db, rest, slice.next, left, { all: block !== Infinity, eventRows: rowsPerQuery });
    const { end, packed } = slice;
    const members = (packed === null ? [] : packed.split("\n")).map(memberOf);
    const next = end ?? slice.next;
    yield { members: end === null ? members : idsBefore(members, end), next, endsBlock: end !== null };
    if (next === null) return;
    left = end === null ? left - slice.weight : blockWeight;
    lower = next;
  }
}

/** A slice that was read: its members as lines, its weight, and the first profile beyond a weight, or null. */
interface ReadSlice extends ScannedPeople {
  packed: string | null;
  weight: number;
  end: string | null;
}

/** SQL: the first profile of which those before weigh as much as is left. */
const END = `CASE WHEN sum(weight) > ?8 THEN (SELECT id FROM (
    SELECT id, known, ifnull(sum(weight) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM scanned) WHERE known AND before >= ?8 ORDER BY id LIMIT 1) END`;

const readSlice = (db: Database, range: MemberRange, people: number, left: number, rowsPerQuery?: number) =>
  scanPeople<ReadSlice>(
    db,
    range,
    people,
    `group_concat(id || char(9) || bytes, char(10)) FILTER (WHERE matches) AS packed,
     ifnull(sum(weight), 0) AS weight, ${END} AS end`,
    [left],
    rowsPerQuery,
  );

/** One person with very many events, as a slice. */
async function readAlone(
  db: Database,
  range: MemberRange,
  id: string,
  left: number,
  options: Omit<DecideOptions, "goesOn">,
): Promise<ReadSlice> {
  const noMember = { scanned: 1, packed: null, weight: 0, end: null, next: justAfter(id) };
  const known = await readSlice(db, { ...onlyPerson(range, id), condition: null }, 1, Number.MAX_SAFE_INTEGER);
  if (known.weight === 0) return noMember;
  if (left <= 0) return { ...noMember, end: id };
  const decided = await decideEvents(db, range, id, { ...options, goesOn: () => true });
  if (decided === null) throw new Error("The search of a profile's events ended early.");
  const slice = await readSlice(db, decided.range, 1, Number.MAX_SAFE_INTEGER);
  return { ...slice, weight: slice.weight + decided.weight, next: justAfter(id) };
}

/** Those whose id sorts before another one by its UTF-8 bytes, as SQLite sorts. */
function idsBefore(members: readonly Member[], end: string): Member[] {
  const bytes = Buffer.from(end);
  return members.filter(({ id }) => Buffer.compare(Buffer.from(id), bytes) < 0);
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
       ON p.space_id = ?1 AND p.person_id = j.value AND ${versionAsOf("profiles", "p", { person_id: "j.value" }, "?2")}`,
    [spaceId, seq, JSON.stringify(ids)],
  );
  if (rows.length !== ids.length || rows.some((row, n) => row.person_id !== ids[n]))
    throw new Error("A profile was deleted while its page was read.");
  return rows;
}
