/**
 * Compiles a schema into a check that only says yes or no, several times as fast as the schema: a Worker may not make
 * code of text, so zod interprets its schemas there. Where the check says no, the schema explains why.
 */

import type * as z from "zod";

/** Whether the schema accepts a value of JSON, and leaves it as it is, but for properties with a default. */
export type CompiledCheck = (value: unknown) => boolean;

const compiled = new WeakMap<z.ZodType, CompiledCheck | null>();

/** @returns null for a schema with something that this file does not know, such as a transformation. */
export function compiledCheck(schema: z.ZodType): CompiledCheck | null {
  let check = compiled.get(schema);
  if (check === undefined) {
    check = compile(schema as z.core.$ZodType as z.core.$ZodTypes);
    compiled.set(schema, check);
  }
  return check;
}

function compile(schema: z.core.$ZodTypes): CompiledCheck | null {
  const ofType = compileType(schema);
  const checks = (schema._zod.def.checks ?? []).map((each) => compileRule(each as z.core.$ZodChecks));
  return ofType === null ? null : every([ofType, ...checks]);
}

function compileType(schema: z.core.$ZodTypes): CompiledCheck | null {
  const { def } = schema._zod;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- zod itself checks every type that has no case.
  switch (def.type) {
    case "string":
      return every([isString(def), "format" in def ? compileFormat(def as z.core.$ZodStringFormatDef) : yes]);
    case "number":
      return "format" in def || def.coerce === true ? null : (value) => Number.isFinite(value);
    case "boolean":
      return def.coerce === true ? null : (value) => typeof value === "boolean";
    case "null":
      return (value) => value === null;
    case "unknown":
      return yes;
    case "literal":
      return isAmong(def.values);
    case "enum":
      return isAmong(Object.values(def.entries));
    case "optional":
      return orElse(undefined, def.innerType);
    case "nullable":
      return orElse(null, def.innerType);
    case "default":
      return orElse(undefined, def.innerType);
    case "array":
      return compileArray(def);
    case "record":
      return compileRecord(def);
    case "object":
      return compileObject(def);
    case "union":
      return compileUnion(def);
    default:
      return null;
  }
}

/** A rule beside the type. */
function compileRule(rule: z.core.$ZodChecks): CompiledCheck | null {
  const { def } = rule._zod;
  if (def.check === "min_length") return (value) => (value as string | unknown[]).length >= def.minimum;
  if (def.check === "max_length") return (value) => (value as string | unknown[]).length <= def.maximum;
  if (def.check === "string_format") return compileFormat(def);
  // Of `refine`; `superRefine` has no such function.
  const test = "fn" in def && typeof def.fn === "function" ? (def.fn as (value: unknown) => unknown) : null;
  return def.check === ("custom" as string) && test !== null ? (value) => Boolean(test(value)) : null;
}

const PATTERNED: ReadonlySet<string> = new Set(["datetime", "date", "regex"]);

function compileFormat(def: { format: string; pattern?: RegExp | undefined }): CompiledCheck | null {
  const { pattern } = def;
  // A pattern with the flag g or y would remember where its last match was.
  if (!PATTERNED.has(def.format) || pattern === undefined || pattern.global || pattern.sticky) return null;
  return (value) => pattern.test(value as string);
}

const yes: CompiledCheck = () => true;

const isString = (def: { coerce?: boolean }): CompiledCheck | null =>
  def.coerce === true ? null : (value) => typeof value === "string";

function isAmong(values: readonly unknown[]): CompiledCheck {
  const all = new Set(values);
  return (value) => all.has(value);
}

/** @returns null where one of the checks is. */
function every(checks: readonly (CompiledCheck | null)[]): CompiledCheck | null {
  const all = checks.flatMap((each) => (each === null ? [] : [each]));
  if (all.length < checks.length) return null;
  const [first = yes, ...rest] = all.filter((each) => each !== yes);
  const [second, third = yes] = rest;
  if (rest.length > 2) return (value) => all.every((check) => check(value));
  return second === undefined ? first : (value) => first(value) && second(value) && third(value);
}

function orElse(accepted: null | undefined, inner: z.core.$ZodType): CompiledCheck | null {
  const check = compile(inner as z.core.$ZodTypes);
  return check && ((value) => value === accepted || check(value));
}

function compileArray({ element }: z.core.$ZodArrayDef): CompiledCheck | null {
  const check = compile(element as z.core.$ZodTypes);
  return check && ((value) => Array.isArray(value) && value.every((item) => check(item)));
}

function compileRecord({ keyType, valueType }: z.core.$ZodRecordDef): CompiledCheck | null {
  const [key, member] = [keyType, valueType].map((each) => compile(each as z.core.$ZodTypes));
  if (!key || !member) return null;
  return (value) => {
    if (!isObject(value)) return false;
    for (const name of Object.keys(value)) if (!key(name) || !member(value[name])) return false;
    return true;
  };
}

/** Of a strict object: others drop what they do not know. */
function compileObject({ shape, catchall }: z.core.$ZodObjectDef): CompiledCheck | null {
  if (catchall?._zod.def.type !== "never") return null;
  const members = new Map<string, CompiledCheck>();
  for (const [name, member] of Object.entries(shape)) {
    const check = compile(member as z.core.$ZodTypes);
    if (check === null) return null;
    members.set(name, check);
  }
  const required = [...members].flatMap(([name, check]) => (check(undefined) ? [] : [name]));
  return (value) => {
    if (!isObject(value)) return false;
    for (const name of Object.keys(value)) if (members.get(name)?.(value[name]) !== true) return false;
    for (const name of required) if (!Object.hasOwn(value, name)) return false;
    return true;
  };
}

function compileUnion({ options }: z.core.$ZodUnionDef): CompiledCheck | null {
  const checks = options.map((each) => compile(each as z.core.$ZodTypes));
  const known = checks.flatMap((each) => (each === null ? [] : [each]));
  return known.length < checks.length ? null : (value) => known.some((check) => check(value));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
