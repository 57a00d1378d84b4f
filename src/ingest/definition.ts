/**
 * Event definitions: the names and types of their properties, and how they grow. A definition never loses a property.
 */

import * as z from "zod";
import { folded } from "../db/events/definitions.ts";
import { type Fault, invalid } from "../errors.ts";
import { clashingNames } from "./row-fields.ts";

export const MAX_PROPERTIES = 120;
const MAX_LIST_FIELDS = 128;

const PROPERTY_NAME = /^(?!__proto__$)(?=.{1,128}$)[\p{L}_$][\p{L}\p{N}_$-]*(?: [\p{L}\p{N}_$-]+)*$/u;

/** Whether a definition may have a property or a field of this name. */
export const isPropertyName = (text: string): boolean => PROPERTY_NAME.test(text);

const name = z
  .string()
  .regex(
    PROPERTY_NAME,
    "A property's name starts with a letter, _ or $, followed by letters, digits, _, $ or -, and single spaces between these: at most 128 characters.",
  );

const SCALARS = ["text", "boolean", "date", "number"] as const;

const MAX_DESCRIPTION = 200;

const described = {
  required: z.boolean().default(false),
  description: z
    .string()
    .max(MAX_DESCRIPTION)
    .refine((text) => text.isWellFormed(), "must be valid Unicode: it contains half of a surrogate pair.")
    .optional()
    .meta({ description: "What the value tells, for people." }),
};

const Field = z.strictObject({ name, type: z.enum(SCALARS), ...described });

export const Property = z
  .strictObject({
    name,
    type: z
      .enum([...SCALARS, "list"])
      .describe(
        "`date`: RFC 3339 with an offset, or a plain day (`2026-01-31`), kept as it was sent. `list`: objects with the properties in `fields`.",
      ),
    ...described,
    fields: z.array(Field).min(1).max(MAX_LIST_FIELDS).optional().describe("For a `list` only."),
  })
  .meta({ id: "EventProperty", outputId: "DefinedEventProperty" });

export const DefinitionId = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    "An event definition's id starts with a letter, followed by letters, digits and underscores: at most 64 characters.",
  );

export type Property = z.output<typeof Property>;
export type Field = z.output<typeof Field>;
export type Scalar = (typeof SCALARS)[number];

/**
 * Checks a definition's properties together, which the schema of one property cannot.
 * @param id the definition's.
 * @throws invalid_request pointing into `/properties`.
 */
export function checkProperties(id: string, properties: readonly Property[]): void {
  const faults = [
    ...eachFaults(properties),
    ...listFaults(properties, properties),
    ...renamedFaults(id, properties, []),
  ];
  if (faults.length > 0) throw invalid(...faults);
}

/** A fault of the property with this index. @param rest of the pointer. */
const faultAt = (index: number, rest: string, detail: string): Fault => ({
  pointer: `/properties/${index}${rest}`,
  detail,
});

/** The faults of each property, alone and beside the other properties of the call. */
function eachFaults(sent: readonly Property[]): Fault[] {
  const faults: Fault[] = [];
  for (const index of repeated(sent)) faults.push(faultAt(index, "/name", "Duplicate property name in this request."));
  for (const [index, property] of sent.entries()) {
    if (property.type === "list" && property.fields === undefined)
      faults.push(faultAt(index, "/fields", "A property of type list needs `fields`."));
    if (property.type !== "list" && property.fields !== undefined)
      faults.push(faultAt(index, "/fields", "Only a property of type list can have `fields`."));
    for (const field of repeated(property.fields ?? []))
      faults.push(faultAt(index, `/fields/${field}/name`, "Duplicate field name in this list."));
  }
  return [...faults, ...spellingFaults(sent)];
}

/** The faults of names that differ in letter case alone from one before them, properties and list fields together. */
function spellingFaults(sent: readonly Property[]): Fault[] {
  const faults: Fault[] = [];
  const spelled = new Map<string, string>();
  const check = (name: string, index: number, rest: string) => {
    const first = spelled.get(folded(name)) ?? name;
    spelled.set(folded(name), first);
    if (first !== name) faults.push(faultAt(index, rest, `${name} differs in letter case alone from ${first}.`));
  };
  for (const [index, { name, fields = [] }] of sent.entries()) {
    check(name, index, "/name");
    for (const [n, field] of fields.entries()) check(field.name, index, `/fields/${n}/name`);
  }
  return faults;
}

/**
 * The faults of a definition's properties together.
 * @param sent the properties that the call sent: pointers lead to these.
 */
function listFaults(all: readonly Property[], sent: readonly Property[]): Fault[] {
  const faults: Fault[] = [];
  const place = (property: Property | undefined) => sent.findIndex((each) => each.name === property?.name);
  const second = all.filter((property) => property.type === "list")[1];
  if (second !== undefined)
    faults.push(faultAt(place(second), "/type", "An event definition can have at most one property of type list."));
  if (all.length > MAX_PROPERTIES)
    faults.push({
      pointer: "/properties",
      detail: `An event definition can have at most ${MAX_PROPERTIES} properties.`,
    });
  const crowded = all.find((property) => (property.fields?.length ?? 0) > MAX_LIST_FIELDS);
  if (crowded !== undefined)
    faults.push(faultAt(place(crowded), "/fields", `A list can have at most ${MAX_LIST_FIELDS} fields.`));
  return faults;
}

/**
 * A flat row renames a property that has the name of a row field to `<id>_<name>`: no other property may have that
 * name.
 * @param sent the properties that the call sent: pointers lead to these.
 */
function renamedFaults(id: string, sent: readonly Property[], present: readonly Property[]): Fault[] {
  const old = new Set(present.map((property) => property.name));
  const all = new Set([...old, ...sent.map((property) => property.name)]);
  return clashingNames([...all], { enriched: true, extra: true }).flatMap((name) => {
    const renamed = [...all].find((each) => folded(each) === folded(`${id}_${name}`));
    if (renamed === undefined) return [];
    const added = [renamed, name].find((each) => !old.has(each));
    if (added === undefined) return [];
    const detail = `In a flat row, the property ${name} of this definition is named ${id}_${name}: the definition cannot have both.`;
    const index = sent.findIndex((each) => each.name === added);
    return [faultAt(index, "/name", detail)];
  });
}

/** The indexes of the items whose name occurs before them. */
function repeated(named: readonly { name: string }[]): number[] {
  const seen = new Set<string>();
  const places: number[] = [];
  for (const [index, each] of named.entries()) {
    if (seen.has(each.name)) places.push(index);
    seen.add(each.name);
  }
  return places;
}

/**
 * Adds properties to a definition: new ones at the end, new fields at the end of a list's fields. Of existing ones
 * nothing but the description changes.
 * @param id the definition's.
 * @throws invalid_request when an addition would change an existing property, or the grown definition is not valid.
 */
export function grow(id: string, present: readonly Property[], added: readonly Property[]): Property[] {
  const faults = eachFaults(added);
  const grown = present.map((property) => ({ ...property }));
  for (const [index, addition] of added.entries()) {
    const old = grown.find((property) => property.name === addition.name);
    if (old === undefined) {
      grown.push({ ...addition });
      continue;
    }
    const problem = changeProblem(old, addition);
    if (problem !== null) faults.push(faultAt(index, "", problem));
    else {
      describe(old, addition);
      if (old.fields !== undefined) old.fields = grownFields(old.fields, addition.fields ?? []);
    }
  }
  if (faults.length === 0) faults.push(...listFaults(grown, added), ...renamedFaults(id, added, present));
  if (faults.length > 0) throw invalid(...faults);
  return grown;
}

function describe(old: Property | Field, { description }: Property | Field): void {
  if (description !== undefined) old.description = description;
}

function grownFields(old: readonly Field[], added: readonly Field[]): Field[] {
  const fields = old.map((field) => ({ ...field }));
  for (const addition of added) {
    const known = fields.find((field) => field.name === addition.name);
    if (known === undefined) fields.push(addition);
    else describe(known, addition);
  }
  return fields;
}

function changeProblem(old: Property | Field, addition: Property | Field): string | null {
  if (old.type !== addition.type)
    return `${old.name} already exists with the type ${old.type}. A property's type cannot be changed.`;
  if (old.required !== addition.required) return `${old.name} already exists: its \`required\` cannot be changed.`;
  const fields = "fields" in old ? (old.fields ?? []) : [];
  for (const field of "fields" in addition ? (addition.fields ?? []) : []) {
    const same = fields.find((each) => each.name === field.name);
    const problem = same === undefined ? null : changeProblem(same, field);
    if (problem !== null) return problem;
  }
  return null;
}
