/**
 * Checks an event's properties against its definition, and renders the JSON that is stored and exported: keys in the
 * definition's order, absent properties as null.
 */

import * as z from "zod";
import { type Fault, pointerToken } from "../errors.ts";
import { type IngestRules, rulesOf } from "./catalogue/rules.ts";
import type { Field, Property, Scalar } from "./definition.ts";

const dateTime = z.iso.datetime({ offset: true });

/** JSON numbers are read as 64-bit floating point, which rounds larger integers. */
export const INEXACT = "is an integer beyond 2^53, which JSON numbers do not keep exactly. Send it as a text.";

/** The most faults that are listed for one event. */
const MAX_FAULTS = 20;

/**
 * @param pointer the properties' JSON pointer in the body, e.g. `/events/3/properties`.
 * @param faults what is wrong is added here.
 * @returns the JSON text of the properties; not valid when faults were added.
 */
export function canonicalProperties(
  definition: { id: string; category: string; properties: readonly Property[] },
  properties: Readonly<Record<string, unknown>>,
  pointer: string,
  faults: Fault[],
): string {
  const rules = rulesOf(definition);
  const complete = rules.complete?.(properties) ?? properties;
  const found: Fault[] = [];
  const unknown = (name: string) =>
    `The definition ${definition.id} has no property ${name}. Names are case-sensitive.`;
  const text = objectText(definition.properties, complete, pointer, found, unknown, rules.values);
  faults.push(...found.slice(0, MAX_FAULTS));
  return text;
}

/** @param unknown the fault of a name that is not among the fields. */
function objectText(
  fields: readonly (Property | Field)[],
  record: Readonly<Record<string, unknown>>,
  pointer: string,
  faults: Fault[],
  unknown: (name: string) => string,
  rules?: IngestRules["values"],
): string {
  const known = new Set(fields.map((field) => field.name));
  for (const name of Object.keys(record))
    if (!known.has(name)) faults.push({ pointer: `${pointer}/${pointerToken(name)}`, detail: unknown(name) });
  const pairs = fields.map((field) => {
    const value = Object.hasOwn(record, field.name) ? record[field.name] : undefined;
    const at = `${pointer}/${pointerToken(field.name)}`;
    return `${JSON.stringify(field.name)}:${valueText(field, value, at, faults, rules)}`;
  });
  return `{${pairs.join()}}`;
}

function valueText(
  property: Property | Field,
  value: unknown,
  pointer: string,
  faults: Fault[],
  rules?: IngestRules["values"],
): string {
  if (value === undefined || value === null) {
    if (property.required) faults.push({ pointer, detail: `${property.name} is required.` });
    return "null";
  }
  if (property.type === "list") return listText(property, value, pointer, faults);
  const problem = scalarProblem(property.type, value) ?? rules?.get(property.name)?.(value) ?? null;
  if (problem !== null) faults.push({ pointer, detail: `${property.name} ${problem}` });
  return JSON.stringify(value);
}

function listText(property: Property | Field, value: unknown, pointer: string, faults: Fault[]): string {
  const fields = "fields" in property ? (property.fields ?? []) : [];
  if (!Array.isArray(value)) {
    faults.push({ pointer, detail: `${property.name} must be a list of objects.` });
    return "null";
  }
  const unknown = (name: string) => `${property.name} has no field ${name}.`;
  const items = value.map((item: unknown, index) => {
    const at = `${pointer}/${index}`;
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      faults.push({ pointer: at, detail: `Each item of ${property.name} must be an object.` });
      return "null";
    }
    return objectText(fields, item as Record<string, unknown>, at, faults, unknown);
  });
  return `[${items.join()}]`;
}

/** @returns what is wrong with a value of this type, in words that follow its name; null: nothing. */
export function scalarProblem(type: Scalar, value: unknown): string | null {
  switch (type) {
    case "text":
      if (typeof value !== "string") return "must be a text.";
      return value.isWellFormed() ? null : "contains half of a surrogate pair, which is not a character.";
    case "boolean":
      return typeof value === "boolean" ? null : "must be true or false.";
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number.";
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? INEXACT : null;
    case "date":
      return typeof value === "string" && dateTime.safeParse(value).success
        ? null
        : "must be an RFC 3339 date and time with an offset, for example 2026-01-31T09:30:00.000Z.";
  }
}
