/**
 * Attribution models: which touchpoints of a journey get credit for a conversion. A journey is a list of touchpoints in
 * the order of (time, id); a model depends only on their kinds. shares.ts computes how much credit each of them gets.
 */

import type { Kind } from "./sources.ts";

export const MODELS = [
  "first_touch",
  "last_touch",
  "linear",
  "first_platform_touch",
  "last_platform_touch",
  "linear_paid",
  "u_shaped",
  "last_non_direct_touch",
] as const;

export type Model = (typeof MODELS)[number];

/** Which touchpoints are eligible (`non_direct`: direct ones if there are no others), and how they share the credit. */
export interface Rule {
  among: "all" | "paid" | "non_direct";
  share: "first" | "last" | "even" | "u_shaped";
}

export const RULES = {
  first_touch: { among: "all", share: "first" },
  last_touch: { among: "all", share: "last" },
  linear: { among: "all", share: "even" },
  first_platform_touch: { among: "paid", share: "first" },
  last_platform_touch: { among: "paid", share: "last" },
  linear_paid: { among: "paid", share: "even" },
  u_shaped: { among: "all", share: "u_shaped" },
  last_non_direct_touch: { among: "non_direct", share: "last" },
} as const satisfies Record<Model, Rule>;

/** Kinds are ordered: a touchpoint of this kind or a higher one is eligible. */
const MIN_KIND = { all: 0, non_direct: 1, paid: 2 } as const satisfies Record<Rule["among"], Kind>;

/** Does every touchpoint of a journey get credit, whatever its kind? */
export function creditsAll(model: Model): boolean {
  const { among, share }: Rule = RULES[model];
  return among === "all" && share !== "first" && share !== "last";
}

/**
 * The places in the journey of the touchpoints that get credit, ascending: one place if the model credits the first or
 * the last, else every eligible one; empty if none is eligible. The index in this list is the place among the credited
 * touchpoints.
 * @param kinds the kinds of the journey's touchpoints.
 */
export function credited(model: Model, kinds: ArrayLike<Kind>): readonly number[] {
  const { among, share } = RULES[model];
  const places = placesFrom(MIN_KIND[among], share, kinds);
  return places.length === 0 && among === "non_direct" ? placesFrom(0, share, kinds) : places;
}

function placesFrom(minKind: Kind, share: Rule["share"], kinds: ArrayLike<Kind>): readonly number[] {
  const places: number[] = [];
  for (let n = 0; n < kinds.length; n += 1) {
    const place = share === "last" ? kinds.length - 1 - n : n;
    if ((kinds[place] ?? 0) < minKind) continue;
    if (share === "first" || share === "last") return [place];
    places.push(place);
  }
  return places;
}
