/** `--define`: the event definition that a mapping describes. */

import type { DefinitionView } from "../answers.ts";
import { CallError } from "../client.ts";
import type { Mapping } from "./mapping.ts";
import { InputError } from "./rows.ts";
import type { Service } from "./service.ts";

type Properties = { name: string; type: "text" | "number" | "boolean" | "date" }[];

/**
 * @param texts the file has only texts, so that a property without a type is a text. @throws InputError for a property
 * without a type.
 */
export function definitionOf(mapping: Mapping, texts: boolean): { id: string; name: string; properties: Properties } {
  const id = mapping.definition_id.constant;
  if (typeof id !== "string") throw new InputError("--define needs a constant definition_id in the mapping.");
  const properties = Object.entries(mapping.properties).map(([name, value]): Properties[number] => {
    const { constant, type = texts || value.template !== undefined ? "text" : undefined } = value;
    if (constant !== undefined) return { name, type: typeof constant === "string" ? "text" : kindOf(constant) };
    if (type === undefined || type === "json")
      throw new InputError(
        `--define needs a type of the property ${name} in the mapping: text, number, boolean or date.`,
      );
    return { name, type };
  });
  return { id, name: id, properties };
}

/**
 * Creates the definition. An existing one is not changed: it must have the mapping's properties.
 * @returns "not read" where the key may not read the existing definition.
 * @throws InputError where the service would reject events of this mapping, with the PATCH that helps.
 */
export async function define(
  service: Service,
  definition: ReturnType<typeof definitionOf>,
): Promise<"created" | "fits" | "not read"> {
  try {
    await service.json("POST", "/v1/event-definitions", definition, (error) => error.status === 409);
    return "created";
  } catch (thrown) {
    if (!(thrown instanceof CallError) || thrown.status !== 409) throw thrown;
  }
  let existing: DefinitionView;
  try {
    existing = await service.json<DefinitionView>("GET", `/v1/event-definitions/${definition.id}`);
  } catch (thrown) {
    // A key may have the scope to write events and not the scope to read definitions.
    if (thrown instanceof CallError && thrown.status === 403) return "not read";
    throw thrown;
  }
  const problem = definitionProblem(definition, existing);
  if (problem !== null) throw new InputError(problem);
  return "fits";
}

/** @returns why the existing definition does not suit the mapping, and what to do; null where it does. */
export function definitionProblem(
  { id, properties }: ReturnType<typeof definitionOf>,
  existing: DefinitionView,
): string | null {
  const types = new Map(existing.properties.map(({ name, type }) => [name, type]));
  const other = properties.filter(({ name, type }) => types.has(name) && types.get(name) !== type);
  if (other.length > 0) {
    const differing = other.map(
      ({ name, type }) => `its property ${name} is ${types.get(name)}, and ${type} in the mapping`,
    );
    return `The event definition ${id} exists already: ${differing.join(", ")}. The type of a property cannot be changed: change the mapping, or name another definition.`;
  }
  const missing = properties.filter(({ name }) => !types.has(name));
  if (existing.enabled && missing.length === 0) return null;
  const lacks = missing.length === 0 ? [] : [`it has no ${missing.map(({ name }) => name).join(", ")}`];
  const why = [...(existing.enabled ? [] : ["it is disabled"]), ...lacks].join(", and ");
  const change = {
    ...(existing.enabled ? {} : { enabled: true }),
    ...(missing.length === 0 ? {} : { properties: missing }),
  };
  return `The event definition ${id} exists already, but ${why}. Change it first: PATCH /v1/event-definitions/${id} ${JSON.stringify(change)}`;
}

function kindOf(constant: number | boolean): "number" | "boolean" {
  return typeof constant === "number" ? "number" : "boolean";
}
