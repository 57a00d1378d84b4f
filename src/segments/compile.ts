/** Compiles rules to SQL. The same filter has the same SQL and values. */

import {
  type Condition,
  type ConditionParameters,
  Constants,
  eventKnown,
  eventMatches,
  type EventTest,
  every,
  hasEvents,
  isOfPerson,
  hasMember,
  hasTag,
  memberPath,
  none,
  some,
  tagSpellings,
} from "../db/profiles/conditions.ts";
import { countsFrom, type SegmentFilter, segmentReadsFrom } from "./filter.ts";
import type { Comparison, EventRule, Rule, Scalar } from "./rule.ts";

const NUMBER = "m.type IN ('integer', 'real')";
const TEXT = "m.type = 'text'";
const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * The condition that a profile is in the segment: `… FROM profiles p WHERE p.space_id = ?1 AND <asOf> AND
 * (<condition.sql>)`.
 * @param parameters the query's parameters for the snapshot's sequence number and for `condition.values`.
 */
export function compileSegment(filter: SegmentFilter, parameters: ConditionParameters): Condition {
  return compile(filter, parameters, null);
}

/** @param passed for each rule about events, in their order, whether the profile passes it; null: SQL finds out. */
function compile(filter: SegmentFilter, parameters: ConditionParameters, passed: readonly boolean[] | null): Condition {
  const known = eventKnown(parameters.seq, filter.excludeDeleted);
  const isTheirs = isOfPerson("p.person_id", parameters.seq, filter.merged === true);
  const tests: { matches: string; count: number }[] = [];
  let decided = 0;
  const constants = new Constants(parameters.values);
  const matches = (rule: Rule): string => {
    if ("all" in rule) return every(rule.all.map(matches));
    if ("any" in rule) return some(rule.any.map(matches));
    if ("none" in rule) return none(rule.none.map(matches));
    if ("attribute" in rule) return compared("p.attributes", rule.attribute, rule);
    if ("tag" in rule) return hasTag(tagSpellings(rule.tag).map((text) => constants.scalar(text)));
    if (passed === null) return happened(rule);
    decided += 1;
    return passed[decided - 1] === true ? "1" : "0";
  };
  const happened = (rule: EventRule): string => {
    const count = rule.at_least ?? 1;
    const test: EventTest = {
      from: constants.scalar(countsFrom(filter, rule.within_days)),
      definitionId: constants.scalar(rule.event),
      also: (rule.properties ?? []).map((each) => compared("e.properties", each.property, each)),
    };
    tests.push({ matches: eventMatches(test), count });
    return hasEvents(test, isTheirs, known, constants.scalar(count));
  };
  const compared = (object: "p.attributes" | "e.properties", name: string, comparison: Comparison): string => {
    const has = hasMember(object, constants.scalar(memberPath(name)), testOf(comparison, constants));
    return isNegated(comparison) ? none([has]) : has;
  };
  const sql = matches(filter.rule);
  return constants.condition(
    sql,
    tests.length === 0
      ? null
      : {
          from: segmentReadsFrom(filter),
          excludeDeleted: filter.excludeDeleted,
          merged: filter.merged === true,
          tests,
          decided: (results) => compile(filter, parameters, results),
        },
  );
}

/** `neq` and `exists: false` negate `eq` and `exists`, so that a missing value matches. */
const isNegated = (comparison: Comparison) =>
  comparison.op === "neq" || (comparison.op === "exists" && comparison.value === false);

/** SQL: a test on the value `m`, of this comparison or of the one that it negates. */
function testOf(comparison: Comparison, constants: Constants): string {
  switch (comparison.op) {
    case "eq":
    case "neq":
      return equals(comparison.value, constants);
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const { op, value } = comparison;
      return `${typeof value === "string" ? TEXT : NUMBER} AND m.value ${OPERATORS[op]} ${constants.scalar(value)}`;
    }
    case "in":
      return isAmong(comparison.value, constants);
    case "contains":
      return `${TEXT} AND instr(m.value, ${constants.scalar(comparison.value)}) > 0`;
    case "starts_with":
      return `${TEXT} AND instr(m.value, ${constants.scalar(comparison.value)}) = 1`;
    case "exists":
      return "m.type <> 'null'";
  }
}

function equals(value: Scalar, constants: Constants): string {
  if (typeof value === "boolean") return `m.type = '${value}'`;
  return `${typeof value === "string" ? TEXT : NUMBER} AND m.value = ${constants.scalar(value)}`;
}

function isAmong(values: readonly Scalar[], constants: Constants): string {
  const texts = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number");
  const tests = [
    ...(texts.length === 0 ? [] : [`(${TEXT} AND m.value IN ${constants.list(texts)})`]),
    ...(numbers.length === 0 ? [] : [`(${NUMBER} AND m.value IN ${constants.list(numbers)})`]),
    ...[true, false].filter((value) => values.includes(value)).map((value) => `m.type = '${value}'`),
  ];
  return tests.length === 0 ? "0" : `(${tests.join(" OR ")})`;
}
