/** Where sessions began: the events of one definition that people had shortly before, each found by its session. */

import type { Database } from "../core/database.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { excludeDeleted } from "../profiles/deletions.ts";

/** A person's session, and when it had not begun before and had begun: epoch ms, both included. */
export type SessionSought = readonly [personId: string, sessionId: string, from: number, to: number];

export interface SessionStart {
  /** The index of the session in the list. */
  place: number;
  occurredAt: number;
  /** The value of the property that was asked for, if it is a text. */
  shown: string | null;
}

/** The events of a person that are looked through, the last ones first. Each counts as up to three scanned rows. */
const MAX_EVENTS = 500;
const SESSIONS_PER_QUERY = 150;

/**
 * Of each session, the last event of a definition that began it, of the person's last events in the time. Sessions
 * without one are left out.
 * @param property the event's property that `shown` has.
 */
export async function findSessionStarts(
  db: Database,
  spaceId: string,
  definitionId: string,
  property: string,
  sessions: readonly SessionSought[],
): Promise<SessionStart[]> {
  const found: SessionStart[] = [];
  for (let from = 0; from < sessions.length; from += SESSIONS_PER_QUERY) {
    const rows = await db.all<{ place: number; start: string }>(
      `SELECT place, start FROM (SELECT j.key AS place,
         (SELECT json_array(s.occurred_at, s.properties ->> ('$.' || ?4)) FROM
           (SELECT e.occurred_at, e.definition_id, e.session_id, e.person_id, e.seq, e.properties
            FROM events e INDEXED BY events_by_person
            WHERE e.space_no = ${SPACE_NO} AND e.person_id = j.value ->> 0
              AND e.occurred_at BETWEEN j.value ->> 2 AND j.value ->> 3
            ORDER BY e.occurred_at DESC, e.id DESC LIMIT ${MAX_EVENTS}) s
          WHERE s.definition_id = ?3 AND s.session_id = j.value ->> 1 AND ${excludeDeleted("s", "1")} LIMIT 1) AS start
       FROM json_each(?2) j) WHERE start IS NOT NULL`,
      [spaceId, JSON.stringify(sessions.slice(from, from + SESSIONS_PER_QUERY)), definitionId, property],
    );
    for (const { place, start } of rows) {
      const [occurredAt, shown] = JSON.parse(start) as [number, unknown];
      found.push({ place: place + from, occurredAt, shown: typeof shown === "string" ? shown : null });
    }
  }
  return found;
}
