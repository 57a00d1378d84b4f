/**
 * The events of profiles: of many profiles in one stream of pages, or of one profile with very many events, page by
 * page. The events of people who are merged into one are stored under their own ids, and are in one order here.
 */

import { mergePages } from "../../db/core/merge-pages.ts";
import {
  byKey,
  type FromKey,
  MAX_PERSON_EVENTS,
  PERSON_EVENTS_BYTES,
  MAX_SCANNED_EVENTS,
  type PersonEvent,
  type PersonEventPage,
  type PersonEventRange,
} from "../../db/events/person-events.ts";
import type { AsOf, Snapshot } from "../dataset.ts";
import { filledEvents } from "../event-properties.ts";
import { storedIds } from "../merged-people.ts";
import type { Query } from "./freeze.ts";

/** The people whose events one read looks for, where each may have `MAX_MERGED` others. */
const MERGED_PER_READ = 50;
/** Of the people who are merged into one, each has a page in memory: a quarter of one. */
export const MERGED_SHARE = 4;
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
  readonly #asOf: AsOf & Pick<Snapshot, "events">;
  readonly #query: Query;
  readonly #range: PersonEventRange;
  readonly #maxBytes: number;
  readonly #maxScan: number;
  /** The LIMIT of the next query: it follows the size of the last events. */
  #rows = FIRST_ROWS;

  /**
   * @param maxBytes the most bytes of one person's events that are in memory.
   * @param maxScan the most events that one query scans.
   */
  constructor(asOf: AsOf & Pick<Snapshot, "events">, query: Query, maxBytes: number, maxScan = MAX_SCANNED_EVENTS) {
    this.#asOf = asOf;
    this.#query = query;
    this.#range = eventRange(asOf, query);
    this.#maxBytes = maxBytes;
    this.#maxScan = maxScan;
  }

  /**
   * The events of each person, in lists of persons, in the requested order.
   * @returns null for a person whose events exceed the bytes that may be in memory.
   */
  async *ofEach(personIds: readonly string[]): AsyncGenerator<(PersonEvent[] | null)[]> {
    if (this.#range.definitionIds.length === 0) {
      yield personIds.map(() => []);
      return;
    }
    const idsOf = await storedIds(this.#asOf, this.#query, personIds);
    const size = this.#query.merged === true ? MERGED_PER_READ : personIds.length;
    for (let from = 0; from < personIds.length; from += size)
      yield* this.#together(personIds.slice(from, from + size).map(idsOf));
  }

  /** @param people the ids under which the events of each person are stored. */
  async *#together(people: readonly (readonly string[])[]): AsyncGenerator<(PersonEvent[] | null)[]> {
    let [person, parts, bytes]: [number, PersonEvent[][], number] = [0, [], 0];
    for await (const lists of this.#ofStored(people.flat())) {
      const complete: (PersonEvent[] | null)[] = [];
      for (const own of lists) {
        if (people[person]?.length === 1) {
          complete.push(own);
          person += 1;
          continue;
        }
        bytes += own === null ? Infinity : own.reduce((sum, event) => sum + event.properties.length, 0);
        parts.push(bytes > this.#maxBytes ? [] : (own ?? []));
        if (parts.length < (people[person]?.length ?? 0)) continue;
        complete.push(bytes > this.#maxBytes ? null : parts.flat().toSorted(byKey));
        [person, parts, bytes] = [person + 1, [], 0];
      }
      if (complete.length > 0) yield complete;
    }
  }

  /** Reads events by the ids under which they are stored. Each query continues where the last one ended. */
  async *#ofStored(personIds: readonly string[]): AsyncGenerator<(PersonEvent[] | null)[]> {
    let complete: (PersonEvent[] | null)[] = [];
    let [person, events, bytes]: [number, PersonEvent[], number] = [0, [], 0];
    const endPerson = (result: PersonEvent[] | null) => {
      complete.push(result);
      [person, events, bytes] = [person + 1, [], 0];
    };
    const keyOf = (place: number) => firstKey(personIds[place] ?? "", this.#query);
    let from = keyOf(0);
    while (person < personIds.length) {
      const first: number = person;
      const others = personIds.slice(first + 1).map((id) => firstKey(id, this.#query));
      const { events: found, next } = await this.#read(this.#range.definitionIds, [from, ...others]);
      let overflow = false;
      reading: for await (const part of this.#asOf.events.fillLarge(this.#asOf.spaceId, found))
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
      } else {
        const reached = next === null ? personIds.length : first + next.place;
        for (let due = reached - person; due > 0; due -= 1) endPerson(events);
        if (next !== null) ({ from } = next);
      }
      if (complete.length > 0) yield complete;
      complete = [];
    }
  }

  /** One profile's events of these definitions, with filled properties, page by page. */
  walk(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    return filledEvents(this.#asOf, this.#walkStored(personId, definitionIds));
  }

  async *#walkStored(personId: string, definitionIds: readonly string[]): AsyncGenerator<PersonEvent[]> {
    const ids = (await storedIds(this.#asOf, this.#query, [personId]))(personId);
    const share = ids.length === 1 ? 1 : MERGED_SHARE;
    const streams = ids.map((id) => this.#pagesOf(id, definitionIds, share));
    for await (const events of mergePages(streams, byKey))
      yield* this.#asOf.events.fillLarge(this.#asOf.spaceId, events);
  }

  async *#pagesOf(storedId: string, definitionIds: readonly string[], share: number): AsyncGenerator<PersonEvent[]> {
    for (let from = firstKey(storedId, this.#query); ;) {
      const { events: found, next } = await this.#read(definitionIds, [from], share);
      yield found;
      if (next === null) return;
      ({ from } = next);
    }
  }

  /** @param share the part of a page that is read: one of so many. */
  async #read(definitionIds: readonly string[], persons: readonly FromKey[], share = 1): Promise<PersonEventPage> {
    const range = { ...this.#range, definitionIds };
    const page = await this.#asOf.events.byPerson(range, persons, {
      rows: Math.ceil(this.#rows / share),
      scanned: this.#maxScan,
      bytes: PERSON_EVENTS_BYTES / share,
    });
    const found = page.events.length;
    const bytes = page.events.reduce((sum, event) => sum + bytesOf(event), 0);
    if (found > 0) {
      const fitting = Math.floor((PERSON_EVENTS_BYTES * found) / (2 * Math.max(bytes, 1)));
      this.#rows = Math.max(MIN_ROWS, Math.min(MAX_PERSON_EVENTS, fitting));
    }
    return page;
  }
}

const bytesOf = ({ properties }: PersonEvent) => (properties.startsWith("{") ? properties.length : Number(properties));
