/**
 * Checks a rule against what the space has defined: a rule on an unknown event, on a property that its definition
 * lacks, or with a comparison that no value of the type can meet, would select no profile, and no error would say so.
 */

import { type Fault, MAX_FAULTS, pointerTo } from "../errors.ts";
import { didYouMean } from "../suggestion.ts";
import { isInstantOrDay } from "../time/instant.ts";
import { type Comparison, type Rule, rulesIn, type Scalar } from "./rule.ts";

export type ValueType = "text" | "boolean" | "date" | "number" | "list";

/** What the names in a rule mean in the space. */
export interface DefinedNames {
  /** Event definition → its properties' types. */
  events: ReadonlyMap<string, ReadonlyMap<string, ValueType>>;
  /** Attributes that have a definition. A profile may have others, of any type. */
  attributes: ReadonlyMap<string, ValueType>;
  /** Ids of event definitions, for suggestions. */
  suggested: readonly string[];
}

type Path = readonly PropertyKey[];

/** The faults of a rule that has the schema's form, with pointers below `at`. At most 100. */
export function ruleFaults(rule: Rule, defined: DefinedNames, at: Path): Fault[] {
  const faults: Fault[] = [];
  const visit = (each: Rule, path: Path): void => {
    if (faults.length >= MAX_FAULTS) return;
    faults.push(...ownFaults(each, defined, path));
    for (const [step, inner] of rulesIn(each)) visit(inner, [...path, ...step]);
  };
  visit(rule, at);
  return faults.slice(0, MAX_FAULTS);
}

function ownFaults(rule: Rule, defined: DefinedNames, at: Path): Fault[] {
  if ("attribute" in rule) {
    const type = defined.attributes.get(rule.attribute);
    return type === undefined ? [] : comparisonFaults(rule, `The attribute ${rule.attribute}`, type, at);
  }
  if (!("event" in rule)) return [];
  const properties = defined.events.get(rule.event);
  if (properties === undefined) {
    const detail = `The space has no event definition ${rule.event}.${didYouMean(rule.event, defined.suggested)}`;
    return [{ pointer: pointerTo([...at, "event"]), detail }];
  }
  return (rule.properties ?? []).flatMap((condition, index) =>
    propertyFaults(condition, rule.event, properties, [...at, "properties", index]),
  );
}

function propertyFaults(
  condition: { property: string } & Comparison,
  event: string,
  properties: ReadonlyMap<string, ValueType>,
  at: Path,
): Fault[] {
  const { property } = condition;
  const type = properties.get(property);
  const refuse = (detail: string): Fault[] => [{ pointer: pointerTo([...at, "property"]), detail }];
  if (type === undefined)
    return refuse(`The definition ${event} has no property ${property}.${didYouMean(property, properties.keys())}`);
  if (type === "list") return refuse(`${property} is a list: rules compare single values. Name another property.`);
  return comparisonFaults(condition, `The property ${property}`, type, at);
}

/** The values that a type compares with. Dates compare as texts. */
const VALUES: Record<ValueType, { kind: string; words: string }> = {
  text: { kind: "string", words: "a text" },
  date: { kind: "string", words: "a day or a time, such as 2026-01-31 or 2026-01-31T09:30:00Z" },
  number: { kind: "number", words: "a number" },
  boolean: { kind: "boolean", words: "true or false" },
  list: { kind: "none", words: "nothing" },
};

function comparisonFaults(comparison: Comparison, name: string, type: ValueType, at: Path): Fault[] {
  const { kind, words } = VALUES[type];
  const refuse = (member: "op" | "value", detail: string): Fault[] => [
    { pointer: pointerTo([...at, member]), detail: `${name} has the type ${type}: ${detail}` },
  ];
  const fits = (value: Scalar) => typeof value === kind;
  // Other comparisons of dates may be with the beginning of a text: `2026-01`.
  const isValue = (value: Scalar) => fits(value) && (type !== "date" || isInstantOrDay(String(value)));
  switch (comparison.op) {
    case "eq":
    case "neq":
      return isValue(comparison.value) ? [] : refuse("value", `compare it with ${words}.`);
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      if (type === "boolean") return refuse("op", `${comparison.op} does not apply to it. Use eq, neq or in.`);
      return fits(comparison.value) ? [] : refuse("value", `compare it with ${words}.`);
    case "in":
      return comparison.value.some(isValue) ? [] : refuse("value", `compare it with ${words}.`);
    case "contains":
    case "starts_with":
      return kind === "string" ? [] : refuse("op", `${comparison.op} applies to texts and dates alone.`);
    case "exists":
      return [];
  }
}

/** Where the attributes and the tags of a rule are: each name with the pointer to it, below `at`. */
export function namesInRule(rule: Rule, at: Path): { kind: "attribute" | "tag"; name: string; pointer: string }[] {
  const inner = rulesIn(rule).flatMap(([step, each]) => namesInRule(each, [...at, ...step]));
  if ("attribute" in rule)
    return [{ kind: "attribute", name: rule.attribute, pointer: pointerTo([...at, "attribute"]) }];
  if ("tag" in rule) return [{ kind: "tag", name: rule.tag, pointer: pointerTo([...at, "tag"]) }];
  return inner;
}
