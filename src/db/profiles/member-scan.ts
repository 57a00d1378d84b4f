/**
 * Scans of a space's people as of a sequence number, by person_id. One query looks at a number of people, whether they
 * have a profile at the snapshot or not, and finds each one's version with two seeks: neither old versions nor people
 * who were deleted long ago make a query longer. How many people the next query looks at follows from what the last one
 * cost, as a rule may look at every member of a profile's JSON, and at events.
 */

import { versionAsOf } from "../core/sequences.ts";
import type { Database, Param } from "../core/database.ts";
import { type Condition, every } from "./conditions.ts";

/** The parameters of these queries that a condition uses. */
export const MEMBERS = { seq: "?2", values: "?3" } as const;

export interface MemberRange {
  spaceId: string;
  seq: number;
  /** Only profiles whose version came after this number; 0: all. */
  since: number;
  /** Compiled for `MEMBERS`; null: every profile matches. */
  condition: Condition | null;
  /** The most people that one query scans. */
  slice: number;
  /** lower ≤ person_id < upper; null: to the end. */
  lower: string;
  upper: string | null;
}

/** Appended to an id, it sorts before every other id with that prefix: ids contain no control character. */
const JUST_AFTER = "\u0001";

/** `next` is the lower bound of what follows, or null at the end of the range. */
export interface ScannedPeople {
  scanned: number;
  next: string | null;
}

/**
 * SQL: the next person's id after a place in the order of ids. Without an upper bound that is a blob, which every text
 * sorts before. @param number SQL of a second column.
 */
const nextPerson = (after: string, number = "") =>
  `SELECT min(n.person_id)${number} FROM profiles n WHERE n.space_id = ?1 AND n.person_id ${after} AND n.person_id < ifnull(?5, x'')`;

/**
 * Scans the first people of a range, in their order, as a table `scanned (id, bytes, matches, known)`: `known` is 1 for
 * a person with a profile at the snapshot, `matches` for a member of the range.
 * @param size how many people.
 * @param select SQL of the result's further columns. @param more its parameters, from ?8 on.
 */
export async function scanPeople<Row>(
  db: Database,
  range: MemberRange,
  size: number,
  select: string,
  more: readonly Param[] = [],
): Promise<Row & ScannedPeople> {
  const matches = every(["p.seq_from > ?7", range.condition?.sql ?? `${MEMBERS.values} IS NOT NULL`]);
  const row = await db.first<Row & { scanned: number; last: string | null }>(
    `WITH RECURSIVE people (id, n) AS (
       ${nextPerson(">= ?4", ", 1")}
       UNION ALL SELECT (${nextPerson("> people.id")}), n + 1 FROM people WHERE id IS NOT NULL AND n < ?6),
     scanned (id, bytes, matches, known) AS MATERIALIZED (
       SELECT people.id, octet_length(p.identifiers) + octet_length(p.attributes) + octet_length(p.tags)
         + octet_length(p.topics) + octet_length(p.installations),
         CASE WHEN p.person_id IS NULL THEN 0 ELSE ${matches} END, p.person_id IS NOT NULL
       FROM people LEFT JOIN profiles p ON p.space_id = ?1 AND p.person_id = people.id
         AND ${versionAsOf("profiles", "p", { person_id: "people.id" }, "?2")}
       WHERE people.id IS NOT NULL)
     SELECT count(*) AS scanned, max(id) AS last, ${select} FROM scanned`,
    [range.spaceId, range.seq, range.condition?.values ?? "[]", range.lower, range.upper, size, range.since, ...more],
  );
  if (row === null) throw new Error("The scan of a slice of profiles returned no row.");
  return { ...row, next: row.last === null || row.scanned < size ? null : `${row.last}${JUST_AFTER}` };
}

/** The rows that one query should read: a quarter of what it may, as the next profiles may cost more. */
const ROWS_PER_QUERY = 60_000;
/** People of the first slice where there is a rule: how much a profile costs is known after it. */
const FIRST_SLICE = 100;
/** A rule about events has short slices; its first one is shorter too. */
const FIRST_SHARE = 200;

/** How many people the next query scans. */
export class SliceSize {
  now: number;
  readonly #max: number;
  readonly #rowsPerQuery: number;

  constructor({ condition, slice }: MemberRange, max: number, rowsPerQuery = ROWS_PER_QUERY) {
    this.#max = Math.min(slice, max);
    this.#rowsPerQuery = rowsPerQuery;
    this.now = condition === null ? this.#max : Math.min(this.#max, FIRST_SLICE, Math.ceil(slice / FIRST_SHARE));
  }

  /** @param read the rows that a query of this size has read. */
  adapt(read: number): void {
    const affordable = Math.floor((this.now * this.#rowsPerQuery) / Math.max(read, 1));
    this.now = Math.max(1, Math.min(this.#max, 2 * this.now, affordable));
  }
}
