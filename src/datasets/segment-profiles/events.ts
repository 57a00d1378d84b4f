/** The events of profiles: of many profiles at once where they are few, page by page where one profile has many. */

import { fillLarge } from "../../db/events/events.ts";
import {
  type FromKey,
  MAX_PERSON_EVENTS,
  PERSON_EVENTS_BYTES,
  type PersonEvent,
  type PersonEventRange,
  readPersonEvents,
} from "../../db/events/person-events.ts";
import type { Opening } from "../dataset.ts";
import type { Query } from "./freeze.ts";

const FIRST_ROWS = 500;
const MIN_ROWS = 10;
/** What the events of a page may have: then a profile is one of those that have many. */
const MAX_BYTES = 2_000_000;

/** Events of the first so many profiles of a list, by their places. */
export interface Gathered {
  /** Of how many profiles they are all there; 0: the first has too many for one page. */
  profiles: number;
  /** Of each of those. */
  events: PersonEvent[][];
}

export class Events {
  readonly #opening: Opening;
  readonly #query: Query;
  readonly #start: number;
  readonly #end: number;
  /** How many are asked for follows what the last ones had. */
  #rows = FIRST_ROWS;

  constructor(opening: Opening, query: Query) {
    this.#opening = opening;
    this.#query = query;
    this.#start = query.window?.start ?? 0;
    this.#end = query.window?.end ?? 0;
  }

  async gather(personIds: readonly string[]): Promise<Gathered> {
    const definitionIds = this.#query.events.map(({ id }) => id);
    const all = { profiles: personIds.length, events: personIds.map((): PersonEvent[] => []) };
    if (definitionIds.length === 0) return all;
    const rows = this.#rows;
    const found = await this.#read(
      definitionIds,
      personIds.map((id) => [id, this.#start, ""] as const),
    );
    const whole = found.length < rows ? personIds.length : (found.at(-1)?.place ?? 0);
    const profiles = Math.min(whole, within(found, MAX_BYTES) ?? whole);
    const kept = found.filter(({ place }) => place < profiles);
    for await (const part of fillLarge(this.#opening.db, this.#opening.spaceId, kept))
      for (const event of part) all.events[event.place]?.push(event);
    return { profiles, events: all.events.slice(0, profiles) };
  }

  /** One profile's events of these definitions, some at a time. */
  async *walk(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    let from: FromKey = [personId, this.#start, ""];
    for (;;) {
      const rows = this.#rows;
      const found = await this.#read(definitionIds, [from]);
      const last = found.at(-1);
      if (last === undefined) return;
      yield* fillLarge(this.#opening.db, this.#opening.spaceId, found);
      if (found.length < rows) return;
      from = [personId, last.occurredAt, last.id];
    }
  }

  async #read(definitionIds: readonly string[], persons: readonly FromKey[]): Promise<PersonEvent[]> {
    const { db, spaceId, snapshotSeq: seq } = this.#opening;
    const range: PersonEventRange = { spaceId, seq, definitionIds, before: this.#end, sifted: this.#query.sifted };
    const found = await readPersonEvents(db, range, persons, this.#rows);
    const bytes = found.reduce((sum, event) => sum + bytesOf(event), 0);
    if (found.length > 0) {
      const fitting = Math.floor((PERSON_EVENTS_BYTES * found.length) / (2 * Math.max(bytes, 1)));
      this.#rows = Math.max(MIN_ROWS, Math.min(MAX_PERSON_EVENTS, fitting));
    }
    return found;
  }
}

/** The place of the first event that no longer fits, or null. */
function within(events: readonly PersonEvent[], most: number): number | null {
  let bytes = 0;
  return events.find((event) => (bytes += bytesOf(event)) > most)?.place ?? null;
}

const bytesOf = ({ properties }: PersonEvent) => (properties.startsWith("{") ? properties.length : Number(properties));
