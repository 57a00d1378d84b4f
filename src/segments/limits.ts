/**
 * How complex a segment may be: known before it runs, and so that whatever is let in runs. D1 takes statements of 100,000 bytes,
 * expressions that are 100 deep and programs of 25,000 steps, and gives a query 30 seconds.
 */

import { SpillwayError } from "../errors.ts";
import { compileSegment } from "./compile.ts";
import { freezeFilter } from "./filter.ts";
import { eachRule, type Rule } from "./rule.ts";

export const MAX_RULES = 200;
export const MAX_EVENT_RULES = 20;
export const MAX_DEPTH = 10;
export const MAX_RULE_BYTES = 65_536;
/** What stands around it has the rest of a statement. */
export const MAX_SQL_BYTES = 60_000;

/** What a slice of profiles costs at most, in rules that look at a profile. */
const SLICE_WEIGHT = 400_000;
const MAX_PROFILES_PER_SLICE = 20_000;
/** Events lie where their time is: to get at a person's costs as much as so many looks at a profile, once for all rules. */
const EVENTS_WEIGHT = 180;
const EVENT_RULE_WEIGHT = 20;

/** @throws segment_too_complex, saying which limits are passed and by how much. */
export function refuseTooComplex(rule: Rule): void {
  const all = [...eachRule(rule)];
  const events = all.filter((each) => "event" in each);
  const rules = all.length + events.reduce((sum, each) => sum + (each.properties?.length ?? 0), 0);
  const bytes = Buffer.byteLength(JSON.stringify(rule));
  const said = [
    over("has", rules, MAX_RULES, "rules, those about events' properties included"),
    over("has", events.length, MAX_EVENT_RULES, "rules about events"),
    over("has", bytes, MAX_RULE_BYTES, "bytes"),
    // The length hardly depends on what the parameters are called, nor on the time.
    over(
      "needs",
      compileSegment(freezeFilter(rule, 0, 0, true), { seq: "?99", values: "?99" }).sql.length,
      MAX_SQL_BYTES,
      "bytes of SQL",
    ),
  ].filter((sentence) => sentence !== null);
  if (said.length > 0) throw tooComplex(said.join(" "));
}

/**
 * For what has not gone through its schema yet, which would not bear any depth.
 * @throws segment_too_complex where groups of rules stand in each other too deep.
 */
export function refuseTooDeep(rule: unknown): void {
  let depth = 0;
  for (let level: unknown[] = [rule]; level.length > 0; level = level.flatMap(groupedIn)) depth += 1;
  const said = over("nests", depth, MAX_DEPTH, "levels of rules");
  if (said !== null) throw tooComplex(said);
}

function groupedIn(rule: unknown): unknown[] {
  if (typeof rule !== "object" || rule === null) return [];
  const { all, any, none } = rule as Record<string, unknown>;
  return [all, any, none].flatMap((group) => (Array.isArray(group) ? (group as unknown[]) : []));
}

function over(verb: string, count: number, most: number, what: string): string | null {
  return count <= most ? null : `rule ${verb} ${count} ${what}: ${most} at most, ${count - most} too many.`;
}

function tooComplex(detail: string): SpillwayError {
  return new SpillwayError("segment_too_complex", detail, { faults: [{ pointer: "/rule", detail }] });
}

/** How many profiles one query may look at, so that it ends well within D1's 30 seconds. */
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
