/** What an event definition is: names and types of properties, and how it may grow. Definitions only ever grow. */

import * as z from "zod";
import { type Fault, invalid } from "../errors.ts";
import { clashingNames } from "./row-fields.ts";

export const MAX_PROPERTIES = 120;
export const MAX_LIST_FIELDS = 128;

const name = z
  .string()
  .regex(
    /^(?!__proto__$)[\p{L}_$][\p{L}\p{N}_$-]{0,127}$/u,
    "A property's name begins with a letter, _ or $, and goes on with letters, digits, _, $ or -: 128 characters at most.",
  );

const SCALARS = ["text", "boolean", "date", "number"] as const;

const Field = z.strictObject({
  name,
  type: z.enum(SCALARS),
  required: z.boolean().default(false),
});

export const Property = z
  .strictObject({
    name,
    type: z
      .enum([...SCALARS, "list"])
      .describe("`date`: RFC 3339 with an offset. `list`: objects with these `fields`."),
    required: z.boolean().default(false),
    fields: z.array(Field).min(1).max(MAX_LIST_FIELDS).optional().describe("Of a `list` alone."),
  })
  .meta({ id: "EventProperty", outputId: "EventPropertyOut" });

export const DefinitionId = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    "An event definition's id begins with a letter and goes on with letters, digits and underscores: 64 characters at most.",
  );

export type Property = z.output<typeof Property>;
export type Field = z.output<typeof Field>;
export type Scalar = (typeof SCALARS)[number];

/**
 * Checks what a schema of one property cannot: the whole list of them.
 * @param id the definition's.
 * @throws invalid_request pointing into `/properties`.
 */
export function checkProperties(id: string, properties: readonly Property[]): void {
  const faults = [
    ...faultsOfEach(properties),
    ...faultsOfAll(properties, properties),
    ...faultsOfRenamed(id, properties, []),
  ];
  if (faults.length > 0) throw invalid(...faults);
}

const at = (index: number, rest = "") => `/properties/${index}${rest}`;

/** What is wrong with the properties as they were sent, each by itself and beside the others of the call. */
function faultsOfEach(sent: readonly Property[]): Fault[] {
  const faults: Fault[] = [];
  for (const index of repeated(sent))
    faults.push({ pointer: at(index, "/name"), detail: "This property's name is taken by one before it." });
  for (const [index, property] of sent.entries()) {
    if (property.type === "list" && property.fields === undefined)
      faults.push({ pointer: at(index, "/fields"), detail: "A list property names its fields." });
    if (property.type !== "list" && property.fields !== undefined)
      faults.push({ pointer: at(index, "/fields"), detail: "Only a list property has fields." });
    for (const field of repeated(property.fields ?? []))
      faults.push({
        pointer: at(index, `/fields/${field}/name`),
        detail: "This field's name is taken by one before it.",
      });
  }
  return faults;
}

/**
 * What is wrong with a definition's properties together.
 * @param sent those of them that the call sent: pointers lead to these.
 */
function faultsOfAll(all: readonly Property[], sent: readonly Property[]): Fault[] {
  const faults: Fault[] = [];
  const place = (property: Property | undefined) => sent.findIndex((each) => each.name === property?.name);
  const second = all.filter((property) => property.type === "list")[1];
  if (second !== undefined)
    faults.push({ pointer: at(place(second), "/type"), detail: "An event has one list property at most." });
  if (all.length > MAX_PROPERTIES)
    faults.push({ pointer: "/properties", detail: `An event has ${MAX_PROPERTIES} properties at most.` });
  const crowded = all.find((property) => (property.fields?.length ?? 0) > MAX_LIST_FIELDS);
  if (crowded !== undefined)
    faults.push({ pointer: at(place(crowded), "/fields"), detail: `A list has ${MAX_LIST_FIELDS} fields at most.` });
  return faults;
}

/**
 * A flat row renames a property that is called like a field of its own, to `<id>_<name>`: no other may have that name.
 * @param sent what is new among them, or was sent again: pointers lead to these.
 */
function faultsOfRenamed(id: string, sent: readonly Property[], present: readonly Property[]): Fault[] {
  const old = new Set(present.map((property) => property.name));
  const all = new Set([...old, ...sent.map((property) => property.name)]);
  return clashingNames([...all], true).flatMap((name) => {
    const renamed = `${id}_${name}`;
    if (!all.has(renamed)) return [];
    const added = [renamed, name].find((each) => !old.has(each));
    if (added === undefined) return [];
    const detail = `A flat row calls the property ${name} of this definition ${renamed}: it cannot have both.`;
    return [
      {
        pointer: at(
          sent.findIndex((each) => each.name === added),
          "/name",
        ),
        detail,
      },
    ];
  });
}

/** The places of those whose name stands before them already. */
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
 * The properties with others added: new ones at the end, new fields at the end of a list's. One that is there already stays
 * as it is.
 * @param id the definition's.
 * @throws invalid_request when an added one would change one that is there, or the whole is not valid.
 */
export function grow(id: string, present: readonly Property[], added: readonly Property[]): Property[] {
  const faults = faultsOfEach(added);
  const grown = present.map((property) => ({ ...property }));
  for (const [index, addition] of added.entries()) {
    const old = grown.find((property) => property.name === addition.name);
    if (old === undefined) {
      grown.push({ ...addition });
      continue;
    }
    const problem = changes(old, addition);
    if (problem !== null) faults.push({ pointer: at(index), detail: problem });
    else if (old.fields !== undefined) {
      const names = new Set(old.fields.map((field) => field.name));
      old.fields = [...old.fields, ...(addition.fields ?? []).filter((field) => !names.has(field.name))];
    }
  }
  if (faults.length === 0) faults.push(...faultsOfAll(grown, added), ...faultsOfRenamed(id, added, present));
  if (faults.length > 0) throw invalid(...faults);
  return grown;
}

function changes(old: Property | Field, addition: Property | Field): string | null {
  if (old.type !== addition.type)
    return `${old.name} is there already, as ${old.type}: a definition only grows, its properties keep their types.`;
  if (old.required !== addition.required)
    return `${old.name} is there already: whether it is required cannot be changed.`;
  const fields = "fields" in old ? (old.fields ?? []) : [];
  for (const field of "fields" in addition ? (addition.fields ?? []) : []) {
    const same = fields.find((each) => each.name === field.name);
    const problem = same === undefined ? null : changes(same, field);
    if (problem !== null) return problem;
  }
  return null;
}
