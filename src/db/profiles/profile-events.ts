/**
 * A profile with more events than one query may look at: the tests of a condition are decided by slices of its events,
 * one after the other, and the rest of the condition is then tested without events.
 */

import { SpillwayError } from "../../errors.ts";
import type { Database } from "../core/database.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { DIGITS_16, parseKey } from "../events/event-range.ts";
import type { FromKey } from "../events/person-events.ts";
import { eventKnown } from "./conditions.ts";
import { mergedIntoAt } from "./merges.ts";
import { EVENT_ROWS, type MemberRange, MEMBERS, onlyPerson, rowsPerEvent } from "./member-scan.ts";

/** Events of one profile: more take longer than an invocation has. */
const MAX_EVENTS = 5_000_000;

/** Digits of the place of an id in a list: its text sorts as the number does. */
const PLACE_DIGITS = 6;

export interface DecideOptions {
  /** Counts all events of the snapshot, as the profile's weight needs; else the search ends once it is decided. */
  all: boolean;
  /** Asked after each query, with the rows that it has read, whether another one may follow. */
  goesOn: (rows: number) => boolean;
  /** Rows that one query scans: an event is one, and so is the look-up of its person's deletion. */
  eventRows?: number | undefined;
}

/** The range of one profile, whose tests on events are decided; and the rows of its events: see `PROFILE_WEIGHT`. */
export interface DecidedProfile {
  range: MemberRange;
  weight: number;
}

/**
 * Decides the tests on a profile's events.
 * @returns null where `goesOn` ended the search.
 * @throws export_too_large for a profile with too many events.
 */
export async function decideEvents(
  db: Database,
  range: MemberRange,
  personId: string,
  { all, goesOn, eventRows = EVENT_ROWS }: DecideOptions,
): Promise<DecidedProfile | null> {
  const { condition } = range;
  const events = condition?.events ?? null;
  if (condition === null || events === null) throw new Error("The condition looks at no event.");
  const eventsPerQuery = Math.ceil(eventRows / (events.excludeDeleted ? 2 : 1));
  const counts = events.tests.map(() => 0);
  let [known, scanned] = [0, 0];
  const isDecided = () => events.tests.every(({ count }, n) => (counts[n] ?? 0) >= count);
  const merged = events.merged ? await mergedIntoAt(db, range.spaceId, range.seq, [personId]) : [];
  /** The ids under which the rest of the events are stored, each with the key after which they begin. */
  let rest: FromKey[] = [personId, ...merged.map((each) => each.person_id)].map((id) => [id, events.from, ""]);
  for (;;) {
    const before = db.rowsRead;
    const slice = await db.first<{ scanned: number; known: number; last: string | null; passed: string }>(
      `SELECT count(*) AS scanned, ifnull(sum(known), 0) AS known, max(place || key) AS last,
         json_array(${events.tests.map((_, n) => `ifnull(sum(t${n}), 0)`).join(", ")}) AS passed
       FROM (SELECT place, key, known, ${events.tests.map(({ matches }, n) => `known AND ${matches} AS t${n}`).join(", ")} FROM (
         SELECT printf('%0${PLACE_DIGITS}d', j.key) AS place, (e.occurred_at + ${DIGITS_16}) || e.id AS key,
           ${eventKnown(MEMBERS.seq, events.excludeDeleted)} AS known, e.*
         FROM json_each(?4) j CROSS JOIN events e INDEXED BY events_by_person
           ON e.space_no = ${SPACE_NO} AND e.person_id = j.value ->> 0
             AND (e.occurred_at, e.id) > (j.value ->> 1, j.value ->> 2)
         LIMIT ?5) e)`,
      [range.spaceId, range.seq, condition.values, JSON.stringify(rest), eventsPerQuery],
    );
    if (slice === null) throw new Error("The scan of a profile's events returned no row.");
    for (const [n, passed] of (JSON.parse(slice.passed) as number[]).entries()) counts[n] = (counts[n] ?? 0) + passed;
    known += slice.known;
    scanned += slice.scanned;
    if (slice.last === null || slice.scanned < eventsPerQuery || (!all && isDecided())) break;
    if (scanned >= MAX_EVENTS)
      throw new SpillwayError(
        "export_too_large",
        "A profile has more events than a rule about events can look at: shorten within_days of the rule.",
      );
    if (!goesOn(db.rowsRead - before)) return null;
    const [place, { time, id }] = [Number(slice.last.slice(0, PLACE_DIGITS)), parseKey(slice.last.slice(PLACE_DIGITS))];
    rest = [[rest[place]?.[0] ?? "", time, id], ...rest.slice(place + 1)];
  }
  const passed = events.tests.map(({ count }, n) => (counts[n] ?? 0) >= count);
  const decided = { ...onlyPerson(range, personId), condition: events.decided(passed) };
  return { range: decided, weight: known * rowsPerEvent(events) };
}
