/** A combination of segments by their ids. It becomes the rule that one segment would have. */

import { pointerTo } from "../errors.ts";
import type { Rule } from "./rule.ts";

export type Combination =
  | { segment: string }
  | { all: Combination[] }
  | { any: Combination[] }
  | { none: Combination[] };

/** The segments in a combination, each with the JSON pointer to its first place. @param at the combination's own. */
export function segmentsIn(combination: Combination, at = ""): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (part: Combination, path: readonly PropertyKey[]): void => {
    if (!("segment" in part)) {
      for (const [group, parts] of Object.entries<Combination[]>(part))
        for (const [index, inner] of parts.entries()) walk(inner, [...path, group, index]);
      return;
    }
    if (!found.has(part.segment)) found.set(part.segment, at + pointerTo([...path, "segment"]));
  };
  walk(combination, []);
  return found;
}

/** @param ruleOf the rule of a segment. */
export function combinedRule(combination: Combination, ruleOf: (segment: string) => Rule): Rule {
  const all = (parts: Combination[]) => parts.map((part) => combinedRule(part, ruleOf));
  if ("segment" in combination) return ruleOf(combination.segment);
  if ("all" in combination) return { all: all(combination.all) };
  return "any" in combination ? { any: all(combination.any) } : { none: all(combination.none) };
}
