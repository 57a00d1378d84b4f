/**
 * The schemas of the datasets' requests, from the OpenAPI document, as the module `virtual:export-schemas`. The page's
 * forms are made from them, so that a new field of a dataset is in its form without a change here.
 */

import type { Plugin } from "vite";
import { documentOfCalls } from "../scripts/document-of-calls.ts";
import { type DocumentedSchema, Schemas } from "./documented-schemas.ts";
import { rowsOf } from "./row-schemas.ts";
import type { DatasetSchema, FieldSchema } from "./src/export-schema.ts";

const NAME = "virtual:export-schemas";
const RESOLVED = `\0${NAME}`;

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
]);

export function exportSchemas(): Plugin {
  return {
    name: "export-schemas",
    resolveId: (id) => (id === NAME ? RESOLVED : null),
    load: (id) => (id === RESOLVED ? `export const DATASETS = ${JSON.stringify(readDatasets())};` : null),
  };
}

/** Each dataset in the document's order. @throws Error where the document is not as the forms need it. */
export function readDatasets(): DatasetSchema[] {
  const { components } = documentOfCalls() as unknown as { components: { schemas: Record<string, DocumentedSchema> } };
  const schemas = new Schemas(components.schemas);
  const scheduled = new Map(
    requestsOf(schemas, "ScheduledRequest").map(({ name, fields }) => [name, Object.keys(fields)]),
  );
  return requestsOf(schemas, "ExportRequest").map(({ name, description, required, fields }) => ({
    name,
    description,
    required: required.filter((each) => each !== "dataset"),
    fields: Object.fromEntries(Object.entries(fields).map(([field, schema]) => [field, reduced(schemas, schema)])),
    filledByRuns: Object.keys(fields).filter((field) => scheduled.get(name)?.includes(field) === false),
    rows: rowsOf(schemas, name, fields),
  }));
}

/** The members of a union of requests, one for each dataset. */
function requestsOf(schemas: Schemas, union: string) {
  const { oneOf } = schemas.named(union);
  if (oneOf === undefined) throw new Error(`The OpenAPI document has no union ${union}.`);
  return oneOf.map((member) => {
    const { properties = {}, required = [], description = "" } = schemas.follow(member);
    const { dataset, ...fields } = properties;
    return { name: String(dataset?.const), description, required, fields };
  });
}

/** A schema with the kept keywords alone, and without references. */
function reduced(schemas: Schemas, schema: DocumentedSchema): FieldSchema {
  const { items, anyOf, oneOf, ...own } = schemas.follow(schema);
  const reduce = (each: DocumentedSchema) => reduced(schemas, each);
  return {
    ...Object.fromEntries(Object.entries(own).filter(([keyword]) => KEPT.has(keyword))),
    ...(items !== undefined && { items: reduce(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(reduce) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(reduce) }),
  };
}
