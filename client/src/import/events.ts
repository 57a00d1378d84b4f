/**
 * Rows → events, as the lines of JSON that are sent: by a mapping, or as they are, where each column is a field of an
 * event (`properties.amount` a property). An event without an id gets a derived one: see `FileIds`.
 */

import { createHash } from "node:crypto";
import type { DefinitionView } from "./service.ts";
import { columnsOf, compileMapping, type Mapping } from "./mapping.ts";
import type { JsonLine } from "./ndjson.ts";
import { type Reader, type Row, InputError } from "./rows.ts";
import { rowsAsEvents } from "./rows-as-events.ts";
import { emptyObject, RowProblem, type SentObject } from "./setter.ts";
import type { Source } from "./source.ts";
import { compileTemplate, type Place } from "./template.ts";

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
  /** The row's own ids, which the detail may have: errors that differ in these alone are of one kind. */
  values?: readonly string[];
}

const NO_TIME = "occurred_at is null. Leave it out to let the event occur when it is received.";
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
      const event = (make ?? asEvents)?.(place) ?? emptyObject();
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

function item(n: number, line: number, json: string, event: SentObject, isOfContent = false): Item {
  const { id, definition_id: definitionId, person_id, external_person_id } = event;
  const person = { person_id, external_person_id };
  return { n, line, json, bytes: Buffer.byteLength(json), id, isOfContent, definitionId, person };
}

/**
 * Sends the line as it is written, so that numbers keep their digits; an added id comes last, where it replaces an `id`
 * of null.
 */
function lineItem(n: number, line: number, { text, object }: JsonLine, ids: FileIds): Item {
  if (object["occurred_at"] === null) throw new RowProblem("/occurred_at", NO_TIME);
  if (object["id"] !== undefined && object["id"] !== null) return item(n, line, text, object);
  const start = text.slice(0, text.lastIndexOf("}"));
  const comma = Object.keys(object).length === 0 ? "" : ",";
  const id = ids.of(object["definition_id"], line);
  return { ...item(n, line, `${start}${comma}"id":${JSON.stringify(id)}}`, object), id, isOfContent: true };
}

/** @throws InputError for a mapping that names columns that the file does not have. */
function rowMapper(source: Source, reader: Reader, mapping: Mapping): (place: Place) => SentObject {
  checkColumns(source, reader, columnsOf(mapping));
  return compileMapping(mapping);
}

/** @param named the columns of a mapping. @throws InputError for those that the file does not have. */
export function checkColumns(source: Source, { columns }: Reader, named: readonly string[]): void {
  // A column of Parquet may be an object, and a path may name a field of it.
  const tops = source.format === "parquet" ? (columns ?? []).map((column) => `${column}.`) : [];
  const missing = named.filter(
    (column) => columns?.includes(column) === false && !tops.some((top) => column.startsWith(top)),
  );
  if (missing.length > 0)
    throw new InputError(
      `The mapping names ${missing.join(", ")}. The file has these columns: ${columns?.join(", ")}.`,
    );
}
