/**
 * A space's events, as the rooms above reach them: reads in the order of (occurred_at, id) as of a sequence number, and
 * the deletions. `SqlEventStore` is the one implementation; this interface is the seam for a tier below it, where old
 * events are sealed files and recent ones are rows (docs/scale.md).
 *
 * Every implementation promises:
 * - Order: events by time of occurrence (epoch ms), those of one millisecond by the UTF-8 bytes of their ids.
 * - Snapshot: a read sees the events with sequence number ≤ the range's `seq`, and no later one. Until retention or
 *   erasure deletes events, the same call has the same answer, whatever is written meanwhile.
 * - Bounds: a call scans a bounded number of events and then says where to go on, or takes a budget that ends it.
 * - Memory: a page, about 0.9 MB beside its largest event, whatever the size of the range.
 * - Errors: those of the database, `unavailable` and `budget_exceeded` among them. All calls can be repeated.
 *
 * What stays SQL, because one statement or one transaction joins events with other tables:
 * - Writing (insert.ts): guards, profiles, events and first events are one batch, and the unique index of ids drops
 *   duplicates inside it. A lower tier therefore keeps every id that may be sent again as a row.
 * - Journeys (journey-column.ts, event-owners.ts): a page of conversions tells the touchpoints of its people.
 * - Conditions of segments on events, and a profile's derived events (profiles/conditions.ts, profiles/member-scan.ts,
 *   profiles/profile-events.ts): they decide row by row beside the profile.
 * - Starts of sessions, and where merged people's events are stored (session-starts.ts, stored-under.ts).
 * Reachability events have the same order and the same calls, by `EventRange.table`; they are few and stay rows.
 */

import type { ScanBudget } from "../core/scan-budget.ts";
import type { DueDeletion } from "../profiles/erasure.ts";
import type { EventCount } from "./count-events.ts";
import type { Cut, CutLimits } from "./event-cut.ts";
import type { EventKey, EventRange, EventTable } from "./event-range.ts";
import type { EventRecord } from "./events.ts";
import type { EventSizes } from "./person-event-sizes.ts";
import type { FromKey, PersonEventPage, PersonEventRange } from "./person-events.ts";

/** Reads of a range of events. */
export interface EventRanges {
  /**
   * Cuts the first events off a range: as many as the limits allow, and at least one where the limit of scanned events
   * allows it. The cut depends on the events of the snapshot alone: chunks, and so the bytes of files, follow from it.
   */
  cut(range: EventRange, max: CutLimits): Promise<Cut>;
  /** Counts the events of a range as far as the budget goes; `next` is where the count goes on, or null at the end. */
  count(range: EventRange, budget: ScanBudget): Promise<EventCount>;
  /**
   * The events of a range of the table `events`, in pages that are not empty. How many a page has may differ between
   * implementations. Reachability events have pages of their own (reachability.ts).
   */
  pages(range: EventRange): AsyncGenerator<EventRecord[]>;
  /**
   * Where the last events of a range begin.
   * @param max `records`: how many events; `scanned`: how many are looked through for them, of whatever type.
   * @returns the key of the first of the last `records` events; the range's lower bound where it has fewer; the place
   * where the scan ended, if that is later.
   */
  startOfLast(range: EventRange, max: Pick<CutLimits, "records" | "scanned">): Promise<EventKey>;
  /** When the first event of a range occurred, and every nth after it: epoch ms. The range is a chunk's. */
  timesOfEveryNth(range: EventRange, n: number): Promise<number[]>;
}

/** What bounds a page of persons' events. */
export interface PersonPageLimits {
  /** Events of the range. */
  rows: number;
  /** Events that are looked through, whether they belong to the range or not. */
  scanned: number;
  /** Bytes of the page, about. */
  bytes: number;
}

/** Reads of single persons' events, one person after the other. */
export interface PersonEvents {
  /**
   * The first events of these persons: persons as listed, each person's events in their order. A page may have fewer
   * events than `max` allows, or none, and `next` is where the next page begins; null after the last event.
   * In place of large properties an event may have their number of bytes: `fillLarge` fetches them.
   */
  byPerson(range: PersonEventRange, persons: readonly FromKey[], max: PersonPageLimits): Promise<PersonEventPage>;
  /**
   * How many events persons have, and how large they are, without reading them.
   * @param persons each once. @param max events that are scanned.
   * @returns the sizes of the first persons, those without an event included. `rest` is where the last one continues;
   * null: every person is there, with all events.
   */
  sizesByPerson(
    range: PersonEventRange,
    persons: readonly FromKey[],
    max: number,
  ): Promise<{ sizes: EventSizes[]; rest: FromKey | null }>;
  /** Yields events in their order with the large properties that a page left out, at most a page's bytes at a time. */
  fillLarge<Item extends Pick<EventRecord, "occurredAt" | "id" | "properties">>(
    spaceId: string,
    events: readonly Item[],
  ): AsyncGenerator<Item[]>;
}

export interface EventStore extends EventRanges, PersonEvents {
  /** Which of these ids the space has an event of. What retention or erasure deleted is not known any more. */
  known(spaceId: string, ids: Iterable<string>): Promise<Set<string>>;
  /** Deletes the space's oldest events that occurred before `before` (epoch ms), at most `max`. @returns how many. */
  deleteBefore(table: EventTable, spaceId: string, before: number, max: number): Promise<number>;
  /**
   * Erases a slice of a deleted person's rows: of the next `rows` events those up to the deletion's sequence number.
   * The person's touchpoints, reachability events and profile versions go in the same transaction, as the deletion
   * counts all of them and completes with the last. A slice may be repeated, also by several consumers at once.
   * @param now epoch ms.
   * @returns how many rows were erased, and whether this slice completed the deletion: then no read of any snapshot
   * finds an event of it.
   */
  erase(deletion: DueDeletion, rows: number, now: number): Promise<{ rows: number; completed: boolean }>;
}
