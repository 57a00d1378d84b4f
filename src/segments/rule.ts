/** The rule of a segment: a profile that matches it is in the segment. */

export type Scalar = string | number | boolean;

/** Texts compare with texts by their UTF-8 bytes, numbers with numbers; true and false only for equality. */
export type Comparison =
  | { op: "eq" | "neq"; value: Scalar }
  | { op: "gt" | "gte" | "lt" | "lte"; value: string | number }
  | { op: "in"; value: Scalar[] }
  | { op: "contains" | "starts_with"; value: string }
  /** Default: true. */
  | { op: "exists"; value?: boolean | null | undefined };

export interface EventRule {
  /** A definition's id. */
  event: string;
  /** Whole days of 24 hours before the snapshot. Default: the space's retention. */
  within_days?: number | null | undefined;
  /** Default: 1. */
  at_least?: number | null | undefined;
  /** An event counts if it matches all of these. */
  properties?: ({ property: string } & Comparison)[] | null | undefined;
}

export type Rule =
  | { all: Rule[] }
  | { any: Rule[] }
  | { none: Rule[] }
  | ({ attribute: string } & Comparison)
  | { tag: string }
  | EventRule;

/** The rules directly within a rule, each with its path. */
export function rulesIn(rule: Rule): readonly (readonly [path: readonly PropertyKey[], rule: Rule])[] {
  const within = (group: string, rules: readonly Rule[]) =>
    rules.map((inner, index) => [[group, index], inner] as const);
  if ("all" in rule) return within("all", rule.all);
  if ("any" in rule) return within("any", rule.any);
  return "none" in rule ? within("none", rule.none) : [];
}

/** The rule itself and every one within it. */
export function* eachRule(rule: Rule): Generator<Rule> {
  yield rule;
  for (const [, inner] of rulesIn(rule)) yield* eachRule(inner);
}
