/**
 * The parameters of a query: an operation refuses those that it does not have, and one that is sent twice. Where its
 * schema is a loose object, parameters that the schema does not name are accepted, whatever they are.
 */

import * as z from "zod";
import { type Fault, invalid, MAX_FAULTS } from "../errors.ts";
import { inQuery, validate } from "./validate.ts";

const NO_PARAMETERS = z.strictObject({});

/**
 * @param schema undefined for an operation without parameters.
 * @param lists parameters that may be sent several times: the schema gets their items separated by commas.
 * @throws invalid_request with a pointer to each parameter that is unknown, sent twice or not valid.
 */
export function readQuery(
  schema: z.ZodType | undefined,
  query: URLSearchParams,
  lists: readonly string[] = [],
): unknown {
  const sent = lists.length === 0 ? query : withLists(query, lists);
  const checked = new URLSearchParams([...sent].filter(([name]) => !isIgnored(schema, name)));
  const faults = [...repeated(checked), ...unreadable(checked), ...unstorable(checked)];
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return validate(schema ?? NO_PARAMETERS, withNumbers(schema, sent), inQuery, "parameter");
}

/** Decimal digits. Number() would read the empty text, blanks, `0x10` and `1e1` too. */
const DECIMAL = /^-?\d{1,15}(\.\d+)?$/;

/** Parameters are texts: those that the schema has as numbers are read. What is no number stays a text. */
function withNumbers(schema: z.ZodType | undefined, sent: URLSearchParams): Record<string, string | number> {
  const shape = new Map<string, z.core.$ZodType>(schema instanceof z.ZodObject ? Object.entries(schema.shape) : []);
  const isNumber = (name: string) => withoutWrappers(shape.get(name) ?? z.unknown()) instanceof z.ZodNumber;
  return Object.fromEntries(
    [...sent].map(([name, text]) => [name, isNumber(name) && DECIMAL.test(text) ? Number(text) : text]),
  );
}

/** The schema itself, of one that may be left out or null. */
export function withoutWrappers(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return withoutWrappers(schema.unwrap());
  return schema;
}

/** A loose object's rest is of the type unknown; a strict one's of none. */
const isIgnored = (schema: z.ZodType | undefined, name: string): boolean =>
  schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodUnknown && !Object.hasOwn(schema.shape, name);

/** `name[]=a&name[]=b`, `name[0]=a&name[1]=b` and `name[x]=a&name[y]=b` as `name=a,b`, as PHP's clients send lists. */
function withLists(query: URLSearchParams, lists: readonly string[]): URLSearchParams {
  const items = new Map<string, string[]>();
  const sent = new URLSearchParams();
  for (const [name, value] of query) {
    const list = name.replace(/\[[^[\]]*\]$/, "");
    if (lists.includes(list)) items.set(list, [...(items.get(list) ?? []), value]);
    else sent.append(name, value);
  }
  for (const [name, values] of items) sent.append(name, values.join());
  return sent;
}

/** A parameter that is sent twice has no single meaning, so it is rejected. */
function repeated(sent: URLSearchParams): Fault[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const name of sent.keys()) (seen.has(name) ? twice : seen).add(name);
  return [...twice].map((name) => ({
    pointer: inQuery([name]),
    detail: `The parameter ${name} is sent more than once. Send it once; items of a list are separated by commas.`,
  }));
}

/** No text that is stored has U+0000. The parser writes U+FFFD for what is no UTF-8, which then looks like a text. */
function unstorable(sent: URLSearchParams): Fault[] {
  return [...sent].flatMap(([name, value]) =>
    value.includes("\0") || value.includes("\ufffd")
      ? [{ pointer: inQuery([name]), detail: `${name} contains U+0000, or bytes that are not UTF-8. Correct it.` }]
      : [],
  );
}

/** zod silently drops `__proto__`, which no operation has. */
function unreadable(sent: URLSearchParams): Fault[] {
  if (!sent.has("__proto__")) return [];
  return [{ pointer: inQuery(["__proto__"]), detail: "The parameter __proto__ is unknown here. Remove it." }];
}
