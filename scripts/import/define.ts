/** `--define`: the event definition that a mapping describes. */

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

/** @returns false where one of that id is there already; it stays as it is. */
export async function define(client: Client, definition: ReturnType<typeof definitionOf>): Promise<boolean> {
  try {
    await client.define(definition);
    return true;
  } catch (thrown) {
    if (thrown instanceof CallError && thrown.status === 409) return false;
    throw thrown;
  }
}

function kindOf(constant: number | boolean): "number" | "boolean" {
  return typeof constant === "number" ? "number" : "boolean";
}
