/** Events as rows of the space's database, one row each: every call is a few queries of bounded cost. */

import type { Database } from "../core/database.ts";
import type { ScanBudget } from "../core/scan-budget.ts";
import { type DueDeletion, eraseSlice } from "../profiles/erasure.ts";
import { countEvents } from "./count-events.ts";
import { cutEvents, type CutLimits, timesOfEveryNth } from "./event-cut.ts";
import { deleteEventsBefore, type EventRange, type EventTable, findKnownIds } from "./event-range.ts";
import type { EventStore, PersonPageLimits } from "./event-store.ts";
import { startOfLast } from "./event-tail.ts";
import { type EventRecord, fillLarge, readEvents } from "./events.ts";
import { measureEvents } from "./person-event-sizes.ts";
import { type FromKey, type PersonEventRange, readPersonEvents } from "./person-events.ts";

/** The events of the spaces in a database. The one place that decides which store has them. */
export const eventStoreIn = (db: Database): EventStore => new SqlEventStore(db);

export class SqlEventStore implements EventStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  cut(range: EventRange, max: CutLimits) {
    return cutEvents(this.#db, range, max);
  }

  count(range: EventRange, budget: ScanBudget) {
    return countEvents(this.#db, range, budget);
  }

  pages(range: EventRange): AsyncGenerator<EventRecord[]> {
    return readEvents(this.#db, range);
  }

  startOfLast(range: EventRange, max: Pick<CutLimits, "records" | "scanned">) {
    return startOfLast(this.#db, range, max);
  }

  timesOfEveryNth(range: EventRange, n: number) {
    return timesOfEveryNth(this.#db, range, n);
  }

  byPerson(range: PersonEventRange, persons: readonly FromKey[], { rows, scanned, bytes }: PersonPageLimits) {
    return readPersonEvents(this.#db, range, persons, rows, scanned, bytes);
  }

  sizesByPerson(range: PersonEventRange, persons: readonly FromKey[], max: number) {
    return measureEvents(this.#db, range, persons, max);
  }

  fillLarge<Item extends Pick<EventRecord, "occurredAt" | "id" | "properties">>(
    spaceId: string,
    events: readonly Item[],
  ) {
    return fillLarge(this.#db, spaceId, events);
  }

  known(spaceId: string, ids: Iterable<string>) {
    return findKnownIds(this.#db, "events", spaceId, ids);
  }

  deleteBefore(table: EventTable, spaceId: string, before: number, max: number) {
    return deleteEventsBefore(this.#db, table, spaceId, before, max);
  }

  erase(deletion: DueDeletion, rows: number, now: number) {
    return eraseSlice(this.#db, deletion, rows, now);
  }
}
