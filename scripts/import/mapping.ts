/** The schema of a mapping, and the function from rows to events that it describes. Pure. */

import * as z from "zod";
import { pointerTo } from "../../src/errors.ts";
import { CLOCK_CHANGES, dateReader, isTimezone, patternProblem } from "./dates.ts";
import { InputError } from "./rows.ts";
import { compileTemplate, type Place, templateProblem, TemplateError } from "./template.ts";
import { asText, boolOf, type Converted, jsonOf, numberOf, plain } from "./values.ts";

const TYPES = ["text", "number", "boolean", "date", "json"] as const;
/** Options that belong to one type. */
const OF_TYPE = {
  format: "date",
  timezone: "date",
  clock_change: "date",
  decimal: "number",
  true: "boolean",
  false: "boolean",
} as const;
const SOURCES = ["column", "constant", "template"] as const;

const Scalar = z.union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number, true or false" });
const Format = z.string().superRefine((format, ctx) => {
  const problem = ["iso", "unix", "unix_ms"].includes(format) ? null : patternProblem(format);
  if (problem !== null) ctx.addIssue({ code: "custom", message: problem });
});
const Timezone = z.string().refine(isTimezone, "is not a known time zone. An example of a name: Europe/London.");
const Template = z.string().superRefine((template, ctx) => {
  const problem = templateProblem(template);
  if (problem !== null) ctx.addIssue({ code: "custom", message: problem });
});

/** @param implied the only type of this field, where it has one. */
const valueOf = (implied?: (typeof TYPES)[number]) =>
  z
    .strictObject({
      column: z.string().min(1).optional(),
      constant: Scalar.optional(),
      template: Template.optional(),
      type: z.enum(TYPES).optional(),
      format: Format.optional(),
      timezone: Timezone.optional(),
      clock_change: z.enum(CLOCK_CHANGES).optional(),
      decimal: z.enum([".", ","]).optional(),
      true: z.array(z.string()).min(1).optional(),
      false: z.array(z.string()).min(1).optional(),
      default: Scalar.optional(),
      if_empty: z.enum(["skip", "keep", "refuse"]).optional(),
    })
    .superRefine((value, ctx) => {
      const fault = (path: string[], message: string) => ctx.addIssue({ code: "custom", path, message });
      const given = SOURCES.filter((source) => value[source] !== undefined);
      if (given.length !== 1) fault([], "needs exactly one of column, constant and template");
      if (implied !== undefined && value.type !== undefined && value.type !== implied)
        fault(["type"], `must be ${implied} here`);
      const type = value.type ?? implied;
      for (const [option, needed] of Object.entries(OF_TYPE) as [keyof typeof OF_TYPE, string][])
        if (value[option] !== undefined && type !== needed) fault([option], `is only for the type ${needed}`);
      if (value.constant !== undefined && Object.keys(value).length > 1)
        fault(["constant"], "excludes all other options");
      if (value.default !== undefined && value.if_empty !== undefined)
        fault(["if_empty"], "has no effect beside a default, which replaces empty values");
      if (value.if_empty === "keep" && type !== undefined && type !== "text")
        fault(["if_empty"], `cannot be keep: an empty text is not a ${type}`);
    });

const Text = valueOf("text");

/** The content of the file that `--map` names. */
export const Mapping = z
  .strictObject({
    id: Text.optional(),
    definition_id: Text,
    person_id: Text.optional(),
    external_person_id: Text.optional(),
    session_id: Text.optional(),
    company_id: Text.optional(),
    occurred_at: valueOf("date").optional(),
    properties: z.record(z.string(), valueOf()),
  })
  .refine((mapping) => mapping.person_id !== undefined || mapping.external_person_id !== undefined, {
    path: ["person_id"],
    message: "or external_person_id is required: an event belongs to a person",
  });
export type Mapping = z.output<typeof Mapping>;
type Value = z.output<typeof Text>;

/** @param name of the file, for the message. @throws InputError with a line for each error. */
export function readMapping(text: string, name: string): Mapping {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw new InputError(`${name} is not valid JSON: ${thrown instanceof Error ? thrown.message : ""}`);
  }
  const read = Mapping.safeParse(json);
  if (read.success) return read.data;
  const faults = read.error.issues.flatMap((issue) => {
    const at = pointerTo(issue.path);
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${at}/${key}: is not a known option`);
    return `${at === "" ? "/" : at}: ${issue.message}`;
  });
  throw new InputError(`${name} is not a valid mapping:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
}

/** Every column that a mapping reads. */
export function columnsOf(mapping: Mapping): string[] {
  const { properties, ...fields } = mapping;
  const values = [...Object.values(fields), ...Object.values(properties)].filter((value) => value !== undefined);
  const columns = values.flatMap((value) => [
    ...(value.column === undefined ? [] : [value.column]),
    ...(value.template === undefined ? [] : compileTemplate(value.template).columns),
  ]);
  return [...new Set(columns)];
}

/** An event as the API takes it. */
export type EventObject = Record<string, unknown>;
/** An error of a row; `pointer` is a JSON pointer into its event. */
export class RowProblem extends Error {
  readonly pointer: string;

  constructor(pointer: string, detail: string) {
    super(detail);
    this.pointer = pointer;
  }
}

/** @returns a function from rows to events, which throws a RowProblem for the first invalid value. */
export function compileMapping(mapping: Mapping): (place: Place) => EventObject {
  const { properties, occurred_at: time, ...texts } = mapping;
  const fields = Object.entries(texts).flatMap(([name, value]) =>
    value === undefined ? [] : [setterFor(value, `/${name}`, name, "text")],
  );
  if (time !== undefined) fields.push(setterFor(time, "/occurred_at", "occurred_at", "date"));
  const others = Object.entries(properties).map(([name, value]) => {
    const pointer = pointerTo(["properties", name]);
    return setterFor(value, pointer, name, value.type);
  });
  return (place) => {
    const event: EventObject = {};
    for (const make of fields) make(place, event);
    const bag: EventObject = {};
    for (const make of others) make(place, bag);
    event["properties"] = bag;
    return event;
  };
}

type Setter = (place: Place, into: EventObject) => void;

function setterFor(value: Value, pointer: string, name: string, type: Value["type"]): Setter {
  const { constant } = value;
  if (constant !== undefined)
    return (_, into) => {
      into[name] = type === "text" ? String(constant) : constant;
    };
  const raw = readerFor(value, pointer);
  const convert = converterFor(value, type);
  const what = value.column ?? "The template";
  const blanks = type === "number" || type === "boolean" || type === "date";
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
      else if (value.if_empty === "refuse") throw new RowProblem(pointer, `${what} is empty.`);
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

function converterFor(value: Value, type: Value["type"]): (found: unknown) => Converted {
  switch (type) {
    case undefined:
      return plain;
    case "text":
      return asText;
    case "number":
      return (found) => numberOf(found, value.decimal ?? ".");
    case "boolean":
      return (found) => boolOf(found, value.true, value.false);
    case "json":
      return (found) => (typeof found === "string" ? jsonOf(found) : plain(found));
    case "date": {
      const read = dateReader({
        format: value.format ?? "iso",
        timezone: value.timezone ?? null,
        clockChange: value.clock_change ?? "compatible",
      });
      return (found) => {
        const text = asText(found);
        if ("problem" in text) return text;
        const date = read(text.value);
        return "problem" in date ? date : { value: date.time };
      };
    }
  }
}
