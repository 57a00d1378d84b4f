/** The fields of every request body, read from the OpenAPI document: tests walk all of them instead of examples. */

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: Schema }> };
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** A text, a time, a day, or the name of a member that the client chooses. */
export type FieldKind = "text" | "date-time" | "date" | "name";

export interface BodyField {
  operationId: string;
  method: string;
  path: string;
  isAdmin: boolean;
  kind: FieldKind;
  /** Its pointer; for a name that of its object. */
  pointer: string;
  /** A body that has little but this field, and what says which form the body has. */
  bodyWith(value: string): unknown;
}

/** Some ids have to be UUIDs; no resource has this one. */
const ANY_ID = "00000000-0000-4000-8000-000000000000";
/** How often one schema may contain itself on the way to a field. */
const MAX_REPEATS = 1;

type Wrap = (value: unknown) => unknown;

export function bodyFields(document: Document): BodyField[] {
  const fields = new Map<string, BodyField>();
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const schema = operation.requestBody?.content["application/json"]?.schema;
      if (schema === undefined) continue;
      const call = {
        operationId: operation.operationId,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, ANY_ID),
        isAdmin: path.startsWith("/v1/spaces"),
      };
      const add = (kind: FieldKind, pointer: string, bodyWith: Wrap) =>
        fields.set(`${call.operationId} ${kind} ${pointer} ${JSON.stringify(bodyWith(""))}`, {
          ...call,
          kind,
          pointer,
          bodyWith,
        });
      walk(document, schema, "", (value) => value, add, []);
    }
  return [...fields.values()];
}

/** What a schema refers to, or the schema itself. */
const referred = ({ components }: Document, schema: Schema): Schema =>
  components.schemas[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;

function walk(
  document: Document,
  schema: Schema,
  pointer: string,
  wrap: Wrap,
  add: (kind: FieldKind, pointer: string, bodyWith: Wrap) => void,
  refs: readonly string[],
): void {
  if (schema.$ref !== undefined) {
    if (refs.filter((each) => each === schema.$ref).length > MAX_REPEATS) return;
    walk(document, referred(document, schema), pointer, wrap, add, [...refs, schema.$ref]);
    return;
  }
  for (const each of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])])
    walk(document, each, pointer, wrap, add, refs);
  const types = [schema.type ?? []].flat();
  if (types.includes("string") && schema.enum === undefined && schema.const === undefined && schema.format !== "uuid")
    add(schema.format === "date-time" || schema.format === "date" ? schema.format : "text", pointer, wrap);
  const fixed = Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
      const { type, const: only, enum: values } = referred(document, member);
      const text = type === "string" && schema.required?.includes(name) === true ? "a" : undefined;
      const value = only ?? values?.[0] ?? text;
      return value === undefined ? [] : [[name, value]];
    }),
  );
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    walk(document, member, `${pointer}/${name}`, (value) => wrap({ ...fixed, [name]: value }), add, refs);
  if (typeof schema.additionalProperties === "object") {
    const value = referred(document, schema.additionalProperties).enum?.[0] ?? null;
    add("name", pointer, (name) => wrap({ [String(name)]: value }));
    walk(document, schema.additionalProperties, `${pointer}/a`, (value) => wrap({ a: value }), add, refs);
  }
  if (schema.items !== undefined) walk(document, schema.items, `${pointer}/0`, (value) => wrap([value]), add, refs);
}
