/**
 * The first event of each definition: the write that had it. A definition's columns are there from that write on, and
 * stay: neither retention nor erasure deletes these rows. A write that knows that a definition is used adds nothing.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
import { SPACE_NO, THIS_SEQUENCE } from "../core/sequences.ts";
import type { ExpectedDefinition } from "./definitions.ts";
import type { NewEvent } from "./event-rows.ts";

/**
 * Statements for behind the inserts of a batch: each definition that was unused when the batch's caller read it, and of
 * which the batch really inserted an event, has its first event now.
 */
export function recordFirstEvents(
  spaceId: string,
  definitions: readonly ExpectedDefinition[],
  events: readonly Pick<NewEvent, "id" | "definition_id">[],
): Statement[] {
  const unused = new Set(definitions.flatMap(([id, , used]) => (used ? [] : [id])));
  if (unused.size === 0) return [];
  const ids = events.flatMap((event) => (unused.has(event.definition_id) ? [event.id] : []));
  return jsonLists(ids).map((list) =>
    statement(
      `INSERT INTO first_events (space_id, definition_id, seq)
       SELECT DISTINCT ?1, e.definition_id, e.seq FROM json_each(?2) j CROSS JOIN events e INDEXED BY events_by_id
         ON e.space_no = ${SPACE_NO} AND e.id = j.value WHERE e.seq = ${THIS_SEQUENCE} ON CONFLICT DO NOTHING`,
      [spaceId, list],
    ),
  );
}

/** Fails the batch (`isGuardFailure`) if the definition has had an event. */
export const neverUsed = (spaceId: string, definitionId: string): Statement =>
  statement("INSERT INTO guard SELECT 0 FROM first_events WHERE space_id = ?1 AND definition_id = ?2", [
    spaceId,
    definitionId,
  ]);

/** Of each definition that had an event up to a sequence number, the number of the write of its first event. */
export async function firstEventsAt(db: Database, spaceId: string, seq: number): Promise<Map<string, number>> {
  const rows = await db.all<{ definition_id: string; seq: number }>(
    "SELECT definition_id, seq FROM first_events WHERE space_id = ?1 AND seq <= ?2",
    [spaceId, seq],
  );
  return new Map(rows.map((row) => [row.definition_id, row.seq]));
}
