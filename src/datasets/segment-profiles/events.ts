/**
 * The events of profiles: of many profiles in one stream of pages, or of one profile with very many events, page by
 * page.
 */

import { fillLarge } from "../../db/events/events.ts";
import {
  type FromKey,
  MAX_PERSON_EVENTS,
  PERSON_EVENTS_BYTES,
  type PersonEvent,
  type PersonEventRange,
  readPersonEvents,
} from "../../db/events/person-events.ts";
import type { AsOf } from "../dataset.ts";
import { filledEvents } from "../event-properties.ts";
import type { Query } from "./freeze.ts";

const FIRST_ROWS = 500;
const MIN_ROWS = 10;

/** The events of a document's request. */
export function eventRange({ spaceId, seq }: AsOf, query: Query): PersonEventRange {
  const definitionIds = query.events.map(({ id }) => id);
  return { spaceId, seq, definitionIds, before: query.window?.end ?? 0, excludeDeleted: query.excludeDeleted };
}

/** The key before all events of a person. */
export const firstKey = (personId: string, { window }: Query): FromKey => [personId, window?.start ?? 0, ""];

export class Events {
  readonly #asOf: AsOf;
  readonly #query: Query;
  readonly #range: PersonEventRange;
  readonly #maxBytes: number;
  /** The LIMIT of the next query: it follows the size of the last events. */
  #rows = FIRST_ROWS;

  /** @param maxBytes the most bytes of one person's events that are in memory. */
  constructor(asOf: AsOf, query: Query, maxBytes: number) {
    this.#asOf = asOf;
    this.#query = query;
    this.#range = eventRange(asOf, query);
    this.#maxBytes = maxBytes;
  }

  /**
   * The stored events of each person, in lists of persons, in the requested order. Each query continues where the last
   * one ended, so that no event is read twice.
   * @returns null for a person whose events exceed the bytes that may be in memory.
   */
  async *ofEach(personIds: readonly string[]): AsyncGenerator<(PersonEvent[] | null)[]> {
    if (this.#range.definitionIds.length === 0) {
      yield personIds.map(() => []);
      return;
    }
    let complete: (PersonEvent[] | null)[] = [];
    let [person, events, bytes]: [number, PersonEvent[], number] = [0, [], 0];
    const endPerson = (result: PersonEvent[] | null) => {
      complete.push(result);
      [person, events, bytes] = [person + 1, [], 0];
    };
    const keyOf = (place: number) => firstKey(personIds[place] ?? "", this.#query);
    let from = keyOf(0);
    while (person < personIds.length) {
      const [first, rows] = [person, this.#rows];
      const others = personIds.slice(first + 1).map((id) => firstKey(id, this.#query));
      const found = await this.#read(this.#range.definitionIds, [from, ...others]);
      const last = found.at(-1);
      let overflow = false;
      reading: for await (const part of fillLarge(this.#asOf.db, this.#asOf.spaceId, found))
        for (const event of part) {
          while (person < first + event.place) endPerson(events);
          events.push(event);
          bytes += event.properties.length;
          overflow = bytes > this.#maxBytes;
          if (overflow) break reading;
        }
      if (overflow) {
        endPerson(null);
        from = keyOf(person);
      } else if (last === undefined || found.length < rows) while (person < personIds.length) endPerson(events);
      else from = [personIds[person] ?? "", last.occurredAt, last.id];
      if (complete.length > 0) yield complete;
      complete = [];
    }
  }

  /** One profile's events of these definitions, with filled properties, page by page. */
  walk(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    return filledEvents(this.#asOf, this.#walkStored(personId, definitionIds));
  }

  async *#walkStored(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    let from = firstKey(personId, this.#query);
    for (;;) {
      const rows = this.#rows;
      const found = await this.#read(definitionIds, [from]);
      const last = found.at(-1);
      if (last === undefined) return;
      yield* fillLarge(this.#asOf.db, this.#asOf.spaceId, found);
      if (found.length < rows) return;
      from = [personId, last.occurredAt, last.id];
    }
  }

  async #read(definitionIds: readonly string[], persons: readonly FromKey[]): Promise<PersonEvent[]> {
    const found = await readPersonEvents(this.#asOf.db, { ...this.#range, definitionIds }, persons, this.#rows);
    const bytes = found.reduce((sum, event) => sum + bytesOf(event), 0);
    if (found.length > 0) {
      const fitting = Math.floor((PERSON_EVENTS_BYTES * found.length) / (2 * Math.max(bytes, 1)));
      this.#rows = Math.max(MIN_ROWS, Math.min(MAX_PERSON_EVENTS, fitting));
    }
    return found;
  }
}

const bytesOf = ({ properties }: PersonEvent) => (properties.startsWith("{") ? properties.length : Number(properties));
