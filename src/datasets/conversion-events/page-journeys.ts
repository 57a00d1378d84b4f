/**
 * The journeys of a page of events: those that the page's own query tells, and the others, read for as many events at a
 * time as a query can.
 */

import type { Model } from "../../attribution/models.ts";
import type { PageEvent } from "../../db/events/events.ts";
import { type JourneyColumn, type JourneyEnd, parseEnds, parseWhole } from "../../db/events/journey-column.ts";
import { type CreditedTouch, type JourneyScope, MAX_TOUCHES } from "../../db/events/journeys.ts";
import type { Snapshot } from "../dataset.ts";
import type { Attribution } from "./freeze.ts";
import {
  endOf,
  type Journey,
  needsWholeJourneys,
  NO_JOURNEY,
  ownerKey,
  reachOf,
  readCreditedEnds,
  readParts,
  wholeJourney,
} from "./journeys.ts";
import { type Owners, ROWS_PER_PROFILE } from "./owners.ts";

/** The first number of events whose journeys one query reads. */
const FIRST_EVENTS = 500;
/** Events whose journeys' ends one query reads. */
const MAX_ENDS = 1_500;

/** What journeys are read of. */
export interface Asked {
  snapshot: Snapshot;
  scope: JourneyScope;
  attribution: Attribution;
  /** Knows the companies of a page's events. */
  owners: Owners;
}

/** What a page of events tells of journeys; null: a company's journey is not one person's. */
export function columnOf({ scope, attribution }: Pick<Asked, "scope" | "attribution">): JourneyColumn | null {
  const { level, windowMs, models } = attribution;
  if (level === "company") return null;
  return { scope, windowMs, part: needsWholeJourneys(models) ? "whole" : endsOf(models).ends };
}

/** The ends that models credit, and where each model finds its own among them. */
function endsOf(models: readonly Model[]): { ends: JourneyEnd[]; places: (readonly number[])[] } {
  const ends: JourneyEnd[] = [];
  const placeOf = (end: JourneyEnd) => {
    const key = JSON.stringify(end);
    const place = ends.findIndex((other) => JSON.stringify(other) === key);
    return place === -1 ? ends.push(end) - 1 : place;
  };
  const places = models.map((model) => {
    const end = endOf(model);
    if (end === null) return [];
    const { which, kinds, fallback } = end;
    return [kinds, fallback].filter((each) => each.length > 0).map((each) => placeOf({ which, kinds: each }));
  });
  return { ends, places };
}

/** @param models each credits one end. @returns for each event and model the credited touchpoint, or null. */
export async function readPageEnds(
  { snapshot, scope, attribution, owners }: Asked,
  events: readonly PageEvent[],
): Promise<(readonly (CreditedTouch | null)[])[]> {
  const { models } = attribution;
  const { ends, places } = endsOf(models);
  const none: readonly (CreditedTouch | null)[] = models.map(() => null);
  const apart: number[] = [];
  const found = events.map(({ journey }, n) => {
    const told = parseEnds(journey, ends);
    if (told !== null) return places.map((own) => own.map((place) => told[place] ?? null).find(Boolean) ?? null);
    apart.push(n);
    return none;
  });
  const unknown = apart.flatMap((n) => events[n] ?? []);
  for (let from = 0; from < unknown.length;) {
    const part = owners.batch(unknown, from, MAX_ENDS, ROWS_PER_PROFILE.ends);
    const reaches = part.map((event) => reachOf(attribution, event, owners.mergedOf(event)));
    for (const [n, touches] of (await readCreditedEnds(snapshot.db, scope, reaches, models)).entries())
      found[apart[from + n] ?? -1] = touches;
    from += part.length;
  }
  return found;
}

/** Whole journeys of the events of a page after the other. */
export class PageJourneys {
  readonly #asked: Asked;
  /** Journeys that were read apart, of events that come next. */
  readonly #read = new Map<PageEvent, Journey>();
  /** Owners whose journeys did not fit one query. */
  readonly #long = new Set<string>();
  /** The number of events whose journeys the next query reads. */
  #batchSize = FIRST_EVENTS;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** @returns the journey of an event, if the page tells it. */
  told({ journey }: PageEvent): Journey | null {
    const touches = parseWhole(journey);
    return touches === null ? null : wholeJourney(touches);
  }

  /**
   * Reads a journey that the page does not tell, and those of the next events with it.
   * @param n the event's place; events are asked for in their order.
   * @returns null: the journey is too long to be read with others.
   */
  async read(events: readonly PageEvent[], n: number): Promise<Journey | null> {
    const { snapshot, scope, attribution, owners } = this.#asked;
    const event = events[n];
    if (event === undefined) throw new RangeError(`A page of ${events.length} events has no event ${n}.`);
    const read = this.#read.get(event);
    if (read !== undefined) return read;
    this.#read.clear();
    const first = reachOf(attribution, event, owners.mergedOf(event));
    if (this.#long.has(ownerKey(first))) return null;
    const unknown = this.#from(events, n);
    for (;;) {
      const part = owners.batch(unknown, 0, this.#batchSize, ROWS_PER_PROFILE.journey);
      const reaches = part.map((each) => reachOf(attribution, each, owners.mergedOf(each)));
      const journeys = await readParts(snapshot.db, scope, reaches);
      if (journeys === null && part.length === 1) {
        this.#long.add(ownerKey(first));
        return null;
      }
      if (journeys === null) {
        this.#batchSize = Math.ceil(part.length / 2);
        continue;
      }
      for (const [k, each] of part.entries()) this.#read.set(each, journeys.of[k] ?? NO_JOURNEY);
      // The next batch is as large as probably fits, judging by this one.
      this.#batchSize = Math.ceil(Math.min(4 * part.length, (0.8 * MAX_TOUCHES * part.length) / (journeys.read + 1)));
      return journeys.of[0] ?? NO_JOURNEY;
    }
  }

  /** The event at a place, and those behind it that a query may read with it. */
  #from(events: readonly PageEvent[], n: number): PageEvent[] {
    const found: PageEvent[] = [];
    for (let at = n; at < events.length && found.length < this.#batchSize; at += 1) {
      const event = events[at];
      if (event !== undefined && event.journey === "") found.push(event);
    }
    return found;
  }
}
