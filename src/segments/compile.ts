/** Compiles rules to SQL. The same filter has the same SQL and values. */

import {
  type Condition,
  type ConditionParameters,
  Constants,
  every,
  hasEvents,
  hasMember,
  hasTag,
  none,
  some,
} from "../db/profiles/conditions.ts";
import { countsFrom, type SegmentFilter } from "./filter.ts";
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
  const constants = new Constants(parameters.values);
  const matches = (rule: Rule): string => {
    if ("all" in rule) return every(rule.all.map(matches));
    if ("any" in rule) return some(rule.any.map(matches));
    if ("none" in rule) return none(rule.none.map(matches));
    if ("attribute" in rule) return compared("p.attributes", rule.attribute, rule);
    if ("tag" in rule) return hasTag(constants.scalar(rule.tag));
    return happened(rule);
  };
  const happened = (rule: EventRule): string =>
    hasEvents(
      {
        from: constants.scalar(countsFrom(filter, rule.within_days)),
        definitionId: constants.scalar(rule.event),
        also: (rule.properties ?? []).map((each) => compared("e.properties", each.property, each)),
        count: constants.scalar(rule.at_least ?? 1),
        excludeDeleted: filter.excludeDeleted,
      },
      parameters,
    );
  const compared = (object: "p.attributes" | "e.properties", name: string, comparison: Comparison): string => {
    const has = hasMember(object, constants.scalar(name), testOf(comparison, constants));
    return isNegated(comparison) ? none([has]) : has;
  };
  return constants.condition(matches(filter.rule));
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
