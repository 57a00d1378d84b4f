/** `--define`: creates the event definitions that an import needs, or checks those that exist. */

import { SpillwayError } from "../errors.ts";
import { InputError } from "./rows.ts";
import type { DefinitionView, Service } from "./service.ts";
import type { Property, Wanted } from "./wanted.ts";

export type Outcome = "created" | "fits" | "not read";

/**
 * Creates the definitions that are missing. Existing ones are not changed: they must have the wanted properties.
 * @returns "not read" where the key may not read an existing definition.
 * @throws InputError, before anything is created, where the service would reject events, with the PATCH that helps.
 */
export async function define(service: Service, wanted: readonly Wanted[]): Promise<Map<string, Outcome>> {
  const existing = new Map<string, DefinitionView | "missing" | "not read">();
  for (const { id } of wanted) existing.set(id, await read(service, id));
  const problems = wanted.flatMap((definition) => {
    const found = existing.get(definition.id);
    const problem = typeof found === "object" ? definitionProblem(definition, found) : null;
    return problem === null ? [] : [problem];
  });
  if (problems.length > 0) throw new InputError(problems.join("\n"));
  const outcomes = new Map<string, Outcome>();
  for (const definition of wanted) {
    const found = existing.get(definition.id);
    outcomes.set(definition.id, typeof found === "object" ? "fits" : await create(service, definition, found));
  }
  return outcomes;
}

async function read(service: Service, id: string): Promise<DefinitionView | "missing" | "not read"> {
  try {
    return await service.json<DefinitionView>("GET", `/v1/event-definitions/${id}`);
  } catch (thrown) {
    if (thrown instanceof SpillwayError && thrown.status === 404) return "missing";
    // A key may have the scope to write events and not the scope to read definitions.
    if (thrown instanceof SpillwayError && thrown.status === 403) return "not read";
    throw thrown;
  }
}

async function create(service: Service, definition: Wanted, found: "missing" | "not read" | undefined) {
  try {
    await service.json("POST", "/v1/event-definitions", definition, (error) => error.status === 409);
    return "created";
  } catch (thrown) {
    if (found === "not read" && thrown instanceof SpillwayError && thrown.status === 409) return "not read";
    throw thrown;
  }
}

/** @returns why the existing definition does not suit the import, and what to do; null where it does. */
export function definitionProblem({ id, properties }: Wanted, existing: DefinitionView): string | null {
  const own = new Map(existing.properties.map((property) => [property.name, property]));
  const other = properties.flatMap((property) => differing(property, own.get(property.name), "its property"));
  if (other.length > 0)
    return `The event definition ${id} exists already: ${other.join(", ")}. The type of a property cannot be changed: change the mapping, or name another definition.`;
  const missing = properties.flatMap((property) => lacking(property, own.get(property.name)));
  if (existing.enabled && missing.length === 0) return null;
  const lacks = missing.length === 0 ? [] : [`it has no ${missing.map(shownName).join(", ")}`];
  const why = [...(existing.enabled ? [] : ["it is disabled"]), ...lacks].join(", and ");
  const change = {
    ...(existing.enabled ? {} : { enabled: true }),
    ...(missing.length === 0 ? {} : { properties: missing }),
  };
  return `The event definition ${id} exists already, but ${why}. Change it first: PATCH /v1/event-definitions/${id} ${JSON.stringify(change)}`;
}

function differing({ name, type, fields = [] }: Property, own: Property | undefined, what: string): string[] {
  if (own === undefined) return [];
  if (own.type !== type) return [`${what} ${name} is ${own.type}, and ${type} in the import`];
  const types = new Map((own.fields ?? []).map((field) => [field.name, field]));
  return fields.flatMap((field) => differing(field, types.get(field.name), `the field of ${name}`));
}

/** The property as far as the definition lacks it: as a whole, or a list with the missing fields. */
function lacking(property: Property, own: Property | undefined): Property[] {
  if (own === undefined) return [property];
  const names = new Set((own.fields ?? []).map((field) => field.name));
  const fields = (property.fields ?? []).filter((field) => !names.has(field.name));
  return fields.length === 0 ? [] : [{ ...property, fields }];
}

function shownName({ name, fields }: Property): string {
  return fields === undefined ? name : `${name} (${fields.map((field) => field.name).join(", ")})`;
}
