/** Cuts a document's profiles into chunks, by what it costs to read each profile and its events. */

import { type EventSizes, measureEvents } from "../../db/events/person-event-sizes.ts";
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
import { eventRange, firstKey } from "./events.ts";
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
    for await (const [{ id, bytes }, sizes] of measured(snapshot, query, members, limits)) {
      const queries = queriesOf(sizes, sections, limits) + 2 / limits.measuredProfiles;
      const rows = ROWS_PER_EVENT * sizes.scanned;
      if (!chunk.add({ bytes: bytes + sizes.bytes, queries, rows })) return { records: chunk.records, next: id };
    }
    if (endsBlock) return { records: chunk.records, next };
  }
  return { records: chunk.records, next: null };
}

/** The queries that a profile's events take, at most: pages are half full at least, and large events have their own. */
function queriesOf({ events, bytes, scanned }: EventSizes, sections: number, limits: DocumentLimits): number {
  const scans = (2 * scanned) / limits.scannedEvents;
  const pages = (4 * bytes) / PERSON_EVENTS_BYTES + (2 * events) / MAX_PERSON_EVENTS;
  if (bytes <= limits.eventBytes) return scans + pages;
  // The pages up to that limit are read in vain, then every section's events by themselves.
  const inVain = (4 * limits.eventBytes) / PERSON_EVENTS_BYTES;
  return inVain + sections * (1 + scans) + pages;
}

/** The profiles with the sizes of their events. Of a profile that no step can read, the sizes may be incomplete. */
async function* measured(
  snapshot: Snapshot,
  query: Query,
  members: readonly Member[],
  limits: DocumentLimits,
): AsyncGenerator<[Member, EventSizes]> {
  const none = { events: 0, bytes: 0, scanned: 0 };
  if (query.events.length === 0) {
    for (const member of members) yield [member, none];
    return;
  }
  const range = eventRange(snapshot, query);
  /** What was counted of the person at `at`, and where it continues. */
  let [part, from]: [EventSizes, FromKey | null] = [none, null];
  for (let at = 0; at < members.length;) {
    const batch = members.slice(at, at + limits.measuredProfiles);
    const keys = batch.map(({ id }, n) => (n === 0 && from !== null ? from : firstKey(id, query)));
    const { sizes, rest } = await measureEvents(snapshot.db, range, keys, limits.scannedEvents);
    const whole = rest === null ? sizes.length : sizes.length - 1;
    for (let n = 0; n < whole; n += 1) {
      const [member, own] = [batch[n], sizes[n]];
      if (member === undefined || own === undefined) throw new Error("The sizes are not those of the profiles.");
      yield [member, n === 0 ? add(part, own) : own];
    }
    part = rest === null ? none : add(whole === 0 ? part : none, sizes[whole] ?? none);
    from = rest;
    at += whole;
    const [member] = members.slice(at, at + 1);
    if (rest === null || member === undefined || queriesOf(part, 1, limits) <= limits.recordQueries) continue;
    yield [member, part];
    [part, from] = [none, null];
    at += 1;
  }
}

const add = (a: EventSizes, b: EventSizes): EventSizes => ({
  events: a.events + b.events,
  bytes: a.bytes + b.bytes,
  scanned: a.scanned + b.scanned,
});
