/**
 * Scans of a space's people as of a sequence number, by person_id. One query looks at a number of people, whether they
 * have a profile at the snapshot or not, and finds each one's version with two seeks: neither old versions nor people
 * who were deleted long ago make a query longer. How many people the next query looks at follows from what the last one
 * cost, as a rule may look at events, of which a person may have very many: their number is counted in the same query,
 * which ends before the person with whom it would look at too many.
 */

import { SPACE_NO, versionAsOf } from "../core/sequences.ts";
import type { Database, Param } from "../core/database.ts";
import { type Condition, eventKnown, type EventRules, every, isOfPerson } from "./conditions.ts";
import { mergedInto } from "./merges.ts";

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

/** The first place after an id: no other id sorts before it, as ids contain no control character. */
export const justAfter = (id: string): string => `${id}\u0001`;

/** The range of one person. */
export const onlyPerson = (range: MemberRange, id: string): MemberRange => ({
  ...range,
  lower: id,
  upper: justAfter(id),
});

/**
 * `next` is the lower bound of what follows, or null at the end of the range. Where no person was scanned and there is
 * a next one, this person has more events than one query may look at: see profile-events.ts.
 */
export interface ScannedPeople {
  scanned: number;
  next: string | null;
}

/** Rows of events that one query scans, each event once to be counted and once for each test. */
export const EVENT_ROWS = 120_000;

/** The rows that a query scans for each event of a person that the condition looks at. */
export const rowsPerEvent = ({ tests, excludeDeleted }: EventRules): number =>
  (1 + tests.length) * (excludeDeleted ? 2 : 1);

/** How many events of people one query may look at. */
const maxEvents = (events: EventRules, rows: number): number => Math.max(1, Math.floor(rows / rowsPerEvent(events)));

/**
 * What a profile weighs, in rows that a reader of its chunk scans: so much, and the rows of its events. The weight
 * follows from the snapshot alone.
 */
export const PROFILE_WEIGHT = 25;

/** Two numbers in one: scanned events, and from this number's multiples on those of them that the snapshot has. */
const PACK = 2 ** 24;

/**
 * SQL: how many events of a person the condition looks at, packed; the count of scanned ones ends above `max`. A person
 * who is merged into this one counts as one more.
 */
function packedEvents({ from, excludeDeleted, merged }: EventRules, person: string, max: number): string {
  const people = merged ? ` + (SELECT count(*) FROM ${mergedInto(person, MEMBERS.seq)})` : "";
  return `(SELECT count(*) + ${PACK} * ifnull(sum(known), 0)${people} FROM (
      SELECT ${eventKnown(MEMBERS.seq, excludeDeleted)} AS known FROM events e INDEXED BY events_by_person
      WHERE e.space_no = ${SPACE_NO} AND ${isOfPerson(person, MEMBERS.seq, merged)} AND e.occurred_at >= ${from} LIMIT ${max + 1}))`;
}

/**
 * SQL: the next person's id after a place in the order of ids. Without an upper bound that is a blob, which every text
 * sorts before. @param more SQL of further columns.
 */
const nextPerson = (after: string, more = "") =>
  `SELECT min(n.person_id)${more} FROM profiles n WHERE n.space_id = ?1 AND n.person_id ${after} AND n.person_id < ifnull(?5, x'')`;

/**
 * Scans the first people of a range, in their order, as a table `scanned (id, bytes, matches, known, weight)`: `known`
 * is 1 for a person with a profile at the snapshot, `matches` for a member of the range, `weight` see `PROFILE_WEIGHT`.
 * @param size how many people; fewer where their events are more than one query may look at.
 * @param select SQL of the result's further columns. @param more its parameters, from ?8 on.
 * @param eventRows see `EVENT_ROWS`.
 */
export async function scanPeople<Row>(
  db: Database,
  range: MemberRange,
  size: number,
  select: string,
  more: readonly Param[] = [],
  eventRows = EVENT_ROWS,
): Promise<Row & ScannedPeople> {
  const matches = every(["p.seq_from > ?7", range.condition?.sql ?? `${MEMBERS.values} IS NOT NULL`]);
  const events = range.condition?.events ?? null;
  const max = events === null ? 0 : maxEvents(events, eventRows);
  const eventWeight = events === null ? 0 : rowsPerEvent(events);
  const fits = `people.before + people.events % ${PACK} <= ${max}`;
  // A row of `people` has a person, the events of this person, and the scanned events of the people before.
  const row = await db.first<Row & ScannedPeople>(
    `WITH RECURSIVE people (following, n, id, events, before) AS (
       ${nextPerson(">= ?4", ", 0, NULL, 0, 0")}
       UNION ALL SELECT (${nextPerson("> people.following")}), n + 1, following,
         ${events === null ? "0" : packedEvents(events, "people.following", max)}, before + events % ${PACK}
       FROM people WHERE following IS NOT NULL AND n < ?6 AND ${fits}),
     scanned (id, following, fits, bytes, matches, known, weight) AS MATERIALIZED (
       SELECT people.id, people.following, ${fits},
         octet_length(p.identifiers) + octet_length(p.attributes) + octet_length(p.tags)
         + octet_length(p.topics) + octet_length(p.installations),
         CASE WHEN p.person_id IS NULL THEN 0 ELSE ${matches} END, p.person_id IS NOT NULL,
         (p.person_id IS NOT NULL) * (${PROFILE_WEIGHT} + ${eventWeight} * (people.events / ${PACK}))
       FROM people LEFT JOIN profiles p ON ${fits} AND p.space_id = ?1 AND p.person_id = people.id
         AND ${versionAsOf("profiles", "p", { person_id: "people.id" }, "?2")}
       WHERE people.id IS NOT NULL)
     SELECT count(*) FILTER (WHERE fits) AS scanned,
       CASE WHEN min(fits) = 0 THEN max(id) WHEN count(following) = count(*) THEN max(following) END AS next, ${select}
     FROM scanned`,
    [range.spaceId, range.seq, range.condition?.values ?? "[]", range.lower, range.upper, size, range.since, ...more],
  );
  if (row === null) throw new Error("The scan of a slice of profiles returned no row.");
  return row;
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
