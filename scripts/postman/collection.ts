/**
 * A Postman collection (format 2.1) of the OpenAPI document: a folder for each tag, a request for each operation with
 * the document's example as its body. A request that makes a thing keeps its id in a variable, which the requests about
 * the thing use. Pure: the same document gives the same collection.
 */

import type { DocumentOfCalls, Operation, Parameter } from "../document-of-calls.ts";
import { scriptOfDays, withVariableDays } from "./days.ts";

/** https://schema.getpostman.com/collection/v2.1.0/collection.json */
const FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/** How the document marks an operation that takes the operator's token. */
const OF_OPERATORS = "For operators:";
const JSON_TYPE = "application/json";

const VARIABLES: Readonly<Record<string, string>> = {
  origin: "http://localhost:8787",
  key: "",
  admin_token: "",
};

const DESCRIPTION = [
  "Every call of the API, with the examples of its reference.",
  "",
  "Set `origin` to the service's address, and `key` to an API key of a space; calls of operators use `admin_token`. Keep",
  "both in an environment or in Postman's vault: the values of a collection's variables are exported with it.",
  "",
  "A request that makes a thing keeps its id: after `Create an export`, the others of its folder are about that export.",
].join("\n");

interface Call {
  path: string;
  method: string;
  operation: Operation;
}

/** @returns the collection, as it is written to a file. */
export function collectionOf(document: DocumentOfCalls): object {
  const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Call => ({ path, method: method.toUpperCase(), operation })),
  );
  const folders = document.tags
    .map(({ name, description }) => ({
      name,
      description,
      item: calls.filter(({ operation }) => operation.tags[0] === name).map((call) => requestItem(call, document)),
    }))
    .filter(({ item }) => item.length > 0);
  const text = JSON.stringify(folders);
  const names = new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name));
  for (const name of Object.keys(VARIABLES)) names.delete(name);
  const variables = { ...VARIABLES, ...Object.fromEntries([...names].toSorted().map((name) => [name, ""])) };
  return {
    info: { name: document.info.title, description: DESCRIPTION, schema: FORMAT },
    item: folders,
    auth: bearer("key"),
    event: [script("prerequest", scriptOfDays(text))],
    variable: Object.entries(variables).map(([key, value]) => ({ key, value, type: "string" })),
  };
}

function requestItem(call: Call, document: DocumentOfCalls): object {
  const { path, method, operation } = call;
  const kept = idThatIsMade(call, document);
  return {
    name: operation.summary,
    ...(kept === null ? {} : { event: [script("test", keepId(kept))] }),
    request: {
      method,
      description: operation.description,
      ...authOf(operation),
      header: headersOf(operation, document),
      url: urlOf(path, parametersOf(operation, document)),
      ...bodyOf(operation),
    },
  };
}

/** The collection's own, the operator's, or none. */
function authOf({ description, security }: Operation): object {
  if (security.length === 0) return { auth: { type: "noauth" } };
  return description.includes(OF_OPERATORS) ? { auth: bearer("admin_token") } : {};
}

function bearer(variable: string): object {
  return { type: "bearer", bearer: [{ key: "token", value: `{{${variable}}}`, type: "string" }] };
}

function urlOf(path: string, parameters: readonly Parameter[]): object {
  const parts = path.split("/").slice(1);
  const query = parameters.filter((parameter) => parameter.in === "query");
  const variables = parts.flatMap((part, index) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return [];
    const description = parameters.find((parameter) => parameter.in === "path" && parameter.name === name)?.description;
    return [{ key: name, value: `{{${variableOf(parts[index - 1] ?? "", name)}}}`, ...described(description) }];
  });
  const asked = query.filter(({ required }) => required === true).map((each) => `${each.name}=${exampleOf(each)}`);
  const segments = parts.map((part) => part.replace(/^\{(\w+)\}$/, ":$1"));
  return {
    raw: `{{origin}}/${segments.join("/")}${asked.length === 0 ? "" : `?${asked.join("&")}`}`,
    host: ["{{origin}}"],
    path: segments,
    ...(query.length === 0 ? {} : { query: query.map(optional) }),
    ...(variables.length === 0 ? {} : { variable: variables }),
  };
}

/** @returns the variable of a part of an address: `export_id` of `/exports/{id}`. @param folder the part before it. */
function variableOf(folder: string, name: string): string {
  if (name !== "id" && name !== "name") return name;
  return `${folder.replaceAll("-", "_").replace(/ies$/, "y").replace(/s$/, "")}_${name}`;
}

/** @returns the variable for the id of what a call makes; null where it makes nothing that has an address. */
function idThatIsMade({ path, method }: Call, document: DocumentOfCalls): string | null {
  if (method !== "POST" || document.paths[`${path}/{id}`] === undefined) return null;
  return variableOf(path.split("/").at(-1) ?? "", "id");
}

function keepId(variable: string): string[] {
  return [`if (pm.response.code < 300) pm.collectionVariables.set("${variable}", pm.response.json().id);`];
}

function script(listen: "prerequest" | "test", exec: readonly string[]): object {
  return { listen, script: { type: "text/javascript", exec } };
}

function headersOf(operation: Operation, document: DocumentOfCalls): object[] {
  const headers = parametersOf(operation, document).filter((parameter) => parameter.in === "header");
  const type = operation.requestBody === undefined ? [] : [{ key: "Content-Type", value: JSON_TYPE }];
  return [...type, ...headers.map(optional)];
}

/** A parameter of a query or a header; what may be left out is switched off. */
function optional(parameter: Parameter): object {
  return {
    key: parameter.name,
    value: exampleOf(parameter),
    ...described(parameter.description),
    ...(parameter.required === true ? {} : { disabled: true }),
  };
}

function exampleOf({ example, schema }: Parameter): string {
  const value = example ?? schema.example ?? schema.examples?.[0] ?? schema.default ?? schema.enum?.[0] ?? "";
  return withVariableDays(String(value));
}

const described = (description: string | undefined) => (description === undefined ? {} : { description });

function bodyOf({ requestBody }: Operation): object {
  const example = requestBody?.content[JSON_TYPE]?.example;
  if (example === undefined) return {};
  const raw = withVariableDays(JSON.stringify(example, null, 2));
  return { body: { mode: "raw", raw, options: { raw: { language: "json" } } } };
}

function parametersOf({ parameters = [] }: Operation, document: DocumentOfCalls): Parameter[] {
  return parameters.flatMap((parameter) => {
    if (!("$ref" in parameter)) return [parameter];
    return document.components.parameters[parameter.$ref.split("/").at(-1) ?? ""] ?? [];
  });
}
