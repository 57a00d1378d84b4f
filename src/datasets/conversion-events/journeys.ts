/**
 * The touchpoints that models look at, for many events at a time: of models that credit one end that end alone, of others the
 * part of an owner's journey that lies in an event's window.
 */

import { type Model, RULES, type Rule } from "../../attribution/models.ts";
import { type Kind, kindOf } from "../../attribution/sources.ts";
import type { Database } from "../../db/core/database.ts";
import {
  type End,
  type Reach,
  readEnds,
  readJourneys,
  type Snapshot,
  type Touch,
  WALK_ROWS,
  walkJourney,
} from "../../db/events/journeys.ts";

/** Which end a model reads, of which kinds; where these have none, of `fallback`. Null: it needs the whole journey. */
export function endOf(model: Model): { which: End["which"]; kinds: readonly Kind[]; fallback: readonly Kind[] } | null {
  const { among, share }: Rule = RULES[model];
  if (share !== "first" && share !== "last") return null;
  const kinds = { all: [0, 1, 2], paid: [2], non_direct: [1, 2] } as const;
  return { which: share, kinds: kinds[among], fallback: among === "non_direct" ? [0] : [] };
}

/**
 * Conversions whose whole journeys one step reads: where a person has a few hundred touchpoints these are a few hundred queries, and
 * where a company has so many that each conversion needs one of its own, as many.
 */
const A_STEP = { profile: 10_000, company: 250 } as const;

/** Null: no model of these reads whole journeys. */
export const journeysAStep = (models: readonly Model[], level: keyof typeof A_STEP): number | null =>
  models.some((model) => endOf(model) === null) ? A_STEP[level] : null;

/** @param models that credit one end. @returns for each reach and model the one touchpoint that gets the credit, or null. */
export async function readCreditedEnds(
  db: Database,
  snapshot: Snapshot,
  reaches: readonly Reach[],
  models: readonly Model[],
): Promise<(Touch | null)[][]> {
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
  const found = await readEnds(db, snapshot, reaches, [...ends.values()]);
  const wanted = asked.map(({ which, kinds, fallback }) => {
    const places = (of: readonly Kind[]) => of.map((kind) => keys.indexOf(`${which} ${kind}`));
    return { sign: which === "first" ? 1 : -1, kinds: places(kinds), fallback: places(fallback) };
  });
  return found.map((touches) =>
    wanted.map(({ sign, kinds, fallback }) => earliest(touches, kinds, sign) ?? earliest(touches, fallback, sign)),
  );
}

/** Of the touchpoints at these places the one that comes first; last, where the sign is −1. */
function earliest(touches: readonly (Touch | null)[], places: readonly number[], sign: number): Touch | null {
  let best: Touch | null = null;
  for (const place of places) {
    const touch = touches[place] ?? null;
    if (touch !== null && (best === null || sign * byKey(touch, best) < 0)) best = touch;
  }
  return best;
}

/** An owner's touchpoints and their kinds, and the part that an event's window takes, [from, to). */
export interface Journey {
  touches: readonly Touch[];
  kinds: Uint8Array;
  from: number;
  to: number;
}

export const NO_JOURNEY: Journey = { touches: [], kinds: new Uint8Array(), from: 0, to: 0 };

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

export const ownerKey = ({ owner }: Reach): string => `${owner.isCompany ? "company" : "person"} ${owner.id}`;

/** A journey that is no longer than a page of a walk; null: it is longer. */
export async function readWhole(db: Database, snapshot: Snapshot, reach: Reach): Promise<Journey | null> {
  for await (const touches of walkJourney(db, snapshot, reach, 0))
    return touches.length < WALK_ROWS ? wholeJourney(touches) : null;
  return NO_JOURNEY;
}

/** @returns for each reach its part of its owner's touchpoints, and how many were read; null where they are too many together. */
export async function readParts(
  db: Database,
  snapshot: Snapshot,
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
  const byOwner = new Map([...widest.keys()].map((key, n) => [key, wholeJourney(found[n] ?? [])]));
  return {
    of: reaches.map((reach) => within(byOwner.get(ownerKey(reach)) ?? NO_JOURNEY, reach)),
    read: found.reduce((sum, touches) => sum + touches.length, 0),
  };
}

function byKey(a: Touch, b: Touch): number {
  return a.time - b.time || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}
