/**
 * Conversions with their credit: pages of events → pages of lines, one line for each touchpoint that gets credit. One
 * query reads the journeys of a page. Models that credit one end read only the ends. Other models read whole journeys,
 * of as many events at a time as fit into memory. A journey that does not fit by itself is counted first and then
 * walked page by page.
 */

import { credited, type Model, RULES } from "../../attribution/models.ts";
import { split, splitText } from "../../attribution/shares.ts";
import type { Kind } from "../../attribution/sources.ts";
import { parseDecimal } from "../../attribution/decimals.ts";
import type { EventRecord } from "../../db/events/events.ts";
import { countJourney, walkJourney } from "../../db/events/journey-walk.ts";
import { MAX_TOUCHES, type Reach, type JourneyScope, type Touch } from "../../db/events/journeys.ts";
import { ahead } from "../ahead.ts";
import type { Page, Snapshot } from "../dataset.ts";
import { eventKey } from "../event-source.ts";
import { type Ads, AdLevels } from "./ad-levels.ts";
import type { Attribution, Query } from "./freeze.ts";
import {
  endOf,
  type Journey,
  needsWholeJourneys,
  NO_JOURNEY,
  ownerKey,
  reachOf,
  readCreditedEnds,
  readParts,
  readWhole,
  scopeOf,
} from "./journeys.ts";
import { type EventText, Lines } from "./lines.ts";
import { Owners, ROWS_PER_PROFILE } from "./owners.ts";
import { CREDIT, Totals } from "./summary.ts";

/** The first number of events whose journeys one query reads. */
const FIRST_EVENTS = 500;
/** A page ends at this many lines, or about this many characters. */
export const PAGE_LINES = 8_000;
const PAGE_CHARACTERS = 2_000_000;
/** Events whose journeys' ends one query reads. */
const MAX_ENDS = 1_500;

/** The credit of one line. */
interface Credit {
  event: Prepared;
  model: Model;
  touch: Touch;
  share: string;
  /** In units of CREDIT; null without totals. */
  units: bigint | null;
}

type Prepared = EventText & { record: EventRecord };

export class Crediting {
  readonly #snapshot: Snapshot;
  readonly #attribution: Attribution;
  readonly #lines: Lines;
  readonly #ads: AdLevels;
  readonly #scope: JourneyScope;
  readonly #owners: Owners;
  readonly #sources: ReadonlySet<string>;
  readonly #totals: Totals | null;
  /** Finished lines with the event of each, and credits that still need their ads or totals. */
  #ready: string[] = [];
  #events: EventRecord[] = [];
  #credits: Credit[] = [];
  /** The number of finished records among these, and the characters of the lines. */
  #records = 0;
  #characters = 0;
  /** Owners whose journeys did not fit one query: the next event of the owner goes straight to the walk. */
  readonly #long = new Set<string>();
  /** The number of events whose journeys the next query reads. */
  #batchSize = FIRST_EVENTS;

  constructor(snapshot: Snapshot, query: Query, attribution: Attribution) {
    this.#snapshot = snapshot;
    this.#attribution = attribution;
    this.#lines = new Lines(query, snapshot.spaceId);
    this.#ads = new AdLevels(snapshot, new Set([...query.fields, ...attribution.groupBy]));
    this.#scope = scopeOf(snapshot, query, this.#ads.needed);
    this.#owners = new Owners(snapshot, attribution);
    this.#sources = new Set(attribution.sources);
    this.#totals = attribution.groupBy.length > 0 ? new Totals() : null;
  }

  async *pages(events: AsyncGenerator<EventRecord[]>): AsyncGenerator<Page> {
    const whole = needsWholeJourneys(this.#attribution.models);
    for await (const page of ahead(events))
      if (whole) yield* this.#byJourneys(page);
      else yield* this.#byEnds(page);
  }

  readonly #reachOf = (event: EventRecord): Reach => reachOf(this.#attribution, event);

  #prepare(record: EventRecord): Prepared {
    return { ...this.#lines.prepare(record), record };
  }

  async *#byEnds(events: readonly EventRecord[]): AsyncGenerator<Page> {
    const { db } = this.#snapshot;
    await this.#owners.look(events);
    for (let from = 0; from < events.length;) {
      const part = this.#owners.batch(events, from, MAX_ENDS, ROWS_PER_PROFILE.ends);
      from += part.length;
      const found = await readCreditedEnds(db, this.#scope, part.map(this.#reachOf), this.#attribution.models);
      for (const [n, event] of part.entries()) {
        const prepared = this.#prepare(event);
        for (const [m, model] of this.#attribution.models.entries())
          this.#credit(prepared, model, found[n]?.[m] ?? null);
        if (this.#recordDone()) yield await this.#page(event);
      }
    }
    yield* this.#rest(events.at(-1));
  }

  async *#byJourneys(events: readonly EventRecord[]): AsyncGenerator<Page> {
    await this.#owners.look(events);
    for (let from = 0; from < events.length;) {
      const first = events[from];
      if (first !== undefined && this.#long.has(ownerKey(this.#reachOf(first)))) {
        yield* this.#byWalk(first);
        from += 1;
        continue;
      }
      const part = this.#owners.batch(events, from, this.#batchSize, ROWS_PER_PROFILE.journey);
      const journeys = await readParts(this.#snapshot.db, this.#scope, part.map(this.#reachOf));
      if (journeys !== null) {
        for (const [n, event] of part.entries()) yield* this.#byJourney(event, journeys.of[n] ?? NO_JOURNEY);
        // The next batch is as large as probably fits, judging by this one.
        this.#batchSize = Math.ceil(Math.min(4 * part.length, (0.8 * MAX_TOUCHES * part.length) / (journeys.read + 1)));
        from += part.length;
      } else if (part.length > 1) this.#batchSize = Math.ceil(part.length / 2);
      else if (first !== undefined) this.#long.add(ownerKey(this.#reachOf(first)));
    }
    yield* this.#rest(events.at(-1));
  }

  async *#byJourney(record: EventRecord, { touches, kinds, from, to }: Journey): AsyncGenerator<Page> {
    const event = this.#prepare(record);
    for (const model of this.#attribution.models) {
      const places = credited(model, kinds.subarray(from, to) as Uint8Array & ArrayLike<Kind>);
      if (places.length === 0) continue;
      const shares = this.#sharesOf(event, model, places.length);
      for (let n = 0; n < places.length; n += 1) {
        const touch = touches[from + (places[n] ?? 0)];
        if (touch === undefined || !this.#sources.has(touch.source)) continue;
        this.#push(event, model, touch, shares, n);
        if (this.#isFull) yield await this.#page(record);
      }
    }
    if (this.#recordDone()) yield await this.#page(record);
  }

  /** One event with a long journey: read whole if one page of the walk is enough, else counted first, then walked. */
  async *#byWalk(event: EventRecord): AsyncGenerator<Page> {
    const { db } = this.#snapshot;
    const reach = this.#reachOf(event);
    const whole = await readWhole(db, this.#scope, reach);
    if (whole !== null) {
      yield* this.#byJourney(event, whole);
      return;
    }
    const prepared = this.#prepare(event);
    for (const model of this.#attribution.models) {
      const { among } = RULES[model];
      if (endOf(model) !== null) {
        const [[touch = null] = []] = await readCreditedEnds(db, this.#scope, [reach], [model]);
        this.#credit(prepared, model, touch);
        continue;
      }
      const minKind = among === "paid" ? 2 : 0;
      const n = await countJourney(db, this.#scope, reach, minKind);
      if (n === 0) continue;
      const shares = this.#sharesOf(prepared, model, n);
      let place = 0;
      for await (const touches of walkJourney(db, this.#scope, reach, minKind))
        for (const touch of touches) {
          if (this.#sources.has(touch.source)) this.#push(prepared, model, touch, shares, place);
          place += 1;
          if (this.#isFull) yield await this.#page(event);
        }
      if (place !== n) throw new Error("A journey changed while it was read.");
    }
    if (this.#recordDone()) yield await this.#page(event);
  }

  #sharesOf({ amount }: EventText, model: Model, n: number): Shares {
    const { share } = RULES[model];
    return {
      amount: amount === null ? () => "null" : splitText(amount, share, n),
      credit: this.#totals === null ? null : split(CREDIT.units, share, n),
    };
  }

  /** All credit to one touchpoint, or to none. */
  #credit(event: Prepared, model: Model, touch: Touch | null): void {
    if (touch === null || !this.#sources.has(touch.source)) return;
    this.#push(event, model, touch, this.#sharesOf(event, model, 1), 0);
  }

  #push(event: Prepared, model: Model, touch: Touch, shares: Shares, place: number): void {
    const share = shares.amount(place);
    if (this.#ads.needed || this.#totals !== null) {
      this.#credits.push({ event, model, touch, share, units: shares.credit?.(place) ?? null });
      this.#characters += event.head.length + event.between.join("").length;
      return;
    }
    const line = this.#lines.credit(event, touch, model, share, NO_ADS);
    this.#ready.push(line);
    this.#events.push(event.record);
    this.#characters += line.length;
  }

  get #waiting(): number {
    return this.#ready.length + this.#credits.length;
  }

  get #isFull(): boolean {
    return this.#waiting >= PAGE_LINES || this.#characters >= PAGE_CHARACTERS;
  }

  /** Counts an event whose lines are complete. @returns whether the page is full. */
  #recordDone(): boolean {
    this.#records += 1;
    return this.#isFull;
  }

  async *#rest(last: EventRecord | undefined): AsyncGenerator<Page> {
    if (last !== undefined && (this.#records > 0 || this.#waiting > 0)) yield await this.#page(last);
  }

  /**
   * Ends the page. An event whose lines continue on the next page is counted as a record there.
   * @param last the event that was reached.
   */
  async #page(last: EventRecord): Promise<Page> {
    await this.#finishCredits();
    const [lines, events, records] = [this.#ready, this.#events, this.#records];
    [this.#ready, this.#events, this.#records, this.#characters] = [[], [], 0, 0];
    return {
      lines,
      records,
      keyOf: (line) => eventKey(events[line] ?? last),
      ...(this.#totals === null ? {} : { summary: { groups: this.#totals.flush() } }),
    };
  }

  /** Looks up the ads of the waiting credits, adds them to the totals, and writes their lines. */
  async #finishCredits(): Promise<void> {
    const credits = this.#credits;
    this.#credits = [];
    const ads = this.#ads.needed ? await this.#ads.resolve(credits.map(({ touch }) => touch)) : [];
    for (const [n, { event, model, touch, share, units }] of credits.entries()) {
      const known = ads[n] ?? NO_ADS;
      this.#ready.push(this.#lines.credit(event, touch, model, share, known));
      this.#events.push(event.record);
      if (this.#totals === null) continue;
      const values = this.#attribution.groupBy.map((name) =>
        name === "source" ? touch.source : (known[name] ?? null),
      );
      this.#totals.add(model, values, units ?? 0n, event.amount === null ? null : parseDecimal(share));
    }
  }
}

/** Functions from a place among the credited touchpoints to its share. */
interface Shares {
  amount: (place: number) => string;
  credit: ((place: number) => bigint) | null;
}

const NO_ADS: Ads = {};
