/** What stands on the command line. */

import { parseArgs } from "node:util";
import { Unusable } from "./rows.ts";
import { type Format, FORMATS } from "./source.ts";

const DEFAULT_ORIGIN = "http://127.0.0.1:8787";
const MAX_EVENTS = 5_000;
const MAX_CALLS = 16;

export const HELP = `npm run import -- FILE --space SPACE [options]

Loads a file of events into a space: NDJSON (an event a line), CSV with a header, Parquet; the first two also gzipped. What a
file is, is seen from its content. A file of any size takes the same memory.

  --space SPACE      id or name of the space that you mean. The key decides where events go: nothing is sent unless its space
                     is this one.
  --key KEY          API key; better in the environment, as SPILLWAY_KEY, where other users do not see it. Scope events:write;
                     profiles:write for --create-profiles; events:read for CSV without a mapping.
  --origin URL       where the service is. Default: ${DEFAULT_ORIGIN}
  --map FILE         how columns become an event (JSON: see below). Without it a row is an event as the API takes it; in CSV and
                     Parquet a column is a field, properties.amount a property, and CSV's texts get the definition's types.
  --define           makes the mapping's event definition first, unless there is one of its id: that one must be enabled and
                     have the mapping's properties with their types, or nothing is sent (scope events:read, to look).
  --create-profiles  makes the persons that the file names, each once, before their first event. A person with an external id
                     alone gets external- and 24 digits of its digest as person_id. They have no type: a chatbot session's
                     event, which makes a Customer of a person who is not there, finds them there and does not.
  --strict           stops at the first wrong line. Else wrong lines are told, and all others loaded.
  --errors FILE      wrong lines as NDJSON, {line, pointer, detail}; stderr then has the first ones only.
  --state FILE       where it is kept what is loaded already. Default: FILE.import.json, beside the file.
  --restart          sends every line, whatever the state says; not where events would get other ids than they have.
  --allow-new-ids    with --restart: also there. Events that were sent without an id of their own are doubled.
  --batch N          events a call, 1 to ${MAX_EVENTS}. Default: ${MAX_EVENTS}
  --concurrency N    calls at once, 1 to ${MAX_CALLS}. Default: 3
  --format F         ${FORMATS.join(", ")}, where the content does not tell.
  --delimiter D      of CSV: one character, or tab. Default: a comma
  --encoding E       of text, as TextDecoder knows it (windows-1252, utf-16le, …). Default: utf-8
  --help             this

Interrupted? Run the same command again: rows that were taken are not sent again, lines that were refused are tried again.

An event without an id gets one: 24 digits of a digest of the file's content (without its gzip) and of the event's definition,
and its line: 0f3a…-0000000042. The same file gives the same ids, so that no repetition doubles an event. A file that has grown is
another content: all its ids would be others. Import what is new as a file of its own, or give events ids of their own (without
{#file}); also where two mappings make two events of one definition out of a line.

A mapping:

  {
    "id":            { "template": "{InvoiceNo}-{#row:6}" },
    "definition_id": { "constant": "order_line" },
    "person_id":     { "column": "CustomerID", "default": "nobody" },
    "occurred_at":   { "column": "InvoiceDate", "format": "dd.MM.yyyy HH:mm", "timezone": "Europe/London" },
    "properties":    { "Quantity": { "column": "Quantity", "type": "number" },
                       "Description": { "column": "Description", "if_empty": "keep" } }
  }

  fields      id, definition_id, person_id, external_person_id, session_id, company_id, occurred_at, properties
  value from  one of column (in NDJSON and Parquet a path: customer.id), constant, template: {column}, {#line} (in the file),
              {#row} (among the rows; {#row:6} with zeros), {#file} (a digest), {{ and }}
  type        text, number, boolean, date, json; left out: as it is. Fields are texts, occurred_at is a date
  date        format iso (default), unix, unix_ms, or a pattern of yyyy MM M MMM dd d HH H hh h a mm ss SSS XXX and 'text';
              timezone for times without an offset; clock_change for times that the clocks showed twice or never:
              compatible (default: the first; after the gap), earlier, later, reject
  number      decimal "." or ",", without separators of thousands
  boolean     true and false: lists of texts. Default: true t yes y 1, false f no n 0
  empty       default (a value), or if_empty: skip (default), keep (an empty text), refuse. A template is empty when one of
              its columns is

Exit code: 0, everything is loaded; 1, lines were refused; 2, it could not be loaded to the end; 130, interrupted.`;

export interface Options {
  file: string;
  space: string;
  key: string;
  origin: string;
  map: string | null;
  define: boolean;
  createProfiles: boolean;
  strict: boolean;
  errors: string | null;
  state: string;
  restart: boolean;
  allowNewIds: boolean;
  batch: number;
  concurrency: number;
  format: Format | undefined;
  delimiter: string;
  encoding: string;
}

/** @param path makes a path absolute. @returns null when help is asked for. @throws Unusable for what means nothing here. */
export function readOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  path: (path: string) => string,
): Options | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new Unusable("Name one file. --help says more.");
  if (values.space === undefined || values.space === "")
    throw new Unusable("--space is missing: the id or the name of the space that you mean.");
  const key = values.key ?? environment["SPILLWAY_KEY"] ?? "";
  if (key === "") throw new Unusable("The API key is missing: --key, or SPILLWAY_KEY in the environment.");
  if (!URL.canParse(values.origin)) throw new Unusable("--origin is no URL.");
  const format = FORMATS.find((known) => known === values.format);
  if (values.format !== undefined && format === undefined)
    throw new Unusable(`--format is one of ${FORMATS.join(", ")}.`);
  if (values["allow-new-ids"] && !values.restart) throw new Unusable("--allow-new-ids goes with --restart.");
  if (values.define && values.map === undefined) throw new Unusable("--define needs a mapping: --map FILE.");
  return {
    file: path(file),
    space: values.space,
    key,
    origin: values.origin,
    map: values.map === undefined ? null : path(values.map),
    define: values.define,
    createProfiles: values["create-profiles"],
    strict: values.strict,
    errors: values.errors === undefined ? null : path(values.errors),
    state: path(values.state ?? `${file}.import.json`),
    restart: values.restart,
    allowNewIds: values["allow-new-ids"],
    batch: wholeNumber("batch", values.batch, MAX_EVENTS),
    concurrency: wholeNumber("concurrency", values.concurrency, MAX_CALLS),
    format,
    delimiter: delimiterOf(values.delimiter),
    encoding: encodingOf(values.encoding),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        space: { type: "string" },
        key: { type: "string" },
        origin: { type: "string", default: DEFAULT_ORIGIN },
        map: { type: "string" },
        define: { type: "boolean", default: false },
        "create-profiles": { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
        errors: { type: "string" },
        state: { type: "string" },
        restart: { type: "boolean", default: false },
        "allow-new-ids": { type: "boolean", default: false },
        batch: { type: "string", default: String(MAX_EVENTS) },
        concurrency: { type: "string", default: "3" },
        format: { type: "string" },
        delimiter: { type: "string", default: "," },
        encoding: { type: "string", default: "utf-8" },
        help: { type: "boolean", default: false, short: "h" },
      },
    });
  } catch (thrown) {
    throw new Unusable(`${thrown instanceof Error ? thrown.message : String(thrown)} --help says more.`);
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Unusable(`--${name} is a whole number from 1 to ${most}.`);
}

function delimiterOf(text: string): string {
  if (text === "tab" || text === "\\t") return "\t";
  if (text.length === 1 && !'"\r\n'.includes(text)) return text;
  throw new Unusable("--delimiter is one character, or tab.");
}

function encodingOf(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new Unusable(`--encoding ${label} is not known here.`);
  }
}
