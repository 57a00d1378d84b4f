/**
 * Conversions with their credit: pages of events → pages of lines, a line a touchpoint that gets credit. The journeys of a page
 * come with one query. Models that credit one end read the ends alone; others read whole journeys, of as many events at a time
 * as fit memory; and a journey that does not fit by itself is counted and then walked, its shares told by the place.
 */

import { credited, type Model, RULES, type Rule } from "../../attribution/models.ts";
import { split, splitText } from "../../attribution/shares.ts";
import { type Kind, kindOf } from "../../attribution/sources.ts";
import { decimalOf } from "../../attribution/decimals.ts";
import type { EventRecord } from "../../db/events.ts";
import {
  countJourney,
  type End,
  type Owner,
  type Reach,
  readEnds,
  readJourneys,
  type Snapshot,
  type Touch,
  walkJourney,
  WHOLE_LIFE,
} from "../../db/journeys.ts";
import type { Opening, Page } from "../dataset.ts";
import { AdLevels } from "./ad-levels.ts";
import type { Attribution, Query } from "./freeze.ts";
import { type EventText, Lines, type Sale } from "./lines.ts";
import { CREDIT, groupKey, Totals } from "./summary.ts";

/** Touchpoints that are in memory together: about 3 MB, and 30 MB if all their ids are as long as ids may be. */
const MOST_TOUCHES = 30_000;
/** Lines that are in memory together, about. */
const PAGE_LINES = 8_000;
/** Events whose journeys' ends come with one query. Of a company's the ends of each of its people are looked at. */
const MOST_ENDS = { profile: 1_500, company: 200 } as const;

/** Which end a model reads, of which kinds; where these have none, of `fallback`. Null: it needs the whole journey. */
function endOf(model: Model): { which: End["which"]; kinds: readonly Kind[]; fallback: readonly Kind[] } | null {
  const { among, share }: Rule = RULES[model];
  if (share !== "first" && share !== "last") return null;
  const kinds = { all: [0, 1, 2], paid: [2], non_direct: [1, 2] } as const;
  return { which: share, kinds: kinds[among], fallback: among === "non_direct" ? [0] : [] };
}

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
  /** How many events' journeys are read together: as many as fit, told by those before. */
  #together = Infinity;
  /** The pages' lines under way, the event of each, and how many records they are of. */
  #credits: Credit[] = [];
  #records = 0;

  constructor(opening: Opening, query: Query, attribution: Attribution) {
    this.#opening = opening;
    this.#attribution = attribution;
    this.#lines = new Lines(query, opening.spaceId);
    this.#ads = new AdLevels(opening, new Set([...query.fields, ...attribution.groupBy]));
    this.#snapshot = { spaceId: opening.spaceId, seq: opening.snapshotSeq, withAds: this.#ads.needed };
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
    const most = MOST_ENDS[this.#attribution.level];
    for (let from = 0; from < events.length; from += most) {
      const part = events.slice(from, from + most);
      const found = await this.#readEnds(part, this.#attribution.models);
      for (const [n, event] of part.entries()) {
        const prepared = this.#prepared(event);
        for (const [m, model] of this.#attribution.models.entries())
          this.#credit(prepared, model, found[n]?.[m] ?? null);
        yield* this.#recordDone(event);
      }
    }
    yield* this.#rest(events.at(-1));
  }

  /** @returns for each event and model, the one touchpoint that gets the credit. */
  async #readEnds(events: readonly EventRecord[], models: readonly Model[]): Promise<(Touch | null)[][]> {
    const { db } = this.#opening;
    const asked = models.flatMap((model) => {
      const end = endOf(model);
      return end === null ? [] : [end];
    });
    const ends = new Map(
      asked.flatMap(({ which, kinds, fallback }) =>
        [...kinds, ...fallback].map((kind) => [`${which} ${kind}`, { which, kind }] as const),
      ),
    );
    const keys = [...ends.keys()];
    const found = await readEnds(
      db,
      this.#snapshot,
      events.map((event) => this.#reachOf(event)),
      [...ends.values()],
    );
    return found.map((touches) => {
      const best = (which: End["which"], kinds: readonly Kind[]) =>
        kinds
          .map((kind) => touches[keys.indexOf(`${which} ${kind}`)] ?? null)
          .filter((touch) => touch !== null)
          .toSorted(byKey)
          .at(which === "first" ? 0 : -1) ?? null;
      return asked.map(({ which, kinds, fallback }) => best(which, kinds) ?? best(which, fallback));
    });
  }

  async *#byJourneys(events: readonly EventRecord[]): AsyncGenerator<Page> {
    for (let from = 0; from < events.length;) {
      const part = events.slice(from, from + this.#together);
      const reaches = part.map((event) => this.#reachOf(event));
      const journeys = await this.#readJourneys(reaches);
      const [only] = part;
      if (journeys === null && part.length === 1 && only !== undefined) yield* this.#byWalk(only);
      else if (journeys === null) {
        this.#together = Math.ceil(part.length / 2);
        continue;
      } else
        for (const [n, event] of part.entries()) {
          yield* this.#creditJourney(this.#prepared(event), journeys[n] ?? NO_JOURNEY);
          yield* this.#recordDone(event);
        }
      from += part.length;
    }
    yield* this.#rest(events.at(-1));
  }

  /** @returns for each reach its part of its owner's touchpoints; null where they are too many together. */
  async #readJourneys(reaches: readonly Reach[]): Promise<Journey[] | null> {
    const widest = new Map<string, Reach>();
    const keyOf = ({ owner }: Reach) => `${owner.isCompany ? "company" : "person"} ${owner.id}`;
    for (const reach of reaches) {
      const before = widest.get(keyOf(reach));
      widest.set(keyOf(reach), {
        owner: reach.owner,
        from: Math.min(reach.from, before?.from ?? reach.from),
        to: Math.max(reach.to, before?.to ?? reach.to),
      });
    }
    const found = await readJourneys(this.#opening.db, this.#snapshot, [...widest.values()], MOST_TOUCHES);
    if (found === null) return null;
    if (found.reduce((sum, touches) => sum + touches.length, 0) < MOST_TOUCHES / 4) this.#together *= 2;
    const byOwner = new Map([...widest.keys()].map((key, n) => [key, wholeJourney(found[n] ?? [])]));
    return reaches.map((reach) => within(byOwner.get(keyOf(reach)) ?? NO_JOURNEY, reach));
  }

  async *#creditJourney(event: Prepared, { touches, kinds, from, to }: Journey): AsyncGenerator<Page> {
    const own = kinds.subarray(from, to) as Uint8Array & ArrayLike<Kind>;
    for (const model of this.#attribution.models) {
      const places = credited(model, own);
      const shares = this.#sharesOf(event, model, places.length);
      for (const [n, place] of places.entries()) {
        const touch = touches[from + place];
        if (touch === undefined || !this.#sources.has(touch.source)) continue;
        this.#push(event, model, touch, shares, n);
        if (this.#credits.length >= PAGE_LINES) yield await this.#page(event.record);
      }
    }
  }

  /** One event whose journey does not fit memory. */
  async *#byWalk(event: EventRecord): AsyncGenerator<Page> {
    const { db } = this.#opening;
    const prepared = this.#prepared(event);
    const reach = this.#reachOf(event);
    for (const model of this.#attribution.models) {
      const { among } = RULES[model];
      if (endOf(model) !== null) {
        const [[touch = null] = []] = await this.#readEnds([event], [model]);
        this.#credit(prepared, model, touch);
        continue;
      }
      const leastKind = among === "paid" ? 2 : 0;
      const n = await countJourney(db, this.#snapshot, reach, leastKind);
      if (n === 0) continue;
      const shares = this.#sharesOf(prepared, model, n);
      let place = 0;
      for await (const touches of walkJourney(db, this.#snapshot, reach, leastKind)) {
        for (const touch of touches) {
          if (this.#sources.has(touch.source)) this.#push(prepared, model, touch, shares, place);
          place += 1;
          if (this.#credits.length >= PAGE_LINES) yield await this.#page(event);
        }
      }
      if (place !== n) throw new Error("a journey changed while it was read");
    }
    yield* this.#recordDone(event);
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
    this.#credits.push({ event, model, touch, share: shares.amount(place), units: shares.credit?.(place) ?? null });
  }

  /** An event's lines are all there. @returns a page when enough are. */
  async *#recordDone(event: EventRecord): AsyncGenerator<Page> {
    this.#records += 1;
    if (this.#credits.length >= PAGE_LINES) yield await this.#page(event);
  }

  async *#rest(last: EventRecord | undefined): AsyncGenerator<Page> {
    if (last !== undefined && (this.#records > 0 || this.#credits.length > 0)) yield await this.#page(last);
  }

  /** The lines under way as a page; of an event that has more of them its record counts later. @param last the event that was come to. */
  async #page(last: EventRecord): Promise<Page> {
    const credits = this.#credits;
    const ads = this.#ads.needed ? await this.#ads.resolve(credits.map(({ touch }) => touch)) : [];
    const lines = credits.map(({ event, model, touch, share }, n) =>
      this.#lines.credit(event, touch, `"${model}"`, share, ads[n] ?? {}),
    );
    if (this.#totals !== null)
      for (const [n, { event, model, touch, units, share }] of credits.entries()) {
        const values = this.#attribution.groupBy.map((name) =>
          name === "source" ? touch.source : (ads[n]?.[name] ?? null),
        );
        this.#totals.add(groupKey(model, values), units ?? 0n, event.amount === null ? null : decimalOf(share));
      }
    const page: Page = {
      lines,
      first: keyOf(credits[0]?.event.record ?? last),
      last: keyOf(last),
      records: this.#records,
      keyOf: (line) => keyOf(credits[line]?.event.record ?? last),
      ...(this.#totals === null ? {} : { summary: { groups: this.#totals.take() } }),
    };
    this.#credits = [];
    this.#records = 0;
    return page;
  }
}

/** Places among the credited → what each gets. */
interface Shares {
  amount: (place: number) => string;
  credit: ((place: number) => bigint) | null;
}

const NO_SHARES: Shares = { amount: () => "null", credit: null };

/** An owner's touchpoints and their kinds, and the part that an event's window takes, [from, to). */
interface Journey {
  touches: readonly Touch[];
  kinds: Uint8Array;
  from: number;
  to: number;
}

const NO_JOURNEY: Journey = { touches: [], kinds: new Uint8Array(), from: 0, to: 0 };

const wholeJourney = (touches: readonly Touch[]): Journey => ({
  touches,
  kinds: Uint8Array.from(touches, ({ source }) => kindOf(source)),
  from: 0,
  to: touches.length,
});

function within(journey: Journey, { from, to }: Reach): Journey {
  return { ...journey, from: firstAt(journey.touches, from), to: firstAt(journey.touches, to + 1) };
}

/** The place of the first touchpoint at a time or later. */
function firstAt(touches: readonly Touch[], time: number): number {
  let [low, high] = [0, touches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((touches[middle]?.time ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const keyOf = (event: EventRecord) => ({ time: event.occurredAt, id: event.id });

function byKey(a: Touch, b: Touch): number {
  return a.time - b.time || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}
