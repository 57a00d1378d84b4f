/**
 * The touchpoints that models need, for many events at a time: one end of the journey for models that credit one end,
 * else the part of the owner's journey that lies in the event's window.
 */

import { type Model, RULES, type Rule } from "../../attribution/models.ts";
import { type Kind, kindOf } from "../../attribution/sources.ts";
import type { Database } from "../../db/core/database.ts";
import { compareKeys } from "../../db/events/event-range.ts";
import type { EventRecord } from "../../db/events/events.ts";
import { type End, readEnds } from "../../db/events/journey-ends.ts";
import { WALK_ROWS, walkJourney } from "../../db/events/journey-walk.ts";
import {
  type CreditedTouch,
  type JourneyScope,
  type Owner,
  type Reach,
  readJourneys,
  type Touch,
  WHOLE_LIFE,
} from "../../db/events/journeys.ts";
import type { Snapshot } from "../dataset.ts";
import { deletionsToExclude } from "../event-source.ts";
import type { Attribution, Query } from "./freeze.ts";

/**
 * The journey that gets credit for an event: of its person or, at the level of companies, of its company.
 * @param merged the people who are merged into the person.
 */
export function reachOf(
  { level, windowMs }: Pick<Attribution, "level" | "windowMs">,
  { occurredAt, personId, companyId }: Pick<EventRecord, "occurredAt" | "personId" | "companyId">,
  merged: readonly string[],
): Reach {
  const owner: Owner =
    level === "company" && companyId !== null
      ? { id: companyId, isCompany: true }
      : { id: personId, isCompany: false, merged };
  return { owner, from: windowMs === null ? WHOLE_LIFE : occurredAt - windowMs, to: occurredAt };
}

export const scopeOf = (snapshot: Snapshot, query: Query, withAds: boolean): JourneyScope => ({
  spaceId: snapshot.spaceId,
  seq: snapshot.seq,
  withAds,
  excludeDeleted: deletionsToExclude(query, snapshot),
  merged: query.merged,
});

/** The end that a model reads, of these kinds, else of `fallback` kinds. Null: the model needs the whole journey. */
export function endOf(model: Model): { which: End["which"]; kinds: readonly Kind[]; fallback: readonly Kind[] } | null {
  const { among, share }: Rule = RULES[model];
  if (share !== "first" && share !== "last") return null;
  const kinds = { all: [0, 1, 2], paid: [2], non_direct: [1, 2] } as const;
  return { which: share, kinds: kinds[among], fallback: among === "non_direct" ? [0] : [] };
}

/** Conversions whose whole journeys one step reads at most; `cutJourneys` counts their touchpoints. */
export const MAX_JOURNEYS_PER_STEP = 10_000;

export const needsWholeJourneys = (models: readonly Model[]): boolean => models.some((model) => endOf(model) === null);

/** @param models each credits one end. @returns for each reach and model the credited touchpoint, or null. */
export async function readCreditedEnds(
  db: Database,
  snapshot: JourneyScope,
  reaches: readonly Reach[],
  models: readonly Model[],
): Promise<(Touch | null)[][]> {
  const modelEnds = models.map(endOf).filter((end) => end !== null);
  const ends = new Map(
    modelEnds.flatMap(({ which, kinds, fallback }) =>
      [...kinds, ...fallback].map((kind) => [`${which} ${kind}`, { which, kind }] as const),
    ),
  );
  const keys = [...ends.keys()];
  const found = await readEnds(db, snapshot, reaches, [...ends.values()]);
  const wanted = modelEnds.map(({ which, kinds, fallback }) => {
    const places = (of: readonly Kind[]) => of.map((kind) => keys.indexOf(`${which} ${kind}`));
    return { sign: which === "first" ? 1 : -1, kinds: places(kinds), fallback: places(fallback) };
  });
  return found.map((touches) =>
    wanted.map(({ sign, kinds, fallback }) => earliest(touches, kinds, sign) ?? earliest(touches, fallback, sign)),
  );
}

/** The first of the touchpoints at these places; the last with the sign −1. */
function earliest(touches: readonly (Touch | null)[], places: readonly number[], sign: number): Touch | null {
  let best: Touch | null = null;
  for (const place of places) {
    const touch = touches[place] ?? null;
    if (touch !== null && (best === null || sign * compareKeys(touch, best) < 0)) best = touch;
  }
  return best;
}

/** An owner's touchpoints, and the part [from, to) that lies in an event's window. */
export interface Journey {
  touches: readonly CreditedTouch[];
  from: number;
  to: number;
}

export const NO_JOURNEY: Journey = { touches: [], from: 0, to: 0 };

export const wholeJourney = (touches: readonly CreditedTouch[]): Journey => ({ touches, from: 0, to: touches.length });

/** The kinds of a journey's touchpoints, for models that ask for them. */
export const kindsOf = ({ touches, from, to }: Journey): Kind[] =>
  touches.slice(from, to).map(({ source }) => kindOf(source));

const within = (touches: readonly Touch[], { from, to }: Reach): Journey => ({
  touches,
  from: firstAt(touches, from),
  to: firstAt(touches, to + 1),
});

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

export const ownerKey = ({ owner }: Reach): string => `${owner.isCompany ? "company" : "person"} ${owner.id}`;

/** The whole journey, if it has at most `WALK_ROWS` touchpoints; null: it is longer. */
export async function readWhole(db: Database, snapshot: JourneyScope, reach: Reach): Promise<Journey | null> {
  const whole: Touch[] = [];
  for await (const touches of walkJourney(db, snapshot, reach, 0)) {
    if (whole.length + touches.length > WALK_ROWS) return null;
    for (const touch of touches) whole.push(touch);
  }
  return wholeJourney(whole);
}

/**
 * @returns each reach's part of its owner's journey, and how many touchpoints were read; null: too many for a query.
 */
export async function readParts(
  db: Database,
  snapshot: JourneyScope,
  reaches: readonly Reach[],
): Promise<{ of: Journey[]; read: number } | null> {
  const widest = new Map<string, Reach>();
  for (const reach of reaches) {
    const before = widest.get(ownerKey(reach));
    widest.set(ownerKey(reach), {
      owner: reach.owner,
      from: Math.min(reach.from, before?.from ?? reach.from),
      to: Math.max(reach.to, before?.to ?? reach.to),
    });
  }
  const found = await readJourneys(db, snapshot, [...widest.values()]);
  if (found === null) return null;
  const byOwner = new Map([...widest.keys()].map((key, n) => [key, found[n] ?? []]));
  return {
    of: reaches.map((reach) => within(byOwner.get(ownerKey(reach)) ?? [], reach)),
    read: found.reduce((sum, touches) => sum + touches.length, 0),
  };
}
