/** An event as it is stored, and the statements that insert events, for any batch that writes them. */

import { BatchMemory } from "../core/batch-memory.ts";
import { MAX_TEXT_BYTES } from "../core/batching.ts";
import { valuesOf } from "../core/columns.ts";
import { type Statement, statement } from "../core/database.ts";
import { escapeWide, isSmallerEscaped } from "../core/narrow-text.ts";
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

const FIXED = "occurred_at, id, definition_id, definition_version, person_id, company_id, session_id";
const COLUMNS = `${FIXED}, properties` as const;

/**
 * Events as parameters of the statements that insert them: JSON lists that each fit a parameter, and events too large
 * for a list by themselves. They keep the order in which they were added, so that of two events with one id the first
 * is stored.
 */
export class EventRows {
  readonly #packed: (string | NewEvent)[] = [];
  #rows: string[] = [];
  #bytes = 2;
  readonly #memory: BatchMemory;

  /** @param memory counts what the rows take. */
  constructor(memory = new BatchMemory()) {
    this.#memory = memory;
  }

  add(event: NewEvent): void {
    const row = rowText(event);
    const rowBytes = Buffer.byteLength(row) + 1;
    this.#memory.add(row, rowBytes);
    const isLarge = rowBytes > MAX_TEXT_BYTES;
    if (isLarge || this.#bytes + rowBytes > MAX_TEXT_BYTES) this.#pack();
    if (isLarge) {
      this.#packed.push(event);
      return;
    }
    this.#rows.push(row);
    this.#bytes += rowBytes;
  }

  /** Inserts the events with the sequence number of the batch. One whose id the space already has stays unchanged. */
  statements(spaceId: string, receivedAt: number): Statement[] {
    this.#pack();
    return this.#packed.map((rows) =>
      typeof rows === "string"
        ? statement(
            `INSERT INTO events (space_id, received_at, seq, ${COLUMNS})
             SELECT ?1, ?2, ${THIS_SEQUENCE}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
               value ->> 5, value ->> 6, iif(json_type(value, '$[7]') = 'text', value ->> 7, value -> 7)
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

  #pack(): void {
    if (this.#rows.length > 0) this.#packed.push(`[${this.#rows.join()}]`);
    this.#rows = [];
    this.#bytes = 2;
  }
}

/**
 * A JSON list of the columns. The properties are JSON inside it, without a second escape of each quote; or a text of
 * JSON, where a few wide characters are escaped, because escapes inside JSON would be stored as such.
 */
function rowText(event: NewEvent): string {
  const { properties, ...fixed } = event;
  const row = `${JSON.stringify(valuesOf(fixed, FIXED)).slice(0, -1)},${properties}]`;
  return isSmallerEscaped(row) ? escapeWide(JSON.stringify(valuesOf(event, COLUMNS))) : row;
}

/** Inserts events with the sequence number of the batch. An event whose id the space already has stays unchanged. */
export function insertRows(spaceId: string, events: readonly NewEvent[], receivedAt: number): Statement[] {
  const rows = new EventRows();
  for (const event of events) rows.add(event);
  return rows.statements(spaceId, receivedAt);
}
