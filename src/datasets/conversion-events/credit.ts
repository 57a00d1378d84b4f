/**
 * Conversions with their credit: pages of events → pages of lines, a line a touchpoint that gets credit. The journeys of a page
 * come with one query. Models that credit one end read the ends alone; others read whole journeys, of as many events at a time
 * as fit memory; and a journey that does not fit by itself is counted and then walked, its shares told by the place.
 */

import { credited, type Model, RULES } from "../../attribution/models.ts";
import { split, splitText } from "../../attribution/shares.ts";
import type { Kind } from "../../attribution/sources.ts";
import { decimalOf } from "../../attribution/decimals.ts";
import type { EventRecord } from "../../db/events/events.ts";
import {
  countJourney,
  MAX_TOUCHES,
  type Owner,
  type Reach,
  type Snapshot,
  type Touch,
  walkJourney,
  WHOLE_LIFE,
} from "../../db/events/journeys.ts";
import type { Opening, Page } from "../dataset.ts";
import { type Ads, AdLevels } from "./ad-levels.ts";
import type { Attribution, Query } from "./freeze.ts";
import { endOf, type Journey, NO_JOURNEY, ownerKey, readCreditedEnds, readParts, readWhole } from "./journeys.ts";
import { type EventText, Lines, type Sale } from "./lines.ts";
import { CREDIT, groupKey, Totals } from "./summary.ts";

/** Events whose journeys are read together at first. */
const FIRST_EVENTS = 500;
/** Lines that are in memory together, and their characters, about. */
const PAGE_LINES = 8_000;
const PAGE_CHARACTERS = 2_000_000;
/** Events whose journeys' ends come with one query. Of a company's the ends of each of its people are looked at. */
const MAX_ENDS = { profile: 1_500, company: 200 } as const;

/** A credit that a line is made of. */
interface Credit {
  event: Prepared;
  model: Model;
  touch: Touch;
  share: string;
  /** In units of CREDIT; null where nothing is summed up. */
  units: bigint | null;
}

type Prepared = EventText & Sale & { record: EventRecord };

export class Crediting {
  readonly #opening: Opening;
  readonly #attribution: Attribution;
  readonly #lines: Lines;
  readonly #ads: AdLevels;
  readonly #snapshot: Snapshot;
  readonly #sources: ReadonlySet<string>;
  readonly #totals: Totals | null;
  /** Lines that are ready, and the event of each; credits whose lines want a look at their ads, or totals. */
  #ready: string[] = [];
  #events: EventRecord[] = [];
  #credits: Credit[] = [];
  /** How many records these are of, and how many characters they have. */
  #records = 0;
  #characters = 0;
  /** Owners whose journeys did not fit one query: there is no use in asking for them so. */
  readonly #long = new Set<string>();
  /** Events whose journeys are read together. */
  #together = FIRST_EVENTS;

  constructor(opening: Opening, query: Query, attribution: Attribution) {
    this.#opening = opening;
    this.#attribution = attribution;
    this.#lines = new Lines(query, opening.spaceId);
    this.#ads = new AdLevels(opening, new Set([...query.fields, ...attribution.groupBy]));
    this.#snapshot = {
      spaceId: opening.spaceId,
      seq: opening.snapshotSeq,
      withAds: this.#ads.needed,
      sifted: query.sifted ?? null,
    };
    this.#sources = new Set(attribution.sources);
    this.#totals = attribution.groupBy.length > 0 ? new Totals() : null;
  }

  async *pages(events: AsyncGenerator<EventRecord[]>): AsyncGenerator<Page> {
    const ends = this.#attribution.models.map(endOf);
    const whole = ends.some((end) => end === null);
    for await (const page of events)
      if (whole) yield* this.#byJourneys(page);
      else yield* this.#byEnds(page);
  }

  #reachOf(event: EventRecord): Reach {
    const { level, windowMs } = this.#attribution;
    const owner: Owner =
      level === "company" && event.companyId !== null
        ? { id: event.companyId, isCompany: true }
        : { id: event.personId, isCompany: false };
    return { owner, from: windowMs === null ? WHOLE_LIFE : event.occurredAt - windowMs, to: event.occurredAt };
  }

  #prepared(record: EventRecord): Prepared {
    return { ...this.#lines.prepare(record), record };
  }

  async *#byEnds(events: readonly EventRecord[]): AsyncGenerator<Page> {
    const { db } = this.#opening;
    const most = MAX_ENDS[this.#attribution.level];
    for (let from = 0; from < events.length; from += most) {
      const part = events.slice(from, from + most);
      const found = await readCreditedEnds(
        db,
        this.#snapshot,
        part.map((event) => this.#reachOf(event)),
        this.#attribution.models,
      );
      for (const [n, event] of part.entries()) {
        const prepared = this.#prepared(event);
        for (const [m, model] of this.#attribution.models.entries())
          this.#credit(prepared, model, found[n]?.[m] ?? null);
        if (this.#recordDone()) yield await this.#page(event);
      }
    }
    yield* this.#rest(events.at(-1));
  }

  async *#byJourneys(events: readonly EventRecord[]): AsyncGenerator<Page> {
    for (let from = 0; from < events.length;) {
      const [first] = events.slice(from, from + 1);
      if (first !== undefined && this.#long.has(ownerKey(this.#reachOf(first)))) {
        yield* this.#byWalk(first);
        from += 1;
        continue;
      }
      const part = events.slice(from, from + this.#together);
      const journeys = await readParts(
        this.#opening.db,
        this.#snapshot,
        part.map((event) => this.#reachOf(event)),
      );
      if (journeys !== null) {
        for (const [n, event] of part.entries()) yield* this.#byJourney(event, journeys.of[n] ?? NO_JOURNEY);
        // As many as probably fit, by the last ones.
        this.#together = Math.ceil(Math.min(4 * part.length, (0.8 * MAX_TOUCHES * part.length) / (journeys.read + 1)));
        from += part.length;
      } else if (part.length > 1) this.#together = Math.ceil(part.length / 2);
      else if (first !== undefined) this.#long.add(ownerKey(this.#reachOf(first)));
    }
    yield* this.#rest(events.at(-1));
  }

  *#creditsOf(event: Prepared, { touches, kinds, from, to }: Journey): Generator<boolean> {
    for (const model of this.#attribution.models) {
      const places = credited(model, kinds.subarray(from, to) as Uint8Array & ArrayLike<Kind>);
      const shares = this.#sharesOf(event, model, places.length);
      for (let n = 0; n < places.length; n += 1) {
        const touch = touches[from + (places[n] ?? 0)];
        if (touch === undefined || !this.#sources.has(touch.source)) continue;
        this.#push(event, model, touch, shares, n);
        if (this.#isFull) yield true;
      }
    }
  }

  async *#byJourney(event: EventRecord, journey: Journey): AsyncGenerator<Page> {
    for (const _full of this.#creditsOf(this.#prepared(event), journey)) yield await this.#page(event);
    if (this.#recordDone()) yield await this.#page(event);
  }

  /** One event whose journey does not fit one query: a page of the walk, where that is all of it, else it is counted first. */
  async *#byWalk(event: EventRecord): AsyncGenerator<Page> {
    const { db } = this.#opening;
    const reach = this.#reachOf(event);
    const whole = await readWhole(db, this.#snapshot, reach);
    if (whole !== null) {
      yield* this.#byJourney(event, whole);
      return;
    }
    const prepared = this.#prepared(event);
    for (const model of this.#attribution.models) {
      const { among } = RULES[model];
      if (endOf(model) !== null) {
        const [[touch = null] = []] = await readCreditedEnds(db, this.#snapshot, [reach], [model]);
        this.#credit(prepared, model, touch);
        continue;
      }
      const leastKind = among === "paid" ? 2 : 0;
      const n = await countJourney(db, this.#snapshot, reach, leastKind);
      if (n === 0) continue;
      const shares = this.#sharesOf(prepared, model, n);
      let place = 0;
      for await (const touches of walkJourney(db, this.#snapshot, reach, leastKind))
        for (const touch of touches) {
          if (this.#sources.has(touch.source)) this.#push(prepared, model, touch, shares, place);
          place += 1;
          if (this.#isFull) yield await this.#page(event);
        }
      if (place !== n) throw new Error("a journey changed while it was read");
    }
    if (this.#recordDone()) yield await this.#page(event);
  }

  #sharesOf({ amount }: Sale, model: Model, n: number): Shares {
    if (n === 0) return NO_SHARES;
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

  /** An event's lines are all there. @returns whether that is a page. */
  #recordDone(): boolean {
    this.#records += 1;
    return this.#isFull;
  }

  async *#rest(last: EventRecord | undefined): AsyncGenerator<Page> {
    if (last !== undefined && (this.#records > 0 || this.#waiting > 0)) yield await this.#page(last);
  }

  /** The lines under way as a page; of an event that has more of them its record counts later. @param last the event that was come to. */
  async #page(last: EventRecord): Promise<Page> {
    await this.#finishCredits();
    const [lines, events, records] = [this.#ready, this.#events, this.#records];
    [this.#ready, this.#events, this.#records, this.#characters] = [[], [], 0, 0];
    return {
      lines,
      records,
      keyOf: (line) => keyOf(events[line] ?? last),
      ...(this.#totals === null ? {} : { summary: { groups: this.#totals.take() } }),
    };
  }

  /** Makes lines of what waits for its ads and for the totals. */
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
      this.#totals.add(groupKey(model, values), units ?? 0n, event.amount === null ? null : decimalOf(share));
    }
  }
}

/** Places among the credited → what each gets. */
interface Shares {
  amount: (place: number) => string;
  credit: ((place: number) => bigint) | null;
}

const NO_ADS: Ads = {};

const NO_SHARES: Shares = { amount: () => "null", credit: null };

const keyOf = (event: EventRecord) => ({ time: event.occurredAt, id: event.id });
