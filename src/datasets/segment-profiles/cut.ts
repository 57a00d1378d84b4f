/** Cuts a document's profiles into chunks, by what it costs to read each profile and its events. */

import type { EventSizes } from "../../db/events/person-event-sizes.ts";
import {
  type FromKey,
  MAX_PERSON_EVENTS,
  MAX_SCANNED_EVENTS,
  PERSON_EVENTS_BYTES,
} from "../../db/events/person-events.ts";
import type { MemberRange } from "../../db/profiles/member-scan.ts";
import { type Member, memberSlices } from "../../db/profiles/segment-members.ts";
import { ChunkCost, type ChunkSize, QUERY_LIMITS, type QueryLimits } from "../chunk-cost.ts";
import type { Snapshot } from "../dataset.ts";
import { storedIds } from "../merged-people.ts";
import { eventRange, firstKey, MERGED_SHARE } from "./events.ts";
import type { Query } from "./freeze.ts";
import { MAX_PROFILE_EVENT_BYTES } from "./pages.ts";

export interface DocumentLimits extends QueryLimits {
  /** Profiles whose events one query measures, and the events that it scans. */
  measuredProfiles: number;
  scannedEvents: number;
  /** The most bytes of one profile's events that are in memory. */
  eventBytes: number;
}

const LIMITS: DocumentLimits = {
  ...QUERY_LIMITS,
  measuredProfiles: 500,
  scannedEvents: MAX_SCANNED_EVENTS,
  eventBytes: MAX_PROFILE_EVENT_BYTES,
};

/** Where few profiles are in the segment, a chunk ends after as many profiles as so many slices have. */
const MAX_SLICES = 20;

/** Rows that a query scans for an event: itself, two look-ups of its definition, and that of its person's deletion. */
const ROWS_PER_EVENT = 4;

const TOO_LARGE =
  "A profile has more events in the window than one step can read: ask for a shorter window, or for fewer events.";

/**
 * Finds the end of a chunk. It has no profile where none of a block of profiles is in the segment.
 * @returns the number of profiles, and the lower bound of the rest, or null at the end of the range.
 * @throws export_too_large for a profile whose events no step can read.
 */
export async function cutDocument(
  snapshot: Snapshot,
  query: Query,
  range: MemberRange,
  max: ChunkSize,
  limits = LIMITS,
): Promise<{ records: number; next: string | null }> {
  const chunk = new ChunkCost({ ...max, ...limits }, TOO_LARGE);
  const sections = new Set(query.events.map(({ section }) => section)).size;
  for await (const { members, next, endsBlock } of memberSlices(snapshot.db, range, MAX_SLICES * range.slice)) {
    for await (const [{ id, bytes }, sizes, people] of measuredPeople(snapshot, query, members, limits)) {
      const queries = queriesOf(sizes, people, sections, limits) + (2 * people) / limits.measuredProfiles;
      const rows = ROWS_PER_EVENT * sizes.scanned;
      if (!chunk.add({ bytes: bytes + sizes.bytes, queries, rows })) return { records: chunk.records, next: id };
    }
    if (endsBlock) return { records: chunk.records, next };
  }
  return { records: chunk.records, next: null };
}

/**
 * The queries that a profile's events take, at most: pages are half full at least, and large events have their own.
 * @param people under whose ids the events are stored: the person, and those who are merged into this one.
 */
function queriesOf(
  { events, bytes, scanned }: EventSizes,
  people: number,
  sections: number,
  limits: DocumentLimits,
): number {
  const scans = (2 * scanned) / limits.scannedEvents;
  const pages = (4 * bytes) / PERSON_EVENTS_BYTES + (2 * events) / MAX_PERSON_EVENTS;
  if (bytes <= limits.eventBytes) return scans + pages;
  // The pages up to that limit are read in vain, then every section's events by themselves.
  const inVain = (4 * Math.min(bytes, people * limits.eventBytes)) / PERSON_EVENTS_BYTES;
  return inVain + sections * (2 * people - 1 + scans) + (people === 1 ? 1 : MERGED_SHARE) * pages;
}

/** The profiles with the sizes of their events, and with the number of people whose events these are. */
async function* measuredPeople(
  snapshot: Snapshot,
  query: Query,
  members: readonly Member[],
  limits: DocumentLimits,
): AsyncGenerator<[Member, EventSizes, number]> {
  const idsOf = await storedIds(snapshot, query, query.events.length === 0 ? [] : members.map(({ id }) => id));
  const people = members.map(({ id }) => idsOf(id));
  let [at, parts, sum]: [number, number, EventSizes] = [0, 0, NONE];
  const stored = people.flat().map((id) => ({ id, bytes: 0 }));
  for await (const [, sizes] of measured(snapshot, query, stored, limits)) {
    [parts, sum] = [parts + 1, add(sum, sizes)];
    const [member, ids] = [members[at], people[at]];
    if (member === undefined || ids === undefined) throw new Error("There are sizes of more profiles than were read.");
    if (parts < ids.length) continue;
    yield [member, sum, ids.length];
    [at, parts, sum] = [at + 1, 0, NONE];
  }
}

const NONE: EventSizes = { events: 0, bytes: 0, scanned: 0 };

/** The profiles with the sizes of their events. Of a profile that no step can read, the sizes may be incomplete. */
async function* measured(
  snapshot: Snapshot,
  query: Query,
  members: readonly Member[],
  limits: DocumentLimits,
): AsyncGenerator<[Member, EventSizes]> {
  if (query.events.length === 0) {
    for (const member of members) yield [member, NONE];
    return;
  }
  const range = eventRange(snapshot, query);
  /** What was counted of the person at `at`, and where it continues. */
  let [part, from]: [EventSizes, FromKey | null] = [NONE, null];
  for (let at = 0; at < members.length;) {
    const batch = members.slice(at, at + limits.measuredProfiles);
    const keys = batch.map(({ id }, n) => (n === 0 && from !== null ? from : firstKey(id, query)));
    const { sizes, rest } = await snapshot.events.sizesByPerson(range, keys, limits.scannedEvents);
    const whole = rest === null ? sizes.length : sizes.length - 1;
    for (let n = 0; n < whole; n += 1) {
      const [member, own] = [batch[n], sizes[n]];
      if (member === undefined || own === undefined) throw new Error("The sizes are not those of the profiles.");
      yield [member, n === 0 ? add(part, own) : own];
    }
    part = rest === null ? NONE : add(whole === 0 ? part : NONE, sizes[whole] ?? NONE);
    from = rest;
    at += whole;
    const [member] = members.slice(at, at + 1);
    if (rest === null || member === undefined || queriesOf(part, 1, 1, limits) <= limits.recordQueries) continue;
    yield [member, part];
    [part, from] = [NONE, null];
    at += 1;
  }
}

const add = (a: EventSizes, b: EventSizes): EventSizes => ({
  events: a.events + b.events,
  bytes: a.bytes + b.bytes,
  scanned: a.scanned + b.scanned,
});
