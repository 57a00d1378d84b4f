/**
 * A store of events in two tiers, in memory: sealed segments of a day and a range of sequence numbers, which never
 * change, and hot events. Reads merge both by (occurred_at, id) as of a sequence number; what is deleted has a
 * tombstone until a whole segment can go. It shows that `EventStore` is enough for a tier below the rows.
 */

import { mergePages } from "../../src/db/core/merge-pages.ts";
import type { ScanBudget } from "../../src/db/core/scan-budget.ts";
import type { Cut, CutLimits } from "../../src/db/events/event-cut.ts";
import { compareKeys, type EventKey, type EventRange, type EventTable } from "../../src/db/events/event-range.ts";
import type { EventStore, PersonPageLimits } from "../../src/db/events/event-store.ts";
import type { EventRecord } from "../../src/db/events/events.ts";
import type { FromKey, PersonEvent, PersonEventPage, PersonEventRange } from "../../src/db/events/person-events.ts";
import type { DueDeletion } from "../../src/db/profiles/erasure.ts";
import { DAY_MS } from "../../src/time/durations.ts";

export interface StoredEvent extends EventRecord {
  seq: number;
  definitionVersion: number;
}

/** A deletion of a person whose events up to `seq` may still be stored. */
export interface PendingDeletion {
  personId: string;
  seq: number;
}

interface Segment {
  day: number;
  /** In their order. */
  events: readonly StoredEvent[];
}

export const keyOf = ({ occurredAt, id }: Pick<StoredEvent, "occurredAt" | "id">): EventKey => ({
  time: occurredAt,
  id,
});
const byKey = (a: StoredEvent, b: StoredEvent) => compareKeys(keyOf(a), keyOf(b));
export const bytesOf = ({ properties }: Pick<StoredEvent, "properties">) => Buffer.byteLength(properties);

/** Small, so that a read of a few events merges several pages of each stream. */
const PAGE = 5;
/** What `sizesByPerson` adds for what an event has beside its properties. */
const OTHER_BYTES = 150;
const LAST: EventKey = { time: Infinity, id: "" };

export class SealedEventStore implements EventStore {
  readonly #rows: EventStore;
  readonly #pending: () => Promise<readonly PendingDeletion[]>;
  #segments: Segment[] = [];
  #hot: StoredEvent[] = [];
  /** Tombstones: ids past their retention, and people with the number up to which they were erased. */
  readonly #expired = new Set<string>();
  readonly #erased = new Map<string, number>();

  /** @param rows the store of what is never sealed. @param pending the deletions that are not completed. */
  constructor(rows: EventStore, pending: () => Promise<readonly PendingDeletion[]>) {
    this.#rows = rows;
    this.#pending = pending;
  }

  add(events: readonly StoredEvent[]): void {
    this.#hot.push(...events);
    this.#hot.sort(byKey);
  }

  /** Seals every hot event: a segment for each day. Sealing again changes nothing. */
  seal(): void {
    const days = Map.groupBy(this.#hot, ({ occurredAt }) => Math.floor(occurredAt / DAY_MS));
    for (const [day, events] of days) this.#segments.push({ day, events });
    this.#hot = [];
  }

  get segments(): number {
    return this.#segments.length;
  }

  async cut(range: EventRange, max: CutLimits): Promise<Cut> {
    if (range.table.name !== "events") return this.#rows.cut(range, max);
    let [records, bytes, scanned, first]: [number, number, number, EventKey | null] = [0, 0, 0, null];
    const { inSnapshot, belongs } = await this.#tests(range);
    for await (const event of this.#scan(range)) {
      if (!inSnapshot(event)) continue;
      if (scanned === max.scanned) return { records, first, next: keyOf(event) };
      scanned += 1;
      if (!belongs(event)) continue;
      bytes += bytesOf(event);
      if (records === max.records || (records > 0 && bytes > max.bytes)) return { records, first, next: keyOf(event) };
      first ??= keyOf(event);
      records += 1;
    }
    return { records, first, next: null };
  }

  async count(range: EventRange, budget: ScanBudget) {
    if (range.table.name !== "events") return this.#rows.count(range, budget);
    const { records, first } = await this.cut(range, { records: Infinity, bytes: Infinity, scanned: Infinity });
    budget.spend(records);
    return { records, first, next: null };
  }

  async *pages(range: EventRange): AsyncGenerator<EventRecord[]> {
    let page: EventRecord[] = [];
    for await (const event of this.#matches(range)) {
      page.push(event);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  async startOfLast(range: EventRange, max: Pick<CutLimits, "records" | "scanned">): Promise<EventKey> {
    if (range.table.name !== "events") return this.#rows.startOfLast(range, max);
    const { belongs } = await this.#tests(range);
    const events = await all(this.#scan(range));
    let records = 0;
    for (const [scanned, event] of events.toReversed().entries()) {
      if (belongs(event)) records += 1;
      if (records === max.records || scanned + 1 === max.scanned) return keyOf(event);
    }
    return range.lower;
  }

  async timesOfEveryNth(range: EventRange, n: number): Promise<number[]> {
    if (range.table.name !== "events") return this.#rows.timesOfEveryNth(range, n);
    const events = await all(this.#matches(range));
    return events.filter((_, place) => place % n === 0).map(({ occurredAt }) => occurredAt);
  }

  async byPerson(range: PersonEventRange, persons: readonly FromKey[], max: PersonPageLimits) {
    const page: PersonEventPage = { events: [], next: null };
    let [scanned, bytes] = [0, 0];
    for await (const [place, event, matches] of this.#ofPersons(range, persons)) {
      scanned += 1;
      if (matches) {
        page.events.push({ ...event, place } satisfies PersonEvent);
        bytes += bytesOf(event);
      }
      if (page.events.length < max.rows && scanned < max.scanned && bytes < max.bytes) continue;
      return { ...page, next: { place, from: [event.personId, event.occurredAt, event.id] as const } };
    }
    return page;
  }

  async sizesByPerson(range: PersonEventRange, persons: readonly FromKey[], max: number) {
    const sizes = persons.map(() => ({ events: 0, bytes: 0, scanned: 0 }));
    let left = max;
    for await (const [place, event, matches] of this.#ofPersons(range, persons)) {
      const own = sizes[place];
      if (own === undefined) throw new Error("An event belongs to none of the persons.");
      own.scanned += 1;
      if (matches) [own.events, own.bytes] = [own.events + 1, own.bytes + bytesOf(event) + OTHER_BYTES];
      left -= 1;
      if (left > 0) continue;
      return { sizes: sizes.slice(0, place + 1), rest: [event.personId, event.occurredAt, event.id] as const };
    }
    return { sizes, rest: null };
  }

  /** No page leaves properties out. */
  async *fillLarge<Item>(_spaceId: string, events: readonly Item[]): AsyncGenerator<Item[]> {
    yield [...events];
  }

  async known(_spaceId: string, ids: Iterable<string>): Promise<Set<string>> {
    const sought = new Set(ids);
    return new Set(this.#alive().flatMap(({ id }) => (sought.has(id) ? [id] : [])));
  }

  async deleteBefore(table: EventTable, spaceId: string, before: number, max: number): Promise<number> {
    if (table.name !== "events") return this.#rows.deleteBefore(table, spaceId, before, max);
    const old = this.#alive().filter(({ occurredAt }) => occurredAt < before);
    const due = old.toSorted(byKey).slice(0, max);
    for (const { id } of due) this.#expired.add(id);
    this.#compact();
    return due.length;
  }

  /** The tombstone is first: the deletion completes with the rows that are not here. */
  async erase(deletion: DueDeletion, rows: number, now: number) {
    const { person_id: personId, seq } = deletion;
    const before = this.#alive().length;
    this.#erased.set(personId, Math.max(seq, this.#erased.get(personId) ?? 0));
    const erased = before - this.#alive().length;
    this.#compact();
    const others = await this.#rows.erase(deletion, rows, now);
    return { ...others, rows: erased + others.rows };
  }

  #compact(): void {
    this.#hot = this.#hot.filter((event) => this.#isAlive(event));
    this.#segments = this.#segments.filter(({ events }) => events.some((event) => this.#isAlive(event)));
  }

  readonly #isAlive = ({ id, personId, seq }: StoredEvent) =>
    !this.#expired.has(id) && seq > (this.#erased.get(personId) ?? 0);

  #alive(): StoredEvent[] {
    return [...this.#segments.flatMap(({ events }) => events), ...this.#hot].filter(this.#isAlive);
  }

  /** Segments and hot events between two keys, merged. */
  async *#between(lower: EventKey, upper: EventKey): AsyncGenerator<StoredEvent> {
    const days = this.#segments.filter(({ day }) => (day + 1) * DAY_MS > lower.time && day * DAY_MS <= upper.time);
    const streams = [...days.map(({ events }) => events), this.#hot].map((events) =>
      inPages(
        events.filter(
          (event) =>
            this.#isAlive(event) && compareKeys(keyOf(event), lower) >= 0 && compareKeys(keyOf(event), upper) < 0,
        ),
      ),
    );
    for await (const page of mergePages(streams, byKey)) yield* page;
  }

  /** The events that a read of a range looks through: of one person's range this person's alone. */
  async *#scan({ lower, upper, person, stored }: EventRange): AsyncGenerator<StoredEvent> {
    const ids = person === undefined || stored?.few === false ? null : (stored?.ids ?? [person]);
    for await (const event of this.#between(lower, upper))
      if (ids === null || ids.includes(event.personId)) yield event;
  }

  async *#matches(range: EventRange): AsyncGenerator<StoredEvent> {
    const { belongs } = await this.#tests(range);
    for await (const event of this.#scan(range)) if (belongs(event)) yield event;
  }

  async #tests({ seq, had, types, person, stored, excludeDeleted }: EventRange) {
    const deletions = excludeDeleted === undefined ? [] : await this.#pending();
    const counting = deletions.filter((each) => excludeDeleted === "now" || each.seq <= seq);
    const ids = person === undefined ? null : (stored?.ids ?? [person]);
    const inSnapshot = (event: StoredEvent) =>
      event.seq <= seq && !counting.some((each) => each.personId === event.personId && each.seq >= event.seq);
    const belongs = (event: StoredEvent) =>
      inSnapshot(event) &&
      (types === null || types.includes(event.definitionId)) &&
      (ids === null || ids.includes(event.personId)) &&
      event.seq > (had.find(({ until }) => event.occurredAt < until)?.seq ?? 0);
    return { inSnapshot, belongs };
  }

  async *#ofPersons(
    { seq, definitionIds, before, excludeDeleted }: PersonEventRange,
    persons: readonly FromKey[],
  ): AsyncGenerator<[place: number, event: StoredEvent, matches: boolean]> {
    const deletions = excludeDeleted ? (await this.#pending()).filter((each) => each.seq <= seq) : [];
    for (const [place, [personId, time, id]] of persons.entries())
      for await (const event of this.#between({ time, id }, LAST)) {
        if (event.personId !== personId || event.occurredAt >= before || event.id === id) continue;
        const isDeleted = deletions.some((each) => each.personId === personId && each.seq >= event.seq);
        yield [place, event, event.seq <= seq && definitionIds.includes(event.definitionId) && !isDeleted];
      }
  }
}

async function* inPages(events: readonly StoredEvent[]): AsyncGenerator<StoredEvent[]> {
  for (let from = 0; from < events.length; from += PAGE) yield events.slice(from, from + PAGE);
}

/** Everything that a stream yields. */
export async function all<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
