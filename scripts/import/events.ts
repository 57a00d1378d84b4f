/**
 * Rows → events, as the lines of JSON that are sent: by a mapping, or as they are, where each column is a field of an
 * event (`properties.amount` a property). An event without an id gets a derived one: see `FileIds`.
 */

import { createHash } from "node:crypto";
import type { DefinitionView } from "../answers.ts";
import { columnsOf, compileMapping, type EventObject, type Mapping, RowProblem } from "./mapping.ts";
import type { JsonLine } from "./ndjson.ts";
import { type Reader, type Row, InputError } from "./rows.ts";
import type { Format, Source } from "./source.ts";
import { compileTemplate, type Place } from "./template.ts";
import { boolOf, type Converted, jsonOf, numberOf, plain } from "./values.ts";

/** An event to send. */
export interface Item {
  n: number;
  line: number;
  json: string;
  /** Of `json` in UTF-8. */
  bytes: number;
  id: unknown;
  /** The id is derived from the file's content: another content has another id. */
  isOfContent: boolean;
  definitionId: unknown;
  person: Person;
}

/** The ids in the event; either may be missing, or have the wrong type. */
export interface Person {
  person_id: unknown;
  external_person_id: unknown;
}

/** An error of a line. `pointer` is a JSON pointer into the event, empty for the line as a whole. */
export interface Rejection {
  n: number;
  line: number;
  pointer: string;
  detail: string;
}

const FIELDS = ["id", "definition_id", "person_id", "external_person_id", "session_id", "company_id", "occurred_at"];
const PROPERTY = "properties.";
const LINE_DIGITS = 10;

/**
 * @param definitions have the types of properties, for CSV without a mapping. @returns a function from rows to events.
 */
export function eventMaker(
  source: Source,
  reader: Reader,
  mapping: Mapping | null,
  definitions: ReadonlyMap<string, DefinitionView>,
): (row: Row) => Item | Rejection {
  const ids = new FileIds(source);
  const make = mapping === null ? null : rowMapper(source, reader, mapping);
  const template = mapping?.id?.template;
  const isOfContent = template !== undefined && compileTemplate(template).usesFile;
  const asEvents = mapping === null && source.format !== "ndjson" ? rowsAsEvents(source, reader, definitions) : null;
  return (row) => {
    const { n, line } = row;
    if (row.problem !== undefined) return { n, line, pointer: "", detail: row.problem };
    try {
      if (make === null && asEvents === null) return lineItem(n, line, row.value as JsonLine, ids);
      const place: Place = { n, line, file: ids.file, get: (column) => reader.get(row.value, column) };
      const event = (make ?? asEvents)?.(place) ?? {};
      const isDerived = event["id"] === undefined || event["id"] === null;
      if (isDerived) event["id"] = ids.of(event["definition_id"], line);
      return item(n, line, JSON.stringify(event), event, isDerived || isOfContent);
    } catch (thrown) {
      if (thrown instanceof RowProblem) return { n, line, pointer: thrown.pointer, detail: thrown.message };
      throw thrown;
    }
  };
}

/**
 * Ids for events that have none: a digest of the file's content and of the event's definition, and the line number. The
 * same file, gzipped or not, always has the same ids, so a second import doubles nothing. The order of ids is the order
 * of lines.
 */
class FileIds {
  readonly file: string;
  readonly #content: string;
  readonly #digests = new Map<unknown, string>();

  constructor(source: Source) {
    this.#content = source.sha256;
    this.file = source.sha256.slice(0, 24);
  }

  of(definitionId: unknown, line: number): string {
    let digest = this.#digests.get(definitionId);
    if (digest === undefined) {
      digest = createHash("sha256")
        .update(`${this.#content}\n${String(definitionId)}`)
        .digest("hex")
        .slice(0, 24);
      this.#digests.set(definitionId, digest);
    }
    return `${digest}-${String(line).padStart(LINE_DIGITS, "0")}`;
  }
}

function item(n: number, line: number, json: string, event: EventObject, isOfContent = false): Item {
  const { id, definition_id: definitionId, person_id, external_person_id } = event;
  const person = { person_id, external_person_id };
  return { n, line, json, bytes: Buffer.byteLength(json), id, isOfContent, definitionId, person };
}

/**
 * Sends the line as it is written, so that numbers keep their digits; an added id comes last, where it replaces an `id`
 * of null.
 */
function lineItem(n: number, line: number, { text, object }: JsonLine, ids: FileIds): Item {
  if (object["id"] !== undefined && object["id"] !== null) return item(n, line, text, object);
  const start = text.slice(0, text.lastIndexOf("}"));
  const comma = Object.keys(object).length === 0 ? "" : ",";
  const id = ids.of(object["definition_id"], line);
  return { ...item(n, line, `${start}${comma}"id":${JSON.stringify(id)}}`, object), id, isOfContent: true };
}

/** @throws InputError for a mapping that names columns that the file does not have. */
function rowMapper(source: Source, reader: Reader, mapping: Mapping): (place: Place) => EventObject {
  const { columns } = reader;
  // A column of Parquet may be an object, and a path may name a field of it.
  const tops = source.format === "parquet" ? (columns ?? []).map((column) => `${column}.`) : [];
  const missing = columnsOf(mapping).filter(
    (column) => columns?.includes(column) === false && !tops.some((top) => column.startsWith(top)),
  );
  if (missing.length > 0)
    throw new InputError(
      `The mapping names ${missing.join(", ")}. The file has these columns: ${columns?.join(", ")}.`,
    );
  return compileMapping(mapping);
}

/** @throws InputError for columns that are not fields of an event. */
function rowsAsEvents(
  source: Source,
  reader: Reader,
  definitions: ReadonlyMap<string, DefinitionView>,
): (place: Place) => EventObject {
  const columns = reader.columns ?? [];
  const unknown = columns.filter(
    (column) => !FIELDS.includes(column) && column !== "properties" && !column.startsWith(PROPERTY),
  );
  if (unknown.length > 0 || !columns.includes("definition_id"))
    throw new InputError(
      `${source.path} has no events: ${unknown.length > 0 ? `${unknown.join(", ")} is not a field of an event` : "the column definition_id is missing"}. ` +
        `The fields of an event are ${FIELDS.join(", ")} and ${PROPERTY}NAME. Other columns need a mapping: --map FILE.${hintOf(columns)}`,
    );
  const text = source.format === ("csv" satisfies Format);
  const fields = columns.filter((column) => FIELDS.includes(column));
  const properties = columns
    .filter((column) => column.startsWith(PROPERTY))
    .map((column) => column.slice(PROPERTY.length));
  return (place) => {
    const event: EventObject = {};
    for (const field of fields) set(event, field, `/${field}`, place.get(field), plain);
    const types = text ? typesOf(definitions, event["definition_id"]) : null;
    const bag: EventObject = {};
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
    event["properties"] = typeof whole === "object" && whole !== null ? { ...whole, ...bag } : (whole ?? bag);
    return event;
  };
}

/** Sets a field, unless its value is empty. @throws RowProblem */
function set(
  into: EventObject,
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
