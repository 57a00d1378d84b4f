/**
 * Rows of CSV and Parquet without a mapping: each column is a field of an event, or `properties.NAME`. The texts of CSV
 * get the types of the event's definition.
 */

import type { DefinitionView } from "./service.ts";
import { type Reader, InputError, notFields } from "./rows.ts";
import { emptyObject, RowProblem, type SentObject } from "./setter.ts";
import type { Format, Source } from "./source.ts";
import type { Place } from "./template.ts";
import { boolOf, type Converted, jsonOf, numberOf, plain } from "./values.ts";

export const EVENT_FIELDS: readonly string[] = [
  "id",
  "definition_id",
  "person_id",
  "external_person_id",
  "session_id",
  "company_id",
  "occurred_at",
  "properties",
];
const SHOWN = EVENT_FIELDS.slice(0, -1).join(", ");
const PROPERTY = "properties.";
const NO_TIME =
  'occurred_at is empty. To let such events occur when they are received, use a mapping (--map) with "if_empty": "skip".';

/** @returns why rows with these columns are no events without a mapping; null where they are. */
export function eventColumnsProblem(file: string, columns: readonly string[]): string | null {
  const unknown = columns.filter((column) => !EVENT_FIELDS.includes(column) && !column.startsWith(PROPERTY));
  if (unknown.length === 0 && columns.includes("definition_id")) return null;
  return (
    `${file} has no events: ${unknown.length > 0 ? notFields(unknown, "an event") : "the column definition_id is missing"}. ` +
    `The fields of an event are ${SHOWN} and ${PROPERTY}NAME. Other columns need a mapping: --map FILE.${hintOf(columns)}`
  );
}

/** @throws InputError for columns that are not fields of an event. */
export function rowsAsEvents(
  source: Source,
  reader: Reader,
  definitions: ReadonlyMap<string, DefinitionView>,
): (place: Place) => SentObject {
  const columns = reader.columns ?? [];
  const problem = eventColumnsProblem(source.name, columns);
  if (problem !== null) throw new InputError(problem);
  const text = source.format === ("csv" satisfies Format);
  const fields = columns.filter((column) => column !== "properties" && EVENT_FIELDS.includes(column));
  const properties = columns
    .filter((column) => column.startsWith(PROPERTY))
    .map((column) => column.slice(PROPERTY.length));
  return (place) => {
    const event = emptyObject();
    for (const field of fields) set(event, field, `/${field}`, place.get(field), plain);
    if (fields.includes("occurred_at") && event["occurred_at"] === undefined)
      throw new RowProblem("/occurred_at", NO_TIME);
    const types = text ? typesOf(definitions, event["definition_id"]) : null;
    const bag = emptyObject();
    if (columns.includes("properties"))
      set(event, "properties", "/properties", place.get("properties"), text ? parsed : plain);
    for (const name of properties)
      set(
        bag,
        name,
        `/properties/${name}`,
        place.get(`${PROPERTY}${name}`),
        types === null ? plain : typed(types.get(name)),
      );
    const whole = event["properties"];
    event["properties"] =
      typeof whole === "object" && whole !== null ? Object.assign(emptyObject(), whole, bag) : (whole ?? bag);
    return event;
  };
}

/** Sets a field, unless its value is empty. @throws RowProblem */
function set(
  into: SentObject,
  name: string,
  pointer: string,
  found: unknown,
  read: (found: unknown) => Converted,
): void {
  if (found === undefined || found === null || found === "") return;
  const made = read(found);
  if ("problem" in made) throw new RowProblem(pointer, `${name}: ${made.problem}`);
  into[name] = made.value;
}

function typesOf(definitions: ReadonlyMap<string, DefinitionView>, id: unknown): Map<string, string> {
  const properties = definitions.get(String(id))?.properties ?? [];
  return new Map(properties.map(({ name, type }) => [name, type]));
}

/** Reads a text as the type of its property. */
function typed(type: string | undefined): (found: unknown) => Converted {
  if (type === "number") return (found) => numberOf(found, ".");
  if (type === "boolean") return (found) => boolOf(found);
  return type === "list" ? parsed : plain;
}

const parsed = (found: unknown) => jsonOf(String(found));

function hintOf(columns: readonly string[]): string {
  return columns.length === 1 && /[;\t|]/.test(columns[0] ?? "")
    ? " If the delimiter is not a comma, name it: --delimiter ';'"
    : "";
}
