/**
 * How many events people have and how large they are, for many people in one query of bounded cost: what a cut of
 * chunks asks before it decides how many people a chunk holds.
 */

import type { Database } from "../core/database.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { excludeDeleted } from "../profiles/deletions.ts";
import { DIGITS_16, parseKey } from "./event-range.ts";
import { type FromKey, MAX_SCANNED_EVENTS, type PersonEventRange } from "./person-events.ts";

/** The events of a person in a range. */
export interface EventSizes {
  /** Events that the range has of the person. */
  events: number;
  /** Bytes of these events. */
  bytes: number;
  /** Events of the person between the range's times, whatever they are. */
  scanned: number;
}

/** Bytes of an event beside its properties, about. */
const OTHER_BYTES = 150;

/**
 * Scans the persons' events, one person after the other, at most `max` events.
 * @param persons each once.
 * @returns the sizes of the first persons, those without an event included. `rest` is where the last one continues;
 * null: every person is there, with all events.
 */
export async function measureEvents(
  db: Database,
  range: PersonEventRange,
  persons: readonly FromKey[],
  max = MAX_SCANNED_EVENTS,
): Promise<{ sizes: EventSizes[]; rest: FromKey | null }> {
  const withoutDeleted = range.excludeDeleted ? ` AND ${excludeDeleted("e", "d.seq <= ?2")}` : "";
  const row = await db.first<{ packed: string | null }>(
    `SELECT group_concat(place || char(9) || scanned || char(9) || events || char(9) || bytes || char(9) || last, char(10)) AS packed
     FROM (SELECT place, count(*) AS scanned, sum(matches) AS events, sum(matches * bytes) AS bytes, max(event_key) AS last
           FROM (SELECT j.key AS place, (e.occurred_at + ${DIGITS_16}) || e.id AS event_key,
                   octet_length(e.properties) + ${OTHER_BYTES} AS bytes,
                   e.seq <= ?2 AND e.definition_id IN (SELECT value FROM json_each(?4))${withoutDeleted} AS matches
                 FROM json_each(?3) j CROSS JOIN events e INDEXED BY events_by_person
                   ON e.space_no = ${SPACE_NO} AND e.person_id = j.value ->> 0
                     AND (e.occurred_at, e.id) > (j.value ->> 1, j.value ->> 2) AND e.occurred_at < ?5
                 LIMIT ?6)
           GROUP BY place ORDER BY place)`,
    [range.spaceId, range.seq, JSON.stringify(persons), JSON.stringify(range.definitionIds), range.before, max],
  );
  const found = (row?.packed ?? "").split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")]));
  const scanned = found.reduce((sum, [, count]) => sum + Number(count), 0);
  const last = found.at(-1);
  const complete = scanned < max || last === undefined;
  const sizes = persons.slice(0, complete ? persons.length : Number(last[0]) + 1).map(none);
  for (const [place, count, events, bytes] of found)
    sizes[Number(place)] = { events: Number(events), bytes: Number(bytes), scanned: Number(count) };
  if (complete) return { sizes, rest: null };
  const { time, id } = parseKey(last[4] ?? "");
  return { sizes, rest: [persons[Number(last[0])]?.[0] ?? "", time, id] };
}

const none = (): EventSizes => ({ events: 0, bytes: 0, scanned: 0 });
