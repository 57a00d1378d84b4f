/**
 * One page of a dataset of events: from either end of its window, after a place, or before one. All pages from cursor
 * to cursor read the snapshot of the first page: each row once, whatever is written meanwhile.
 */

import type { AnyDataset, Key, Source } from "../../datasets/dataset.ts";
import type { Database } from "../../db/core/database.ts";
import { AFTER_EVERY_WRITE, readSequence } from "../../db/core/sequences.ts";
import { compareKeys, justAfter } from "../../db/events/event-range.ts";
import { storedUnder } from "../../db/events/stored-under.ts";
import { resolveFormerIds } from "../../db/profiles/merges.ts";
import { pendingDeletions } from "../../db/profiles/deletions.ts";
import { type PERSON_IDS, resolvePersons } from "../../db/profiles/lookup.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import type { Call } from "../route.ts";
import { isKept, readCursor, type RowPlace, tooOld, type Walk, writeCursor } from "./cursor.ts";
import { FirstRows, LastRows, MAX_PAGE_BYTES } from "./page-rows.ts";

/** Events that one call looks through: where none of them is of the requested names, the page is short, or empty. */
export const MAX_SCANNED = 500_000;

/** What a page is asked for. */
export interface PageRequest {
  dataset: AnyDataset;
  /** The request as the dataset's schema has it. @param askedAt epoch ms of the call for the first page. */
  requestAt: (askedAt: number) => unknown;
  /** Only the events of the person with this id; undefined: everybody's. */
  person?: PersonId | undefined;
  /** What a cursor belongs to, beside the space: it continues no other list. */
  owner: unknown;
  /** Rows of the page. */
  limit: number;
  /** Without a cursor: is the page the last one, and not the first? */
  fromEnd?: boolean | undefined;
  cursor: string | undefined;
}

/** One of the ids that name a person. */
export type PersonId = readonly [name: (typeof PERSON_IDS)[number], id: string];

export interface EventPage {
  /** JSON rows, separated by commas. */
  rows: string;
  /** Cursors of the pages after and before this one; null where there is none. */
  next: string | null;
  previous: string | null;
}

/** @throws the errors of the dataset; invalid_request for a cursor that does not belong to the request. */
export async function readPage(call: Call, space: SpaceRow, asked: PageRequest): Promise<EventPage> {
  const { dataset, owner, limit, cursor, fromEnd = false } = asked;
  const db = call.databases.space(space.id);
  const walk: Walk =
    cursor === undefined
      ? {
          snapshotSeq: await readSequence(db, space.id),
          askedAt: call.runtime.now(),
          person: await personOf(db, space, asked.person),
          at: null,
          backwards: fromEnd,
        }
      : await readCursor(call, space, owner, cursor);
  const frozen = await dataset.freeze(asked.requestAt(walk.askedAt), {
    db,
    space,
    now: walk.askedAt,
    snapshotSeq: walk.snapshotSeq,
    secret: "",
    increment: false,
    scheduled: false,
    warn() {},
  });
  const deletions = await pendingDeletions(db, space.id, AFTER_EVERY_WRITE);
  const source = dataset.open(frozen, {
    db,
    events: call.databases.events(space.id),
    spaceId: space.id,
    seq: walk.snapshotSeq,
    since: null,
    excludeDeletedNow: deletions,
    person: walk.person,
    stored: walk.person === undefined ? undefined : await storedUnder(db, space.id, walk.snapshotSeq, walk.person),
  });
  if (walk.backwards && !isKept(space, source.readsFrom, call.runtime.now())) throw tooOld();
  const { rows, start, end } = walk.backwards
    ? await pageBefore(source, walk.at, limit)
    : await pageFrom(source, walk.at, limit);
  const cursorAt = (at: RowPlace | null, backwards: boolean) =>
    writeCursor(call, space, owner, { ...walk, at, backwards });
  return { rows, next: await cursorAt(end, false), previous: await cursorAt(start, true) };
}

/** Person ids are not empty, so that this one has no events. */
const NO_PERSON = "";

/** @returns the person's `person_id`; undefined: everybody. */
async function personOf(db: Database, space: SpaceRow, asked: PersonId | undefined): Promise<string | undefined> {
  if (asked === undefined) return undefined;
  const [name, id] = asked;
  const ids = { person_id: [], external_person_id: [], custom_id: [], [name]: [id] };
  const [person] = await resolvePersons(db, space.id, ids);
  const found = person ?? (await resolveFormerIds(db, space.id, ids))[0]?.person;
  return found?.person_id ?? NO_PERSON;
}

/** Rows, and the places where the page before ends and the next one begins; null where there is none. */
interface Part {
  rows: string;
  start: RowPlace | null;
  end: RowPlace | null;
}

const placeAt = (key: Key): RowPlace => ({ key, skip: 0 });

/** What one step of a page reads at most. */
const stepOf = (source: Source, records: number) => ({
  records: Math.min(records, source.maxRecordsPerStep ?? records),
  bytes: MAX_PAGE_BYTES,
  scanned: MAX_SCANNED,
});

async function pageFrom(source: Source, at: RowPlace | null, limit: number): Promise<Part> {
  const { upper } = source.bounds;
  const lower = at?.key ?? source.bounds.lower;
  const { records, next: after } = await source.cut({ lower, upper }, stepOf(source, limit));
  const page = new FirstRows(limit, at);
  if (records > 0)
    for await (const lines of source.pages({ lower, upper: after ?? upper })) if (!page.add(lines)) break;
  return { rows: page.rows, start: at, end: page.next ?? (after === null ? null : placeAt(after)) };
}

/**
 * The last rows before a place. Where so many records are more than one step reads, the page has fewer rows.
 * @param source of a dataset that has `startOfLast`.
 * @param end the place; null: the window's end.
 */
export async function pageBefore(source: Source, end: RowPlace | null, limit: number): Promise<Part> {
  const { bounds } = source;
  const at = end ?? placeAt(bounds.upper);
  const upper = at.skip > 0 ? justAfter(at.key) : at.key;
  // One record more than the page needs tells whether a page is before it.
  const max = stepOf(source, limit + 1);
  let lower = bounds.lower;
  for (let { records } = max; ;) {
    lower = (await source.startOfLast?.({ lower: bounds.lower, upper }, { ...max, records })) ?? bounds.lower;
    const first = await source.cut({ lower, upper }, { ...max, records });
    if (first.next === null || records === 1) break;
    // The last records are about as large as the first ones, of which a step reads this many.
    records = Math.max(1, Math.min(first.records, records >> 1));
  }
  const page = new LastRows(limit, at);
  for await (const lines of source.pages({ lower, upper })) if (!page.add(lines)) break;
  const hasEarlier = page.hasEarlier || compareKeys(lower, bounds.lower) > 0;
  return { rows: page.rows, start: hasEarlier ? (page.start ?? placeAt(lower)) : null, end };
}
