/**
 * Cuts conversions into chunks where models read whole journeys, by the touchpoints of each conversion: they decide
 * what a chunk reads and how many lines it writes.
 */

import type { Database } from "../../db/core/database.ts";
import { type OwnedEvent, readOwners, sumOwned } from "../../db/events/event-owners.ts";
import type { EventRange } from "../../db/events/event-range.ts";
import type { CountedJourneys } from "../../db/events/journey-column.ts";
import { COUNT_ROWS, countJourney, measureJourneys, WALK_ROWS } from "../../db/events/journey-walk.ts";
import { type JourneyScope, MAX_TOUCHES } from "../../db/events/journeys.ts";
import { ChunkCost, type ChunkSize, QUERY_LIMITS, type QueryLimits, type RecordCost } from "../chunk-cost.ts";
import type { Key, Snapshot } from "../dataset.ts";
import { withOwners } from "../merged-people.ts";
import { eventKey } from "../event-source.ts";
import { AdLevels } from "./ad-levels.ts";
import { PAGE_LINES } from "./credit.ts";
import type { Attribution, Query } from "./freeze.ts";
import { endOf, needsWholeJourneys, reachOf, scopeOf } from "./journeys.ts";
import { Owners, ROWS_PER_PROFILE, ROWS_PER_QUERY } from "./owners.ts";

export interface JourneyLimits extends QueryLimits {
  /** Conversions whose touchpoints one query counts, and the touchpoints that it scans. */
  measuredEvents: number;
  countedTouches: number;
}

const LIMITS: JourneyLimits = { ...QUERY_LIMITS, measuredEvents: 1_000, countedTouches: COUNT_ROWS };

/** Bytes of a touchpoint as it is read, about. */
const TOUCH_BYTES = 100;
/** Rows that a query scans for a touchpoint: itself, and the look-up of its person's deletion. */
const ROWS_PER_TOUCH = 2;
/** Levels of ads: each may cost a query for a page of lines. */
const AD_LEVELS = 4;

const TOO_LARGE =
  "A conversion has more touchpoints than one step can read: ask for a shorter attribution_window, or for fewer models.";

/**
 * Finds the end of a chunk, which has at least one conversion where there is one.
 * @param range of the conversions that the chunk would have by the other limits. @param count their number.
 * @returns the number of conversions, and the key of the next one, or null at the end of the range.
 * @throws export_too_large for a conversion whose journey no step can read.
 */
export async function cutJourneys(
  snapshot: Snapshot,
  query: Query,
  attribution: Attribution,
  range: EventRange,
  count: number,
  max: ChunkSize,
  limits = LIMITS,
): Promise<{ records: number; next: Key | null }> {
  const chunk = new ChunkCost({ ...max, ...limits }, TOO_LARGE);
  const ads = new AdLevels(snapshot, new Set([...query.fields, ...attribution.groupBy]));
  const owners = new Owners(snapshot, attribution, query);
  const wholeModels = attribution.models.filter((model) => endOf(model) === null).length;
  const touchpoints = new Touchpoints(snapshot, query, attribution, owners, limits);
  const peopleOf = (share: (rowsPerProfile: number) => number) =>
    (wholeModels > 0 ? 2 * share(ROWS_PER_PROFILE.journey) : 0) + share(ROWS_PER_PROFILE.ends);
  const costOf = (bytes: number, touches: number, people: number, queries: number): RecordCost => ({
    bytes: bytes + touches * TOUCH_BYTES,
    queries: people + queries,
    rows: people * ROWS_PER_QUERY + ROWS_PER_TOUCH * touches * Math.max(wholeModels, 1),
  });
  let [rest, left] = [range, count];
  // Mostly journeys are short, and their sums are enough to know that the chunk has them all.
  const summed = query.merged === true ? null : touchpoints.counted;
  while (left > 0) {
    const sum = summed === null ? null : await sumOwned(snapshot.db, rest, summed, left);
    if (sum === null || sum.uncounted > 0) break;
    const { records, bytes, touches, next } = sum;
    const people = records * peopleOf((rowsPerProfile) => rowsPerProfile / ROWS_PER_QUERY);
    const queries = shortQueries(records, touches, wholeModels, ads.needed, limits);
    if (!chunk.addAll(records, costOf(bytes, touches, people, queries))) break;
    [rest, left] = [{ ...rest, lower: next }, left - records];
  }
  const stored = readOwners(snapshot.db, rest, left, touchpoints.counted);
  for await (const owned of withOwners(snapshot, query, stored, "personId")) {
    await owners.look(owned);
    const events = owned.map((event) => (owners.isOfSeveral(event) ? { ...event, touches: null } : event));
    const countOf = touchpoints.of(events);
    for (const event of events) {
      const touches = event.touches ?? (await countOf.next()).value ?? 0;
      const people = peopleOf((rowsPerProfile) => owners.shareOf(event, rowsPerProfile));
      const queries = queriesOf(touches, wholeModels, ads.needed, limits);
      if (!chunk.add(costOf(event.bytes, touches, people, queries)))
        return { records: chunk.records, next: eventKey(event) };
    }
  }
  return { records: chunk.records, next: null };
}

const adQueries = (touches: number, models: number, withAds: boolean) =>
  withAds ? (AD_LEVELS * touches * models) / PAGE_LINES : 0;

/** The queries that short journeys take, at most: those that read the journeys of many conversions are half full. */
const shortQueries = (journeys: number, touches: number, models: number, withAds: boolean, limits: JourneyLimits) =>
  adQueries(touches, models, withAds) + (2 * touches) / MAX_TOUCHES + (2 * journeys) / limits.measuredEvents;

/** The queries that the journey of a conversion takes, at most. */
function queriesOf(touches: number, models: number, withAds: boolean, limits: JourneyLimits): number {
  if (touches <= MAX_TOUCHES / 2) return shortQueries(1, touches, models, withAds, limits);
  const ads = adQueries(touches, models, withAds);
  // One that finds it too long for that, and a few that read it whole, kind by kind.
  if (touches <= WALK_ROWS) return ads + 6;
  // The same in vain, one for the models that credit an end, then a count and a walk of each kind.
  const walk = 6 + touches / limits.countedTouches + touches / WALK_ROWS;
  return ads + 8 + models * walk;
}

/** Counts the touchpoints in the windows of conversions: those that a page does not tell, for many with one query. */
class Touchpoints {
  readonly #db: Database;
  readonly #scope: JourneyScope | null;
  readonly #attribution: Attribution;
  readonly #owners: Owners;
  readonly #limits: JourneyLimits;
  /** The number of conversions that the next query measures. */
  #size: number;

  /** @param owners knows the conversions' companies. */
  constructor(snapshot: Snapshot, query: Query, attribution: Attribution, owners: Owners, limits: JourneyLimits) {
    this.#db = snapshot.db;
    this.#scope = needsWholeJourneys(attribution.models) ? scopeOf(snapshot, query, false) : null;
    this.#attribution = attribution;
    this.#owners = owners;
    this.#limits = limits;
    this.#size = limits.measuredEvents;
  }

  /** The journeys whose touchpoints a page of conversions tells. */
  get counted(): CountedJourneys | null {
    const { level, windowMs } = this.#attribution;
    return this.#scope === null || level === "company" ? null : { scope: this.#scope, windowMs };
  }

  /** The numbers of touchpoints of those that were not counted; 0 where no model reads whole journeys. */
  async *of(events: readonly OwnedEvent[]): AsyncGenerator<number, undefined> {
    const { measuredEvents, countedTouches } = this.#limits;
    const unknown = events.filter(({ touches }) => touches === null);
    for (let at = 0; at < unknown.length;) {
      const batch = this.#owners.batch(unknown, at, this.#size, 2 * ROWS_PER_PROFILE.journey);
      const counts = await this.#count(batch);
      if (counts === null) {
        this.#size = Math.ceil(batch.length / 4);
        continue;
      }
      for (let n = 0; n < batch.length; n += 1) yield counts[n] ?? 0;
      at += batch.length;
      // The next query has as many as probably fit, judging by this one.
      const mean = counts.reduce((sum, count) => sum + count, 1) / batch.length;
      const fitting = Math.min(measuredEvents, 4 * batch.length, Math.floor((0.8 * countedTouches) / mean));
      this.#size = Math.max(1, fitting);
    }
  }

  /** @returns null: these conversions have too many for one query. */
  async #count(batch: readonly OwnedEvent[]): Promise<number[] | null> {
    if (this.#scope === null) return [];
    const { countedTouches } = this.#limits;
    const reaches = batch.map((event) => reachOf(this.#attribution, event, this.#owners.mergedOf(event)));
    const counts = await measureJourneys(this.#db, this.#scope, reaches, countedTouches);
    const [first, second] = reaches;
    if (counts !== null || first === undefined || second !== undefined) return counts;
    return [await countJourney(this.#db, this.#scope, first, 0, countedTouches)];
  }
}
