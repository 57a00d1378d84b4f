/** An event as it is stored, and the statements that insert events, for any batch that writes them. */

// The global `Buffer` of workerd is a getter, which each use would call.
import { Buffer } from "node:buffer";
import { BatchMemory } from "../core/batch-memory.ts";
import { MAX_TEXT_BYTES } from "../core/batching.ts";
import { valuesOf } from "../core/columns.ts";
import { type Statement, statement } from "../core/database.ts";
import { escapeWide, isSmallerEscaped } from "../core/narrow-text.ts";
import { SPACE_NO, THIS_SEQUENCE } from "../core/sequences.ts";

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
  // One text, because each count costs more than its characters do. No text ends within a character.
  return Buffer.byteLength(id + definition_id + person_id + (company_id ?? "") + (session_id ?? "") + properties);
}

const COLUMNS = "occurred_at, id, definition_id, definition_version, person_id, company_id, session_id, properties";

/** An event that is too large for a list by itself is kept as it is. */
interface PackedRow {
  id: string;
  row: string | NewEvent;
  bytes: number;
}

/**
 * Events as parameters of the statements that insert them, in the order of their ids, so that neighbours go to the same
 * pages of the index of ids: JSON lists that each fit a parameter, and events too large for a list by themselves. Of
 * two events with one id the one that was added first is stored.
 */
export class EventRows {
  #rows: PackedRow[] = [];
  readonly #memory: BatchMemory;

  /** @param memory counts what the rows take. */
  constructor(memory = new BatchMemory()) {
    this.#memory = memory;
  }

  add(event: NewEvent): void {
    const row = rowText(event);
    const bytes = Buffer.byteLength(row) + 1;
    this.#memory.add(row, bytes);
    this.#rows.push({ id: event.id, row: bytes > MAX_TEXT_BYTES ? event : row, bytes });
  }

  /**
   * Inserts the events with the sequence number of the batch. One whose id the space already has stays unchanged. The
   * statements have the events from then on: a second call has none.
   */
  statements(spaceId: string, receivedAt: number): Statement[] {
    return Array.from(this.#pack(), (rows) =>
      typeof rows === "string"
        ? statement(
            // Materialized: json_each makes the text of its value anew for each mention.
            `WITH sent AS MATERIALIZED (SELECT value AS row FROM json_each(?3))
             INSERT INTO events (space_no, received_at, seq, ${COLUMNS})
             SELECT ${SPACE_NO}, ?2, ${THIS_SEQUENCE}, row ->> 0, row ->> 1, row ->> 2, row ->> 3, row ->> 4, row ->> 5,
               row ->> 6, iif(json_type(row, '$[7]') = 'text', row ->> 7, row -> 7)
             FROM sent WHERE true ON CONFLICT DO NOTHING`,
            [spaceId, receivedAt, rows],
          )
        : statement(
            `INSERT INTO events (space_no, received_at, seq, ${COLUMNS})
             VALUES (${SPACE_NO}, ?2, ${THIS_SEQUENCE}, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING`,
            [spaceId, receivedAt, ...valuesOf(rows, COLUMNS)],
          ),
    );
  }

  /** Takes rows from the end, so that what is packed is not in memory twice: of one id the first one is behind. */
  *#pack(): Generator<string | NewEvent, void> {
    const rows = this.#rows.toReversed().toSorted((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
    this.#rows = [];
    let list: string[] = [];
    let bytes = 2;
    for (let next = rows.pop(); next !== undefined; next = rows.pop()) {
      if (list.length > 0 && (typeof next.row !== "string" || bytes + next.bytes > MAX_TEXT_BYTES)) {
        yield `[${list.join()}]`;
        list = [];
        bytes = 2;
      }
      if (typeof next.row === "string") {
        list.push(next.row);
        bytes += next.bytes;
      } else yield next.row;
    }
    if (list.length > 0) yield `[${list.join()}]`;
  }
}

/**
 * A JSON list of `COLUMNS`. The properties are JSON inside it, without a second escape of each quote; or a text of
 * JSON, where a few wide characters are escaped, because escapes inside JSON would be stored as such.
 */
function rowText(event: NewEvent): string {
  const { occurred_at, id, definition_id, definition_version, person_id, company_id, session_id, properties } = event;
  const fixed = JSON.stringify([occurred_at, id, definition_id, definition_version, person_id, company_id, session_id]);
  const row = `${fixed.slice(0, -1)},${properties}]`;
  return isSmallerEscaped(row) ? escapeWide(JSON.stringify(valuesOf(event, COLUMNS))) : row;
}

/** Inserts events with the sequence number of the batch. An event whose id the space already has stays unchanged. */
export function insertRows(spaceId: string, events: readonly NewEvent[], receivedAt: number): Statement[] {
  const rows = new EventRows();
  for (const event of events) rows.add(event);
  return rows.statements(spaceId, receivedAt);
}
