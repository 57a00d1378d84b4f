/** `--define`: the event definition that a mapping describes. */

import type { DefinitionView } from "../answers.ts";
import { CallError, type Client } from "../client.ts";
import type { Mapping } from "./mapping.ts";
import { Unusable } from "./rows.ts";

type Properties = { name: string; type: "text" | "number" | "boolean" | "date" }[];

/** @param texts whether the file has nothing but texts: what has no type is one then. @throws Unusable where it says too little. */
export function definitionOf(mapping: Mapping, texts: boolean): { id: string; name: string; properties: Properties } {
  const id = mapping.definition_id.constant;
  if (typeof id !== "string") throw new Unusable("--define needs a definition_id that is a constant.");
  const properties = Object.entries(mapping.properties).map(([name, value]): Properties[number] => {
    const { constant, type = texts || value.template !== undefined ? "text" : undefined } = value;
    if (constant !== undefined) return { name, type: typeof constant === "string" ? "text" : kindOf(constant) };
    if (type === undefined || type === "json")
      throw new Unusable(`--define cannot tell the type of the property ${name}: text, number, boolean or date.`);
    return { name, type };
  });
  return { id, name: id, properties };
}

/**
 * One of that id that is there already stays as it is: it must fit.
 * @returns "not read" where this key may not look at it.
 * @throws Unusable where events of this mapping would be refused for it: with the PATCH to make.
 */
export async function define(
  client: Client,
  definition: ReturnType<typeof definitionOf>,
): Promise<"made" | "fits" | "not read"> {
  try {
    await client.define(definition);
    return "made";
  } catch (thrown) {
    if (!(thrown instanceof CallError) || thrown.status !== 409) throw thrown;
  }
  let standing: DefinitionView;
  try {
    standing = await client.json<DefinitionView>("GET", `/v1/event-definitions/${definition.id}`);
  } catch (thrown) {
    // A key may write events and not read them.
    if (thrown instanceof CallError && thrown.status === 403) return "not read";
    throw thrown;
  }
  const problem = misfitOf(definition, standing);
  if (problem !== null) throw new Unusable(problem);
  return "fits";
}

/** Why the definition that is there does not do for the mapping, and what to do; null where it does. */
export function misfitOf({ id, properties }: ReturnType<typeof definitionOf>, standing: DefinitionView): string | null {
  const types = new Map(standing.properties.map(({ name, type }) => [name, type]));
  const other = properties.filter(({ name, type }) => types.has(name) && types.get(name) !== type);
  if (other.length > 0) {
    const told = other.map(({ name, type }) => `${name} is ${types.get(name)} there and ${type} in the mapping`);
    return `The event definition ${id} is there already, and ${told.join(", ")}. A property keeps its type, also with PATCH: change the mapping, or name another definition.`;
  }
  const missing = properties.filter(({ name }) => !types.has(name));
  if (standing.enabled && missing.length === 0) return null;
  const lacks = missing.length === 0 ? [] : [`it has no ${missing.map(({ name }) => name).join(", ")}`];
  const why = [...(standing.enabled ? [] : ["it is disabled"]), ...lacks].join(", and ");
  const change = {
    ...(standing.enabled ? {} : { enabled: true }),
    ...(missing.length === 0 ? {} : { properties: missing }),
  };
  return `The event definition ${id} is there already, but ${why}. First: PATCH /v1/event-definitions/${id} ${JSON.stringify(change)}`;
}

function kindOf(constant: number | boolean): "number" | "boolean" {
  return typeof constant === "number" ? "number" : "boolean";
}
