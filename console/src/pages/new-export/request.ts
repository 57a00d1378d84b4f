/** The form's state, and the request that it is: only what was chosen, without defaults. And the way back. */

import type { DatasetSchema } from "../../export-schema.ts";
import { choicesFor, type Control, fieldsOf, type FormField } from "./fields.ts";
import { chosenWindow, keyOf, windowsOf } from "./windows.ts";

/** What was typed and picked, by the field's name. Values of other datasets stay, for the way back. */
export type Values = Readonly<Record<string, unknown>>;

export interface FormState {
  dataset: string;
  values: Values;
  /** Which of the dataset's windows is filled in, by `keyOf`; empty: the first. */
  window: string;
}

export interface ColumnValue {
  path: string;
  as: string;
}

export interface RedactValue {
  path: string;
  how: "drop" | "sha256";
}

export type Request = { dataset: string } & Readonly<Record<string, unknown>>;

/** A value as a field of text shows it. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The request of `POST /v1/exports`. Members are in the order of the document. */
export function requestOf(dataset: DatasetSchema, { values, window }: FormState): Request {
  const request: Record<string, unknown> & { dataset: string } = { dataset: dataset.name };
  for (const field of fieldsOf(dataset)) {
    if (!isShown(dataset, field, values, window)) continue;
    const value = sentValue(field.control, values[field.name]);
    if (value !== undefined && !isEqual(value, field.schema.default)) request[field.name] = value;
  }
  return request;
}

/** The request of a schedule: without what each run fills in. */
export function scheduledRequestOf(dataset: DatasetSchema, form: FormState): Request {
  const { dataset: name, ...members } = requestOf(dataset, form);
  const kept = Object.entries(members).filter(([member]) => !dataset.filledByRuns.includes(member));
  return { dataset: name, ...Object.fromEntries(kept) };
}

/** Whether the form has what the service needs at least, so that an estimate can be asked for. */
export function isComplete(dataset: DatasetSchema, form: FormState): boolean {
  const request = requestOf(dataset, form);
  const window = chosenWindow(dataset, form.window) ?? [];
  const needed = windowsOf(dataset).length > 1 ? [...dataset.required, ...window] : dataset.required;
  const delivery = request["delivery"] as { destination_id?: string } | undefined;
  return needed.every((name) => name in request) && delivery?.destination_id !== "";
}

/**
 * The form that makes a request again.
 * @param request as an answer shows it, with every default filled in. A callback's address is left out: answers show
 * only its beginning.
 */
export function formOf(dataset: DatasetSchema, request: Readonly<Record<string, unknown>>): FormState {
  const values: Record<string, unknown> = {};
  for (const { name, control, schema } of fieldsOf(dataset)) {
    const value = request[name];
    const isFilledIn =
      value === undefined || isEqual(value, schema.default) || isEqual(value, defaultOf(name, request));
    if (!isFilledIn && name !== "callback_url") values[name] = shownValue(control, value);
  }
  const window = windowsOf(dataset).find((names) => names.some((name) => name in request));
  return { dataset: dataset.name, values, window: window === undefined ? "" : keyOf(window) };
}

/** Fields that only one window, or only one format, has. */
function isShown(dataset: DatasetSchema, { name, control }: FormField, values: Values, window: string): boolean {
  const chosen: readonly string[] = chosenWindow(dataset, window) ?? [];
  const isBound = windowsOf(dataset).some((names) => names.some((each) => each === name));
  if (isBound && !chosen.includes(name)) return false;
  if (name === "csv_escape_formulas") return values["format"] === "csv";
  const value = values[name];
  return (
    control.kind !== "choice" ||
    value === undefined ||
    choicesFor(name, control.values, values["format"]).includes(value as string)
  );
}

/** The defaults that follow from other fields. */
function defaultOf(name: string, { format, delivery }: Readonly<Record<string, unknown>>): unknown {
  const isParquet = format === "parquet";
  if (name === "compression") return isParquet ? "snappy" : "gzip";
  if (name === "layout")
    return isParquet || (delivery as { type?: string } | undefined)?.type === "s3" ? "files" : "single";
  return undefined;
}

/** @returns undefined where nothing is chosen. */
function sentValue(control: Control, value: unknown): unknown {
  if (value === undefined || value === "") return undefined;
  switch (control.kind) {
    case "list": {
      const list = value as readonly string[];
      if (list.length === 0) return undefined;
      return control.single && list.length === 1 ? list[0] : list;
    }
    case "number":
      return Number.isNaN(Number(value)) ? value : Number(value);
    case "columns": {
      const columns = (value as readonly ColumnValue[]).map(({ path, as }) => (as === "" ? { path } : { path, as }));
      return columns.length === 0 ? undefined : columns;
    }
    case "redact": {
      const redactions = (value as readonly RedactValue[]).map(({ path, how }) => [path, how] as const);
      return redactions.length === 0 ? undefined : Object.fromEntries(redactions);
    }
    case "json":
      return parsed(textOf(value));
    case "text":
      return textOf(value).trim() === "" ? undefined : textOf(value).trim();
    case "check":
    case "choice":
    case "pick":
    case "time":
    case "day":
    case "delivery":
      return value;
  }
}

function shownValue(control: Control, value: unknown): unknown {
  switch (control.kind) {
    case "list":
      return Array.isArray(value) ? value : [value];
    case "number":
      return textOf(value);
    case "columns":
      return (value as readonly { path: string; as?: string }[]).map(({ path, as = "" }) => ({ path, as }));
    case "redact":
      return Object.entries(value as Record<string, unknown>).map(([path, how]) => ({ path, how }));
    case "json":
      return JSON.stringify(value, null, 2);
    case "check":
    case "choice":
    case "pick":
    case "text":
    case "time":
    case "day":
    case "delivery":
      return value;
  }
}

/** A text that is no JSON goes as it is: the service says what the field must be. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const isEqual = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
