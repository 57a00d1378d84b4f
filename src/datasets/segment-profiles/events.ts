/** The events of profiles: for many profiles at once, or page by page for one profile with very many events. */

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
import { filledEvents, propertyFiller } from "../event-properties.ts";
import type { Query } from "./freeze.ts";

const FIRST_ROWS = 500;
const MIN_ROWS = 10;
/** The most bytes of events on a page, stored and filled. A profile that exceeds it by itself is read page by page. */
const MAX_BYTES = 2_000_000;

export class Events {
  readonly #asOf: AsOf;
  readonly #query: Query;
  readonly #start: number;
  readonly #end: number;
  /** The LIMIT of the next query: it follows the size of the last events. */
  #rows = FIRST_ROWS;

  constructor(asOf: AsOf, query: Query) {
    this.#asOf = asOf;
    this.#query = query;
    this.#start = query.window?.start ?? 0;
    this.#end = query.window?.end ?? 0;
  }

  /**
   * @returns how many of the first profiles of the list fit into a page with all their events, and their events by
   * profile, with filled properties; 0: the first profile has too many for one page.
   */
  async gather(personIds: readonly string[]): Promise<{ profiles: number; events: PersonEvent[][] }> {
    const definitionIds = this.#query.events.map(({ id }) => id);
    const all = { profiles: personIds.length, events: personIds.map((): PersonEvent[] => []) };
    if (definitionIds.length === 0) return all;
    const rows = this.#rows;
    const found = await this.#read(
      definitionIds,
      personIds.map((id) => [id, this.#start, ""] as const),
    );
    const whole = found.length < rows ? personIds.length : (found.at(-1)?.place ?? 0);
    const profiles = Math.min(whole, firstBeyond(found, MAX_BYTES) ?? whole);
    const kept = found.filter(({ place }) => place < profiles);
    const fill = await propertyFiller(this.#asOf, definitionIds);
    let characters = 0;
    for await (const part of fillLarge(this.#asOf.db, this.#asOf.spaceId, kept))
      for (const event of part) {
        const properties = fill(event);
        characters += properties.length;
        if (characters > MAX_BYTES) return { profiles: event.place, events: all.events.slice(0, event.place) };
        all.events[event.place]?.push({ ...event, properties });
      }
    return { profiles, events: all.events.slice(0, profiles) };
  }

  /** One profile's events of these definitions, with filled properties, page by page. */
  walk(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    return filledEvents(this.#asOf, this.#walkStored(personId, definitionIds));
  }

  async *#walkStored(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    let from: FromKey = [personId, this.#start, ""];
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
    const { db, spaceId, seq } = this.#asOf;
    const range: PersonEventRange = {
      spaceId,
      seq,
      definitionIds,
      before: this.#end,
      excludeDeleted: this.#query.excludeDeleted,
    };
    const found = await readPersonEvents(db, range, persons, this.#rows);
    const bytes = found.reduce((sum, event) => sum + bytesOf(event), 0);
    if (found.length > 0) {
      const fitting = Math.floor((PERSON_EVENTS_BYTES * found.length) / (2 * Math.max(bytes, 1)));
      this.#rows = Math.max(MIN_ROWS, Math.min(MAX_PERSON_EVENTS, fitting));
    }
    return found;
  }
}

/** The place of the first event that no longer fits into `max` bytes, or null. */
function firstBeyond(events: readonly PersonEvent[], max: number): number | null {
  let bytes = 0;
  return events.find((event) => (bytes += bytesOf(event)) > max)?.place ?? null;
}

const bytesOf = ({ properties }: PersonEvent) => (properties.startsWith("{") ? properties.length : Number(properties));
