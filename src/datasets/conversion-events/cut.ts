/**
 * Cuts conversions into chunks where models read whole journeys, by the touchpoints of each conversion: they decide
 * what a chunk reads and how many lines it writes.
 */

import type { EventRange } from "../../db/events/event-range.ts";
import { type EventRecord, readEvents } from "../../db/events/events.ts";
import { COUNT_ROWS, countJourney, measureJourneys, WALK_ROWS } from "../../db/events/journey-walk.ts";
import { MAX_TOUCHES } from "../../db/events/journeys.ts";
import { ChunkCost, type ChunkSize, QUERY_LIMITS, type QueryLimits } from "../chunk-cost.ts";
import type { Key, Snapshot } from "../dataset.ts";
import { eventKey } from "../event-source.ts";
import { AdLevels } from "./ad-levels.ts";
import { PAGE_LINES } from "./credit.ts";
import type { Attribution, Query } from "./freeze.ts";
import { endOf, needsWholeJourneys, reachOf, scopeOf } from "./journeys.ts";
import { Owners, ROWS_PER_PROFILE } from "./owners.ts";

export interface JourneyLimits extends QueryLimits {
  /** Conversions whose touchpoints one query counts, and the touchpoints that it scans. */
  measuredEvents: number;
  countedTouches: number;
}

const LIMITS: JourneyLimits = { ...QUERY_LIMITS, measuredEvents: 500, countedTouches: COUNT_ROWS };

/** Conversions of the first of these queries: how many touchpoints they have is known after it. */
const FIRST_EVENTS = 32;
/** Bytes of a touchpoint as it is read, about. */
const TOUCH_BYTES = 100;
/** Levels of ads: each may cost a query for a page of lines. */
const AD_LEVELS = 4;

const TOO_LARGE =
  "A conversion has more touchpoints than one step can read: ask for a shorter attribution_window, or for fewer models.";

/**
 * Finds the end of a chunk, which has at least one conversion where there is one.
 * @returns the number of conversions, and the key of the next one, or null at the end of the range.
 * @throws export_too_large for a conversion whose journey no step can read.
 */
export async function cutJourneys(
  snapshot: Snapshot,
  query: Query,
  attribution: Attribution,
  range: EventRange,
  max: ChunkSize,
  limits = LIMITS,
): Promise<{ records: number; next: Key | null }> {
  const chunk = new ChunkCost({ ...max, ...limits }, TOO_LARGE);
  const ads = new AdLevels(snapshot, new Set([...query.fields, ...attribution.groupBy]));
  const owners = new Owners(snapshot, attribution);
  const wholeModels = attribution.models.filter((model) => endOf(model) === null).length;
  for await (const events of readEvents(snapshot.db, range))
    for await (const [event, touches] of measured(snapshot, query, attribution, events, owners, limits)) {
      const bytes = event.properties.length + touches * TOUCH_BYTES;
      const people = wholeModels > 0 ? 2 * owners.shareOf(event, ROWS_PER_PROFILE.journey) : 0;
      const ends = owners.shareOf(event, ROWS_PER_PROFILE.ends);
      const queries = people + ends + queriesOf(touches, wholeModels, ads.needed, limits);
      if (!chunk.add({ bytes, queries })) return { records: chunk.records, next: eventKey(event) };
    }
  return { records: chunk.records, next: null };
}

/** The queries that the journey of a conversion takes, at most. */
function queriesOf(touches: number, models: number, withAds: boolean, limits: JourneyLimits): number {
  const ads = withAds ? (AD_LEVELS * touches * models) / PAGE_LINES : 0;
  // Queries that read the journeys of many conversions are half full at least.
  if (touches <= MAX_TOUCHES / 2) return ads + (2 * touches) / MAX_TOUCHES + 2 / limits.measuredEvents;
  // One that finds it too long for that, and a few that read it whole, kind by kind.
  if (touches <= WALK_ROWS) return ads + 6;
  // The same in vain, one for the models that credit an end, then a count and a walk of each kind.
  const walk = 6 + touches / limits.countedTouches + touches / WALK_ROWS;
  return ads + 8 + models * walk;
}

/** The conversions with the number of touchpoints in their windows. */
async function* measured(
  snapshot: Snapshot,
  query: Query,
  attribution: Attribution,
  events: readonly EventRecord[],
  owners: Owners,
  limits: JourneyLimits,
): AsyncGenerator<[EventRecord, number]> {
  await owners.look(events);
  if (!needsWholeJourneys(attribution.models)) {
    for (const event of events) yield [event, 0];
    return;
  }
  const scope = scopeOf(snapshot, query, false);
  let size = Math.min(FIRST_EVENTS, limits.measuredEvents);
  for (let at = 0; at < events.length;) {
    const batch = owners.batch(events, at, size, 2 * ROWS_PER_PROFILE.journey);
    const reaches = batch.map((event) => reachOf(attribution, event));
    let counts = await measureJourneys(snapshot.db, scope, reaches, limits.countedTouches);
    const [first] = reaches;
    if (counts === null && batch.length === 1 && first !== undefined)
      counts = [await countJourney(snapshot.db, scope, first, 0, limits.countedTouches)];
    if (counts === null) {
      size = Math.ceil(batch.length / 4);
      continue;
    }
    for (const [n, event] of batch.entries()) yield [event, counts[n] ?? 0];
    at += batch.length;
    size = Math.min(limits.measuredEvents, 2 * batch.length);
  }
}
