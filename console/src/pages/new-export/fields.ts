/**
 * The controls of an export's form, from the schema of its request. A field is known by its name or by its shape, and
 * never by its dataset: a new field of a dataset gets a control without a change here.
 */

import type { DatasetSchema, FieldSchema } from "../../export-schema.ts";

/** What the space defines and a field picks from. */
export type Picked = "events" | "attributes" | "tags" | "identifiers" | "segments";

export type Control =
  | { kind: "check" }
  | { kind: "choice"; values: readonly (string | number)[] }
  /** Several values; of `values` where the schema names them. `single`: one value may be sent without a list. */
  | { kind: "list"; values: readonly string[] | null; picks: Picked | null; max: number | null; single: boolean }
  | { kind: "pick"; picks: Picked }
  | { kind: "number"; min: number | null; max: number | null }
  | { kind: "text"; type: "text" | "url" }
  | { kind: "time" }
  | { kind: "day" }
  | { kind: "columns" }
  | { kind: "redact" }
  | { kind: "delivery" }
  | { kind: "json" };

/** Where a field stands in the form. */
export type Section = "what" | "shape" | "where" | "more";

export interface FormField {
  name: string;
  control: Control;
  section: Section;
  required: boolean;
  schema: FieldSchema;
}

const SPECIAL: Readonly<Record<string, Control>> = {
  columns: { kind: "columns" },
  redact: { kind: "redact" },
  delivery: { kind: "delivery" },
  segment: { kind: "pick", picks: "segments" },
};

const PICKED: Readonly<Record<string, Picked>> = {
  event_names: "events",
  events: "events",
  attributes: "attributes",
  tags: "tags",
  identifiers: "identifiers",
};

const SHAPE = new Set(["columns", "redact", "format", "compression", "layout", "file_rows", "row_format"]);
/** What a result that is one document does not have. */
const OF_ROWS = new Set(["columns", "redact", "format", "layout", "file_rows", "csv_escape_formulas"]);
/** Kinds that say what is in the result; the others are options of it. */
const CHOOSING = new Set<Control["kind"]>(["choice", "list", "pick", "json"]);

/** The fields of a dataset's form, in the order of the document. */
export function fieldsOf(dataset: DatasetSchema): FormField[] {
  return (
    Object.entries(dataset.fields)
      .filter(([name]) => dataset.rows.length > 0 || !OF_ROWS.has(name))
      // A dataset with `fields` selects its columns there, and refuses `columns`.
      .filter(([name]) => name !== "columns" || !("fields" in dataset.fields))
      .map(([name, schema]) => {
        const control = controlOf(name, schema);
        const required = dataset.required.includes(name);
        return { name, control, section: sectionOf(name, control, required), required, schema };
      })
  );
}

export function controlOf(name: string, schema: FieldSchema): Control {
  const special = SPECIAL[name];
  if (special !== undefined) return special;
  if (schema.enum !== undefined) return { kind: "choice", values: schema.enum };
  const list = listIn(schema);
  if (list !== undefined) {
    const values = list.items?.enum?.map(String) ?? null;
    const picks = values === null ? (PICKED[name] ?? null) : null;
    return { kind: "list", values, picks, max: list.maxItems ?? null, single: list !== schema };
  }
  switch (schema.type) {
    case "boolean":
      return { kind: "check" };
    case "integer":
    case "number":
      return { kind: "number", min: schema.minimum ?? null, max: schema.maximum ?? null };
    case "string":
      if (schema.format === "date-time") return { kind: "time" };
      if (schema.format === "date") return { kind: "day" };
      return { kind: "text", type: schema.format === "uri" ? "url" : "text" };
    case undefined:
    default:
      return { kind: "json" };
  }
}

/** The schema of a list of texts; also where one text may be sent in its place. */
function listIn(schema: FieldSchema): FieldSchema | undefined {
  const isList = ({ type, items }: FieldSchema) => type === "array" && items?.type === "string";
  if (isList(schema)) return schema;
  const { anyOf = [] } = schema;
  const others = anyOf.filter((each) => !isList(each));
  return others.length > 0 && others.every(({ type }) => type === "string") ? anyOf.find(isList) : undefined;
}

function sectionOf(name: string, { kind }: Control, required: boolean): Section {
  if (kind === "delivery") return "where";
  if (SHAPE.has(name)) return "shape";
  return required || CHOOSING.has(kind) || name.startsWith("include_") ? "what" : "more";
}

const IN_PARQUET = new Set(["snappy", "zstd", "none"]);

/** The values of a choice that go with the format: each format has codecs of its own. */
export function choicesFor(name: string, values: readonly (string | number)[], format: unknown) {
  if (name !== "compression") return values;
  return values.filter((value) => (format === "parquet" ? IN_PARQUET.has(String(value)) : value !== "snappy"));
}
