/**
 * The schemas of the datasets' requests, from the OpenAPI document, as the module `virtual:export-schemas`. The page's
 * forms are made from them, so that a new field of a dataset is in its form without a change here.
 */

import type { Plugin } from "vite";
import { documentOfCalls } from "../scripts/document-of-calls.ts";

const NAME = "virtual:export-schemas";
const RESOLVED = `\0${NAME}`;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface SchemaObject {
  [key: string]: Json;
}

/** Keywords that a form shows, or checks before the service does. */
const KEPT = new Set([
  "type",
  "const",
  "enum",
  "default",
  "description",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "items",
  "anyOf",
  "oneOf",
]);

export function exportSchemas(): Plugin {
  return {
    name: "export-schemas",
    resolveId: (id) => (id === NAME ? RESOLVED : null),
    load: (id) => (id === RESOLVED ? `export const DATASETS = ${JSON.stringify(datasets())};` : null),
  };
}

/** Each dataset in the document's order: its name, a sentence about it, its fields, and the names of the required ones. */
function datasets(): Json {
  const { components } = documentOfCalls() as unknown as { components: { schemas: Record<string, SchemaObject> } };
  const follow = (schema: SchemaObject): SchemaObject => {
    const { $ref, ...own } = schema;
    if (typeof $ref !== "string") return schema;
    const target = components.schemas[$ref.slice($ref.lastIndexOf("/") + 1)];
    if (target === undefined) throw new Error(`The OpenAPI document has no ${$ref}.`);
    return { ...follow(target), ...own };
  };
  const reduce = (schema: SchemaObject): SchemaObject =>
    Object.fromEntries(
      Object.entries(follow(schema))
        .filter(([keyword]) => KEPT.has(keyword))
        .map(([keyword, value]) => {
          if (keyword === "items") return [keyword, reduce(value as SchemaObject)];
          if (Array.isArray(value) && (keyword === "anyOf" || keyword === "oneOf"))
            return [keyword, value.map((each) => reduce(each as SchemaObject))];
          return [keyword, value];
        }),
    );
  const { oneOf } = follow({ $ref: "#/components/schemas/ExportRequest" });
  if (!Array.isArray(oneOf)) throw new Error("The OpenAPI document has no union of requests.");
  return oneOf.map((member) => {
    const { properties, required, description = "" } = follow(member as SchemaObject);
    const { dataset, ...fields } = properties as Record<string, SchemaObject>;
    const reduced = Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, reduce(schema)]));
    return { name: dataset?.["const"] ?? "", description, required: required ?? [], fields: reduced };
  });
}
