/**
 * Conversions with their credit: pages of events → pages of lines, one line for each touchpoint that gets credit. The
 * query of a page tells the journeys of its events; those that it does not tell are read apart. Models that credit one
 * end read only the ends. Other models read whole journeys, of as many events at a time as fit into memory. A journey
 * that does not fit by itself is counted first and then walked page by page.
 */

import { credited, creditsAll, type Model, RULES } from "../../attribution/models.ts";
import { split, splitText } from "../../attribution/shares.ts";
import { parseDecimal } from "../../attribution/decimals.ts";
import { type EventRecord, type PageEvent, readEvents } from "../../db/events/events.ts";
import type { EventRange } from "../../db/events/event-range.ts";
import { countJourney, walkJourney } from "../../db/events/journey-walk.ts";
import type { CreditedTouch, JourneyScope } from "../../db/events/journeys.ts";
import { ahead } from "../ahead.ts";
import type { Page, Snapshot } from "../dataset.ts";
import { eventKey } from "../event-source.ts";
import { withOwners } from "../merged-people.ts";
import { type Ads, AdLevels } from "./ad-levels.ts";
import type { Attribution, Query } from "./freeze.ts";
import {
  endOf,
  type Journey,
  kindsOf,
  needsWholeJourneys,
  reachOf,
  readCreditedEnds,
  readWhole,
  scopeOf,
} from "./journeys.ts";
import { type EventText, Lines } from "./lines.ts";
import { Owners } from "./owners.ts";
import { type Asked, columnOf, PageJourneys, readPageEnds } from "./page-journeys.ts";
import { CREDIT, Totals } from "./summary.ts";

/** A page ends at this many lines, or about this many characters. */
export const PAGE_LINES = 8_000;
const PAGE_CHARACTERS = 2_000_000;

/** The credit of one line. */
interface Credit {
  event: Prepared;
  model: Model;
  touch: CreditedTouch;
  share: string;
  /** In units of CREDIT; null without totals. */
  units: bigint | null;
}

type Prepared = EventText & { record: EventRecord };

export class Crediting {
  readonly #snapshot: Snapshot;
  readonly #query: Query;
  readonly #attribution: Attribution;
  readonly #lines: Lines;
  readonly #ads: AdLevels;
  readonly #scope: JourneyScope;
  readonly #asked: Asked;
  readonly #journeys: PageJourneys;
  readonly #sources: ReadonlySet<string>;
  readonly #totals: Totals | null;
  /** Finished lines with the event of each, and credits that still need their ads or totals. */
  #ready: string[] = [];
  #events: EventRecord[] = [];
  #credits: Credit[] = [];
  /** The number of finished records among these, and the characters of the lines. */
  #records = 0;
  #characters = 0;

  constructor(snapshot: Snapshot, query: Query, attribution: Attribution) {
    this.#snapshot = snapshot;
    this.#query = query;
    this.#attribution = attribution;
    this.#lines = new Lines(query, snapshot.spaceId);
    this.#ads = new AdLevels(snapshot, new Set([...query.fields, ...attribution.groupBy]));
    this.#scope = scopeOf(snapshot, query, this.#ads.needed);
    this.#asked = { snapshot, scope: this.#scope, attribution, owners: new Owners(snapshot, attribution, query) };
    this.#journeys = new PageJourneys(this.#asked);
    this.#sources = new Set(attribution.sources);
    this.#totals = attribution.groupBy.length > 0 ? new Totals() : null;
  }

  /** @param range of the events. */
  async *pages(range: EventRange): AsyncGenerator<Page> {
    const column = columnOf(this.#asked);
    const whole = needsWholeJourneys(this.#attribution.models);
    const stored = readEvents(this.#snapshot.db, range, column);
    for await (const owned of ahead(withOwners(this.#snapshot, this.#query, stored, "personId"))) {
      await this.#asked.owners.look(owned);
      // The journey that the page tells is of the stored person alone.
      const page = owned.map((event) => (this.#asked.owners.isOfSeveral(event) ? { ...event, journey: "" } : event));
      yield* whole ? this.#byJourneys(page) : this.#byEnds(page);
      const last = page.at(-1);
      if (last !== undefined && (this.#records > 0 || this.#waiting > 0)) yield await this.#page(last);
    }
  }

  #prepare(record: EventRecord): Prepared {
    return { ...this.#lines.prepare(record), record };
  }

  async *#byEnds(events: readonly PageEvent[]): AsyncGenerator<Page> {
    const found = await readPageEnds(this.#asked, events);
    for (const [n, event] of events.entries()) {
      const prepared = this.#prepare(event);
      for (const [m, model] of this.#attribution.models.entries()) this.#credit(prepared, model, found[n]?.[m] ?? null);
      if (this.#recordDone()) yield await this.#page(event);
    }
  }

  async *#byJourneys(events: readonly PageEvent[]): AsyncGenerator<Page> {
    for (const [n, event] of events.entries()) {
      const journey = this.#journeys.told(event) ?? (await this.#journeys.read(events, n));
      if (journey === null) yield* this.#byWalk(event);
      else for (const _ of this.#byJourney(event, journey)) yield await this.#page(event);
    }
  }

  /** Yields whenever the page is full. */
  *#byJourney(record: EventRecord, journey: Journey): Generator<void> {
    const event = this.#prepare(record);
    const { touches, from, to } = journey;
    for (const model of this.#attribution.models) {
      const places = creditsAll(model) ? null : credited(model, kindsOf(journey));
      const n = places?.length ?? to - from;
      if (n === 0) continue;
      const shares = this.#sharesOf(event, model, n);
      for (let place = 0; place < n; place += 1) {
        const touch = touches[from + (places === null ? place : (places[place] ?? 0))];
        if (touch === undefined || !this.#sources.has(touch.source)) continue;
        this.#push(event, model, touch, shares, place);
        if (this.#isFull) yield;
      }
    }
    if (this.#recordDone()) yield;
  }

  /** One event with a long journey: read whole if one page of the walk is enough, else counted first, then walked. */
  async *#byWalk(event: EventRecord): AsyncGenerator<Page> {
    const { db } = this.#snapshot;
    const reach = reachOf(this.#attribution, event, this.#asked.owners.mergedOf(event));
    const whole = await readWhole(db, this.#scope, reach);
    if (whole !== null) {
      for (const _ of this.#byJourney(event, whole)) yield await this.#page(event);
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
  #credit(event: Prepared, model: Model, touch: CreditedTouch | null): void {
    if (touch === null || !this.#sources.has(touch.source)) return;
    this.#push(event, model, touch, this.#sharesOf(event, model, 1), 0);
  }

  #push(event: Prepared, model: Model, touch: CreditedTouch, shares: Shares, place: number): void {
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
