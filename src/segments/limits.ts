/**
 * Limits on the complexity of a segment's rule, checked before it is stored, so that every stored rule can run. D1
 * accepts statements of 100,000 bytes, expressions of depth 100 and programs of 25,000 steps, and ends a query after 30
 * seconds.
 */

import { SpillwayError } from "../errors.ts";
import { compileSegment } from "./compile.ts";
import { freezeFilter } from "./filter.ts";
import { eachRule, type Rule } from "./rule.ts";

export const MAX_RULES = 200;
export const MAX_EVENT_RULES = 20;
export const MAX_DEPTH = 10;
export const MAX_RULE_BYTES = 65_536;
/** The rest of a statement's 100,000 bytes is for the query around the condition. */
export const MAX_SQL_BYTES = 69_000;

/** The highest cost of a slice of profiles. The unit is one rule tested on one profile. */
const SLICE_WEIGHT = 400_000;
const MAX_PROFILES_PER_SLICE = 20_000;
/** Events are stored by time: to find a person's events costs as much as 180 rules, once for all event rules. */
const EVENTS_WEIGHT = 180;
const EVENT_RULE_WEIGHT = 20;

/** @param at the pointer to the rule. @throws segment_too_complex with each exceeded limit and by how much. */
export function rejectTooComplex(rule: Rule, at = "/rule"): void {
  const all = [...eachRule(rule)];
  const events = all.filter((each) => "event" in each);
  const rules = all.length + events.reduce((sum, each) => sum + (each.properties?.length ?? 0), 0);
  const bytes = Buffer.byteLength(JSON.stringify(rule));
  // The length hardly depends on the names of the parameters and on the time.
  const { sql } = compileSegment(freezeFilter(rule, 0, 0, true, true), { seq: "?99", values: "?99" });
  const exceeded = [
    over("has", rules, MAX_RULES, "rules, those about events' properties included"),
    over("has", events.length, MAX_EVENT_RULES, "rules about events"),
    over("has", bytes, MAX_RULE_BYTES, "bytes"),
    over("needs", sql.length, MAX_SQL_BYTES, "bytes of SQL"),
  ].filter((sentence) => sentence !== null);
  if (exceeded.length > 0) throw tooComplex(exceeded.join(" "), at);
}

/** So many rules are refused before their schema, which takes a kilobyte or more for the faults of each. */
const MAX_READ_RULES = 10 * MAX_RULES;

/**
 * Checks the size of a rule before its schema, which is recursive and collects the faults of every rule.
 * @param at the pointer to the rule.
 * @throws segment_too_complex if groups of rules are nested too deep, or far too many.
 */
export function rejectTooLarge(rule: unknown, at = "/rule"): void {
  let [depth, rules] = [0, 0];
  for (let level: unknown[] = [rule]; level.length > 0; level = level.flatMap(groupedIn)) {
    depth += 1;
    rules += level.length;
  }
  const exceeded =
    over("nests", depth, MAX_DEPTH, "levels of rules") ??
    (rules > MAX_READ_RULES ? over("has", rules, MAX_RULES, "rules") : null);
  if (exceeded !== null) throw tooComplex(exceeded, at);
}

function groupedIn(rule: unknown): unknown[] {
  if (typeof rule !== "object" || rule === null) return [];
  const { all, any, none } = rule as Record<string, unknown>;
  return [all, any, none].flatMap((group) => (Array.isArray(group) ? (group as unknown[]) : []));
}

function over(verb: string, count: number, max: number, what: string): string | null {
  return count <= max ? null : `rule ${verb} ${count} ${what}: ${max} at most, ${count - max} too many.`;
}

function tooComplex(detail: string, pointer: string): SpillwayError {
  return new SpillwayError("segment_too_complex", detail, { faults: [{ pointer, detail }] });
}

/** How many profiles one query may test, so that it ends well within D1's 30 seconds. */
export function maxProfilesPerQuery(rule: Rule): number {
  let weight = 0;
  let readsEvents = false;
  for (const each of eachRule(rule)) {
    weight += "event" in each ? EVENT_RULE_WEIGHT + (each.properties?.length ?? 0) : 1;
    readsEvents ||= "event" in each;
  }
  if (readsEvents) weight += EVENTS_WEIGHT;
  return Math.min(MAX_PROFILES_PER_SLICE, Math.floor(SLICE_WEIGHT / weight));
}
