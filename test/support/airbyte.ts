/** docs/connect/airbyte.yaml as Airbyte reads it: with its references resolved, and its templates evaluated. */

import { parse } from "yaml";

type Json = Record<string, unknown>;

export interface Requester {
  url: string;
  http_method: "GET" | "POST";
  request_headers?: Record<string, string>;
  request_body?: { value: Json };
  error_handler: Json;
}

export interface Retriever {
  creation_requester: Requester;
  polling_requester: Requester;
  download_requester: Requester;
  abort_requester: Requester;
  status_extractor: { field_path: string[] };
  download_target_extractor: { field_path: string[] };
  status_mapping: Json;
}

export interface AirbyteStream {
  name: string;
  primary_key: string[];
  incremental_sync?: { cursor_field: string };
  retriever: Retriever;
  transformations?: { fields: { path: string[]; value: string }[] }[];
  schema_loader: { schema: Json & { properties: Record<string, Json> } };
}

export interface AirbyteManifest {
  check: { stream_names: string[] };
  streams: AirbyteStream[];
  api_budget: {
    policies: {
      rates: { limit: number; interval: string }[];
      matchers: { method: string; url_path_pattern: string }[];
    }[];
  };
  spec: { connection_specification: { required: string[]; properties: Record<string, Json> } };
}

/** The manifest's own text. */
export const [MANIFEST = ""] = Object.values(
  import.meta.glob<string>("../../docs/connect/airbyte.yaml", { query: "?raw", import: "default", eager: true }),
);

export function airbyteManifest(): AirbyteManifest {
  const root = parse(MANIFEST) as Json;
  const { definitions: _, ...rest } = resolved(root, root) as Json;
  return rest as unknown as AirbyteManifest;
}

/** A component with `$ref` has the members of the one that it names, and its own before them. */
function resolved(value: unknown, root: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, root));
  if (typeof value !== "object" || value === null) return value;
  const { $ref, ...own } = value as Json;
  const base = typeof $ref === "string" ? (resolved(at(root, $ref), root) as Json) : {};
  const members = Object.entries(own).map(([name, member]) => [name, resolved(member, root)] as const);
  return { ...base, ...Object.fromEntries(members) };
}

function at(root: Json, reference: string): unknown {
  const names = reference.replace(/^#\//, "").split("/");
  const found = names.reduce<unknown>((value, name) => (value as Json | undefined)?.[name], root);
  if (found === undefined) throw new Error(`${reference} names nothing`);
  return found;
}

/**
 * A template with its expressions replaced. A template that is one expression has its value, whatever the type; members
 * without a value (null) are left out, as Airbyte does. @param values of the expressions. @throws for another one.
 */
export function evaluated(template: unknown, values: Readonly<Record<string, unknown>>): unknown {
  const valueOf = (expression: string) => {
    if (!Object.hasOwn(values, expression)) throw new Error(`the expression ${expression} has no value`);
    return values[expression];
  };
  if (Array.isArray(template)) return template.map((item) => evaluated(item, values));
  if (typeof template === "string") {
    const [, whole] = /^\{\{ ((?:(?!\}\}).)*) \}\}$/.exec(template) ?? [];
    if (whole !== undefined) return valueOf(whole);
    return template.replaceAll(/\{\{ (.*?) \}\}/g, (_, expression: string) => String(valueOf(expression)));
  }
  if (typeof template !== "object" || template === null) return template;
  const members = Object.entries(template).map(([name, member]) => [name, evaluated(member, values)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== null));
}
