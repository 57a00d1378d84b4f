/** From one value of a mapping to the function that sets it in an object. Pure. */

import { dateReader } from "./dates.ts";
import type { Value } from "./mapped-value.ts";
import { compileTemplate, type Place, TemplateError } from "./template.ts";
import { parseExactly } from "./numbers.ts";
import { asText, boolOf, type Converted, jsonOf, jsonText, numberOf, plain, shortest } from "./values.ts";

/** An object to send. It has no prototype, so that every name is a member of its own, `__proto__` too. */
export type SentObject = Record<string, unknown>;
export type Setter = (place: Place, into: SentObject) => void;

export function emptyObject(): SentObject {
  return Object.create(null) as SentObject;
}

/** An error of a row; `pointer` is a JSON pointer into its event or profile. */
export class RowProblem extends Error {
  readonly pointer: string;

  constructor(pointer: string, detail: string) {
    super(detail);
    this.pointer = pointer;
  }
}

/**
 * @param type of the value; "id" for a text that may not be made of a list or an object.
 * @param advice a sentence behind the error of an empty value.
 * @returns a function that throws a RowProblem for an invalid value.
 */
export function setterFor(
  value: Value,
  pointer: string,
  name: string,
  type: Value["type"] | "id",
  advice = "",
): Setter {
  const { constant } = value;
  if (constant !== undefined)
    return (_, into) => {
      into[name] = type === "text" || type === "id" ? String(constant) : constant;
    };
  const raw = readerFor(value, pointer);
  const convert = converterFor(value, type);
  const what = value.column ?? "The template";
  const blanks = type !== undefined && type !== "text" && type !== "id";
  const isEmpty = (found: unknown) =>
    found === undefined ||
    found === null ||
    found === "" ||
    (blanks && typeof found === "string" && found.trim() === "");
  return (place, into) => {
    const found = raw(place);
    if (isEmpty(found)) {
      if (value.default !== undefined) into[name] = value.default;
      else if (value.if_empty === "keep") into[name] = "";
      else if (value.if_empty === "refuse") throw new RowProblem(pointer, `${what} is empty.${advice}`);
      return;
    }
    const made = convert(found);
    if ("problem" in made) throw new RowProblem(pointer, `${what}: ${made.problem}`);
    into[name] = made.value;
  };
}

function readerFor({ column, template = "" }: Value, pointer: string): (place: Place) => unknown {
  if (column !== undefined) return (place) => place.get(column);
  const { fill } = compileTemplate(template);
  return (place) => {
    try {
      return fill(place);
    } catch (thrown) {
      if (thrown instanceof TemplateError) throw new RowProblem(pointer, thrown.message);
      throw thrown;
    }
  };
}

function converterFor(value: Value, type: Value["type"] | "id"): (found: unknown) => Converted {
  switch (type) {
    case undefined:
      return plain;
    case "id":
      return asText;
    case "text":
      return jsonText;
    case "number":
      return (found) => numberOf(found, value.decimal ?? ".");
    case "boolean":
      return (found) => boolOf(found, value.true, value.false);
    case "json":
      return (found) => (typeof found === "string" ? jsonOf(found) : plain(found));
    case "list":
      return (found) => listOf(found, value.fields);
    case "date":
      return dateConverter(value);
  }
}

function dateConverter({ format = "iso", timezone, clock_change: clockChange = "compatible" }: Value) {
  const read = dateReader({ format, timezone: timezone ?? null, clockChange });
  return (found: unknown): Converted => {
    const text = asText(shortest(found));
    if ("problem" in text) return text;
    const date = read(text.value);
    return "problem" in date ? date : { value: date.time };
  };
}

/** @param fields the types of the items' fields; without them fields stay as they are. */
function listOf(found: unknown, fields: Value["fields"]): Converted {
  let list = found;
  if (typeof found === "string")
    try {
      list = parseExactly(found);
    } catch {
      return { problem: "is not valid JSON." };
    }
  if (!Array.isArray(list)) return { problem: "is not a list." };
  const types = fields === undefined ? null : new Map(Object.entries(fields));
  const items: unknown[] = [];
  for (const [index, item] of list.entries()) {
    const made = itemOf(item, types);
    if ("problem" in made) return { problem: `item ${index + 1}: ${made.problem}` };
    items.push(made.value);
  }
  return { value: items };
}

function itemOf(item: unknown, types: ReadonlyMap<string, NonNullable<Value["fields"]>[string]> | null): Converted {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return { problem: "is not an object." };
  const made = emptyObject();
  for (const [name, inner] of Object.entries(item)) {
    if (inner === null || inner === undefined) continue;
    const type = types?.get(name);
    if (types !== null && type === undefined)
      return { problem: `has the field ${name}, which "fields" in the mapping does not list.` };
    const converted = converterFor({}, type)(inner);
    if ("problem" in converted) return { problem: `${name}: ${converted.problem}` };
    made[name] = converted.value;
  }
  return { value: made };
}
