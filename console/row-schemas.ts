/**
 * The columns that the rows of each dataset have, from the schemas of rows in the OpenAPI document. A form offers them,
 * beside those that the space's own definitions add.
 */

import { inPascalCase } from "../src/names.ts";
import { type DocumentedSchema, nameOf, type Schemas } from "./documented-schemas.ts";
import type { OpenPlace, RowSchema } from "./src/export-schema.ts";

/** What the names of a place's further columns are, by the schema of their values. */
const MEMBERS: Readonly<Record<string, OpenPlace["members"]>> = {
  PropertyValue: "properties",
  AttributeValue: "attributes",
};

/**
 * @param dataset its name. @param fields of its request.
 * @returns the forms that a row may have; none where the result is one document without rows.
 */
export function rowsOf(
  schemas: Schemas,
  dataset: string,
  fields: Readonly<Record<string, DocumentedSchema>>,
): readonly RowSchema[] {
  const sentence = `A row of the dataset \`${dataset}\``;
  const found = schemas.entries().find(([, { description = "" }]) => description.startsWith(sentence));
  if (found === undefined) return [];
  const [, row] = found;
  const forms = (row.anyOf ?? []).flatMap((form) => {
    const when = form.$ref === undefined ? null : choiceOf(nameOf(form.$ref), fields);
    return when === null ? [] : [{ when, ...columnsOf(schemas, [form]) }];
  });
  return forms.length > 0 ? forms : [{ when: null, ...columnsOf(schemas, [row]) }];
}

/** The choice in the request after which a form of rows is named: `NestedEventRow` by `row_format: "nested"`. */
function choiceOf(form: string, fields: Readonly<Record<string, DocumentedSchema>>): RowSchema["when"] {
  for (const [field, { enum: values = [] }] of Object.entries(fields))
    for (const value of values)
      if (typeof value === "string" && form.startsWith(inPascalCase(value))) return { field, value };
  return null;
}

/** Every path that leads to a value, and every place whose names the document does not fix. */
function columnsOf(schemas: Schemas, forms: readonly DocumentedSchema[]): Pick<RowSchema, "paths" | "open"> {
  const paths = new Set<string>();
  const open = new Map<string, OpenPlace>();
  const walk = (schema: DocumentedSchema, path: readonly string[]) => {
    const { properties, additionalProperties, anyOf, oneOf } = schemas.follow(schema);
    const alternatives = [...(anyOf ?? []), ...(oneOf ?? [])];
    for (const each of alternatives) if (path.length === 0 || isObject(schemas, each)) walk(each, path);
    for (const [name, member] of Object.entries(properties ?? {})) walk(member, [...path, name]);
    if (typeof additionalProperties === "object") {
      const values = additionalProperties.$ref === undefined ? "" : nameOf(additionalProperties.$ref);
      open.set(path.join("."), { path, members: MEMBERS[values] ?? "requested" });
    }
    const isValue = properties === undefined && additionalProperties === undefined;
    if (isValue && path.length > 0 && !alternatives.some((each) => isObject(schemas, each))) paths.add(path.join("."));
  };
  for (const form of forms) walk(form, []);
  return { paths: [...paths], open: [...open.values()] };
}

const isObject = (schemas: Schemas, schema: DocumentedSchema) => schemas.follow(schema).properties !== undefined;
