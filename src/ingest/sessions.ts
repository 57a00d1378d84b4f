/**
 * Session events, as trackers of web pages send them: `sessionStarted` and `sessionEnded`. The id of the session is the
 * event's `session_id` or its property `sessionId`, and the length of a session, where `sessionEnded` leaves it out,
 * follows from its beginning: an event of the same call, or one that the person had in the day before.
 */

import { AFTER_EVERY_WRITE } from "../db/core/sequences.ts";
import { findSessionStarts, type SessionSought } from "../db/events/session-starts.ts";
import { PERSON_IDS } from "../db/profiles/lookup.ts";
import { type MergedPerson, mergedIntoAt } from "../db/profiles/merges.ts";
import { DAY_MS } from "../time/durations.ts";
import type { IngestCall } from "./all-or-none.ts";
import { rulesOf } from "./catalogue/rules.ts";
import type { Definition } from "./definitions.ts";
import type { Naming, Persons } from "./persons.ts";
import { isSessionId, readSessionTime, type SessionMoment, sessionSeconds } from "./session-values.ts";

interface SentEvent {
  definition_id: string;
  session_id?: string | null | undefined;
  occurred_at?: string | null | undefined;
  properties: Readonly<Record<string, unknown>>;
}

type Definitions = ReadonlyMap<string, Pick<Definition, "id" | "category">>;

/** What is kept of a session event before the final pass. */
export interface SessionHead extends SessionMoment {
  id: string;
  /** The event leaves out the session's length. */
  lacksLength: boolean;
}

const STARTED = "sessionStarted";
const SHOWN = { [STARTED]: "sessionStart", sessionEnded: "sessionEnd" } as const;

/** @param now epoch ms. @returns null for an event that is none of a session that it names. */
export function sessionHead(event: SentEvent, now: number): SessionHead | null {
  const { definition_id: definition, occurred_at: time, properties } = event;
  if (definition !== STARTED && definition !== "sessionEnded") return null;
  const id = sessionIdOf(event);
  if (id === null) return null;
  const shown = readSessionTime(properties[SHOWN[definition]]);
  const occurredAt = typeof time === "string" ? Date.parse(time) : now;
  return { id, shown, occurredAt, lacksLength: (properties["sessionLength"] ?? null) === null };
}

/** The id of an event's session. */
function sessionIdOf({ session_id: own, properties }: SentEvent): string | null {
  const named = properties["sessionId"];
  return own ?? (isSessionId(named) ? named : null);
}

/**
 * An event's session, and its properties with what follows from it.
 * @param length of the session in seconds, where the event leaves it out and it is known.
 */
export function withSession(
  definition: Pick<Definition, "id" | "category">,
  event: SentEvent,
  length: number | undefined,
): { sessionId: string | null; properties: Readonly<Record<string, unknown>> } {
  const { session_id: own = null, properties } = event;
  if (rulesOf(definition).isOfSession !== true) return { sessionId: own, properties };
  const sessionId = sessionIdOf(event);
  const named = (properties["sessionId"] ?? null) === null && sessionId !== null ? { sessionId } : {};
  return {
    sessionId,
    properties: { ...properties, ...named, ...(length === undefined ? {} : { sessionLength: length }) },
  };
}

/** A session event of a person. */
interface PersonSession extends SessionHead {
  /** The event's place in the call. */
  index: number;
  /** Null: the call makes the person's profile. */
  personId: string | null;
  /** The same for the events of a session in the call that name their person alike. */
  key: string;
  isStart: boolean;
}

type Head = Naming & Pick<SentEvent, "definition_id"> & { session: SessionHead | null };

const sessionsOf = (heads: readonly Head[], definitions: Definitions, persons: Persons): PersonSession[] =>
  heads.flatMap((head, index) => {
    const definition = definitions.get(head.definition_id);
    if (head.session === null || definition === undefined || rulesOf(definition).isOfSession !== true) return [];
    const personId = persons.find(head, null, "", [])?.person_id ?? null;
    const naming = personId ?? PERSON_IDS.map((name) => head[name] ?? null);
    const key = JSON.stringify([naming, head.session.id]);
    return [{ ...head.session, index, personId, key, isStart: definition.id === STARTED }];
  });

/**
 * The lengths of the sessions that end in a call, in seconds, where the event leaves it out and the beginning is known.
 * @param heads of the call's events.
 * @returns by the event's place in the call.
 */
export async function sessionLengths(
  call: IngestCall,
  heads: readonly Head[],
  definitions: Definitions,
  persons: Persons,
): Promise<Map<number, number>> {
  const events = sessionsOf(heads, definitions, persons);
  const starts = Map.groupBy(
    events.filter(({ isStart }) => isStart).toSorted((a, b) => a.occurredAt - b.occurredAt),
    ({ key }) => key,
  );
  const lengths = new Map<number, number>();
  const open: PersonSession[] = [];
  for (const end of events) {
    if (end.isStart || !end.lacksLength || !Number.isFinite(end.occurredAt)) continue;
    const start = starts.get(end.key)?.findLast(({ occurredAt }) => occurredAt <= end.occurredAt);
    if (start === undefined) open.push(end);
    else lengths.set(end.index, sessionSeconds(start, end, call.space.timezone));
  }
  for (const [end, start] of await storedStarts(call, open))
    lengths.set(end.index, sessionSeconds(start, end, call.space.timezone));
  return lengths;
}

/** The last beginning of each session that the space has, also of a person who was merged into the session's. */
async function storedStarts(
  { db, space }: IngestCall,
  ends: readonly PersonSession[],
): Promise<Map<PersonSession, SessionMoment>> {
  const latest = new Map<PersonSession, SessionMoment>();
  const persons = [...new Set(ends.flatMap(({ personId }) => (personId === null ? [] : [personId])))];
  if (persons.length === 0) return latest;
  const merged = Map.groupBy(await mergedIntoAt(db, space.id, AFTER_EVERY_WRITE, persons), (each) => each.into_id);
  const sought = ends.flatMap((end) =>
    peopleOf(end.personId, merged).map((personId) => ({
      end,
      session: [personId, end.id, end.occurredAt - DAY_MS, end.occurredAt] satisfies SessionSought,
    })),
  );
  const sessions = sought.map(({ session }) => session);
  for (const found of await findSessionStarts(db, space.id, STARTED, SHOWN[STARTED], sessions)) {
    const end = sought[found.place]?.end;
    if (end === undefined || (latest.get(end)?.occurredAt ?? -Infinity) >= found.occurredAt) continue;
    latest.set(end, { occurredAt: found.occurredAt, shown: readSessionTime(found.shown) });
  }
  return latest;
}

/** A person and the people who were merged into this one. */
const peopleOf = (personId: string | null, merged: ReadonlyMap<string, readonly MergedPerson[]>): string[] =>
  personId === null ? [] : [personId, ...(merged.get(personId) ?? []).map((each) => each.person_id)];
