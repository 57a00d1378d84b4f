/** An event as it is stored, and the statements that insert events, for any batch that writes them. */

import { MAX_TEXT_BYTES } from "../core/batching.ts";
import { type Statement, statement } from "../core/database.ts";
import { THIS_SEQUENCE } from "../core/sequences.ts";

/** D1 rejects a row of 2,000,000 bytes: the limit of all texts of an event together. */
export const MAX_ROW_BYTES = 1_990_000;

export interface NewEvent {
  id: string;
  definition_id: string;
  definition_version: number;
  person_id: string;
  company_id: string | null;
  session_id: string | null;
  occurred_at: number;
  /** JSON object. */
  properties: string;
}

const COLUMNS =
  "occurred_at, id, seq, definition_id, definition_version, person_id, company_id, session_id, received_at, properties";

/** Inserts events with the sequence number of the batch. An event whose id the space already has stays unchanged. */
export function insertRows(spaceId: string, events: readonly NewEvent[], receivedAt: number): Statement[] {
  return packRows(events).map((rows) =>
    typeof rows === "string"
      ? statement(
          `INSERT INTO events (space_id, ${COLUMNS})
           SELECT ?1, value ->> 0, value ->> 1, ${THIS_SEQUENCE}, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ?3, value ->> 7
           FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
          [spaceId, rows, receivedAt],
        )
      : statement(
          `INSERT INTO events (space_id, ${COLUMNS})
           VALUES (?1, ?2, ?3, ${THIS_SEQUENCE}, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING`,
          [
            spaceId,
            rows.occurred_at,
            rows.id,
            rows.definition_id,
            rows.definition_version,
            rows.person_id,
            rows.company_id,
            rows.session_id,
            receivedAt,
            rows.properties,
          ],
        ),
  );
}

/**
 * Events as JSON lists that each fit a parameter, and events too large for a list by themselves: in the order in which
 * they were sent, so that of two events with one id the first is stored.
 */
function packRows(events: readonly NewEvent[]): (string | NewEvent)[] {
  const packed: (string | NewEvent)[] = [];
  let rows: string[] = [];
  let bytes = 2;
  for (const event of events) {
    const row = JSON.stringify([
      event.occurred_at,
      event.id,
      event.definition_id,
      event.definition_version,
      event.person_id,
      event.company_id,
      event.session_id,
      event.properties,
    ]);
    const rowBytes = Buffer.byteLength(row) + 1;
    const large = rowBytes > MAX_TEXT_BYTES;
    if (rows.length > 0 && (large || bytes + rowBytes > MAX_TEXT_BYTES)) {
      packed.push(`[${rows.join()}]`);
      rows = [];
      bytes = 2;
    }
    if (large) {
      packed.push(event);
      continue;
    }
    rows.push(row);
    bytes += rowBytes;
  }
  if (rows.length > 0) packed.push(`[${rows.join()}]`);
  return packed;
}
