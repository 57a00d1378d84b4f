/** What the reference page searches: each operation with the names of its parameters and of its body's fields. */

/** A JSON Schema of the document, as far as it leads to names of fields. */
interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Parameter {
  $ref?: string;
  name?: string;
}

interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
}

/** The parts of an OpenAPI document that are searched. */
export interface SearchedDocument {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema>; parameters?: Record<string, Parameter> };
}

export interface SearchEntry {
  /** The element of the operation on the page, which the page's address names as `route`. */
  route: string;
  /** `POST /v1/exports` */
  call: string;
  summary: string;
  tag: string;
  /** Names of parameters and of the body's fields, each once. */
  fields: string[];
}

const METHODS = new Set(["get", "put", "post", "patch", "delete"]);

/** The name of a component: the end of its reference. */
const componentOf = (reference: string) => reference.slice(reference.lastIndexOf("/") + 1);

/** One entry for each operation, in the order of the document. */
export function searchIndex({ paths, components }: SearchedDocument): SearchEntry[] {
  const schemas = new Map(Object.entries(components?.schemas ?? {}));
  const shared = new Map(Object.entries(components?.parameters ?? {}));
  const nameOf = ({ $ref, name }: Parameter) => name ?? shared.get(componentOf($ref ?? ""))?.name;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => ({
        route: `${method}-${path.replaceAll(/[\s#:?&={}-]+/g, "-")}`,
        call: `${method.toUpperCase()} ${path}`,
        summary: operation.summary ?? "",
        tag: operation.tags?.[0] ?? "",
        fields: [
          ...new Set([
            ...(operation.parameters ?? []).map(nameOf).filter((name) => name !== undefined),
            ...bodyFields(operation, schemas),
          ]),
        ],
      })),
  );
}

function bodyFields({ requestBody }: Operation, schemas: ReadonlyMap<string, Schema>): Set<string> {
  const fields = new Set<string>();
  const seen = new Set<Schema>();
  const walk = (schema: Schema | undefined): void => {
    if (schema === undefined || seen.has(schema)) return;
    seen.add(schema);
    if (schema.$ref !== undefined) walk(schemas.get(componentOf(schema.$ref)));
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      fields.add(name);
      walk(property);
    }
    walk(schema.items);
    for (const form of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) walk(form);
  };
  for (const { schema } of Object.values(requestBody?.content ?? {})) walk(schema);
  return fields;
}
