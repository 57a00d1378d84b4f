/** The schema of one value of a mapping: where it comes from, its type, and what an empty one becomes. */

import * as z from "zod";
import { pointerTo } from "./pointer.ts";
import { CLOCK_CHANGES, isTimezone, needsTimezone, patternProblem } from "./dates.ts";
import { InputError } from "./rows.ts";
import { compileTemplate, templateProblem } from "./template.ts";

export const SCALARS = ["text", "number", "boolean", "date"] as const;
const TYPES = [...SCALARS, "list", "json"] as const;
/** Options that belong to one type. */
const OF_TYPE = {
  format: "date",
  timezone: "date",
  clock_change: "date",
  decimal: "number",
  true: "boolean",
  false: "boolean",
  fields: "list",
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

/**
 * @param implied the only type of this field, where it has one.
 * @param types the types that its value may have.
 */
export const valueOf = (
  implied?: (typeof TYPES)[number],
  types: readonly [(typeof TYPES)[number], ...(typeof TYPES)[number][]] = TYPES,
) =>
  z
    .strictObject({
      column: z.string().min(1).optional(),
      constant: Scalar.optional(),
      template: Template.optional(),
      type: z.enum(types).optional(),
      format: Format.optional(),
      timezone: Timezone.optional(),
      clock_change: z.enum(CLOCK_CHANGES).optional(),
      decimal: z.enum([".", ","]).optional(),
      true: z.array(z.string()).min(1).optional(),
      false: z.array(z.string()).min(1).optional(),
      fields: z.record(z.string(), z.enum(SCALARS)).optional(),
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
      if (type === "date" && value.timezone === undefined && value.constant === undefined)
        if (needsTimezone(value.format ?? "iso"))
          fault(["timezone"], 'is missing: times of this format have no offset. Name their zone: "Europe/London"');
      if (value.default !== undefined && value.if_empty !== undefined)
        fault(["if_empty"], "has no effect beside a default, which replaces empty values");
      if (value.if_empty === "keep" && type !== undefined && type !== "text")
        fault(["if_empty"], `cannot be keep: an empty text is not a ${type}`);
    });

/** A value that is a text, such as an id. */
export const Text = valueOf("text");
export type Value = z.output<typeof Text>;

/** @param name of the file, for the message. @throws InputError with a line for each error. */
export function readWith<Schema extends z.ZodType>(schema: Schema, text: string, name: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw new InputError(`${name} is not valid JSON: ${thrown instanceof Error ? thrown.message : ""}`);
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const faults = read.error.issues.flatMap((issue) => {
    const at = pointerTo(issue.path);
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${at}/${key}: is not a known option`);
    return `${at === "" ? "/" : at}: ${issue.message}`;
  });
  throw new InputError(`${name} is not a valid mapping:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
}

/** The columns that these values read, each once. */
export function columnsIn(values: readonly (Value | undefined)[]): string[] {
  const columns = values.flatMap((value) => [
    ...(value?.column === undefined ? [] : [value.column]),
    ...(value?.template === undefined ? [] : compileTemplate(value.template).columns),
  ]);
  return [...new Set(columns)];
}
