/** An event as it is stored, and the statements that insert events, for any batch that writes them. */

import { MAX_TEXT_BYTES } from "../core/batching.ts";
import { valuesOf } from "../core/columns.ts";
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

/** The bytes of an event's texts. */
export function eventBytes(event: NewEvent): number {
  const { id, definition_id, person_id, company_id, session_id, properties } = event;
  const texts = [id, definition_id, person_id, company_id, session_id, properties];
  return texts.reduce((sum, text) => sum + (text === null ? 0 : Buffer.byteLength(text)), 0);
}

const COLUMNS = "occurred_at, id, definition_id, definition_version, person_id, company_id, session_id, properties";

/** Inserts events with the sequence number of the batch. An event whose id the space already has stays unchanged. */
export function insertRows(spaceId: string, events: readonly NewEvent[], receivedAt: number): Statement[] {
  return packRows(events).map((rows) =>
    typeof rows === "string"
      ? statement(
          `INSERT INTO events (space_id, received_at, seq, ${COLUMNS})
           SELECT ?1, ?2, ${THIS_SEQUENCE}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
             value ->> 6, value ->> 7
           FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`,
          [spaceId, receivedAt, rows],
        )
      : statement(
          `INSERT INTO events (space_id, received_at, seq, ${COLUMNS})
           VALUES (?1, ?2, ${THIS_SEQUENCE}, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING`,
          [spaceId, receivedAt, ...valuesOf(rows, COLUMNS)],
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
    const row = JSON.stringify(valuesOf(event, COLUMNS));
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
