/** The options of the command line. */

import { parseArgs } from "node:util";
import { InputError } from "./rows.ts";
import { type Format, FORMATS } from "./source.ts";

const DEFAULT_ORIGIN = "http://127.0.0.1:8787";
const MAX_EVENTS = 5_000;
const MAX_CALLS = 16;

export const HELP = `npm run import -- FILE --space SPACE [options]

Loads a file of events or profiles into a space: NDJSON (one per line), CSV with a header, Parquet; the first two also gzipped.
The format is detected from the content. A file of any size takes the same memory.

  --space SPACE      id or name of the space. The API key decides where events go: nothing is sent unless the key belongs to
                     this space.
  --key KEY          API key; better in the environment, as SPILLWAY_KEY, where other users cannot see it. Scope events:write;
                     profiles:write for --create-profiles and --profiles; events:read for CSV without a mapping; profiles:read for
                     --profiles with --define or without a mapping.
  --origin URL       URL of the service. Default: ${DEFAULT_ORIGIN}
  --map FILE         how columns become an event (JSON: see below). Without it a row is an event as the API takes it; in CSV and
                     Parquet a column is a field, properties.amount a property, and the texts of CSV get the definition's types.
  --dry-run          sends nothing: reads the whole file, shows the first events as they would be sent, the types of their
                     values, and what would be rejected. With a mapping it needs neither --space nor a key.
  --profiles         the file has profiles, not events. Each row is merged into the profile of its person: an empty value changes
                     nothing, and of two values the later one stays.
  --define           creates what is missing first: the event definitions of the file, or with --profiles the attributes of the
                     mapping. Types come from the mapping; where it names none, from the values of NDJSON or Parquet. An existing
                     definition must be enabled and have the properties with their types, or nothing is sent (scope events:read,
                     to check it).
  --create-profiles  creates the people that the file names, each once, before their first event. A person with only an external
                     id gets external- and 24 digits of its digest as person_id. The profiles have no type, also where the
                     event of a chatbot session would have created a Customer.
  --fill-missing     takes missing values at the end of a line of CSV as empty; otherwise such a line is rejected.
  --strict           stops at the first invalid line. Otherwise invalid lines are reported, and all others are loaded.
  --errors FILE      writes every invalid line as NDJSON, {line, pointer, detail}. stderr has the first one of each kind, and at
                     the end how many there are.
  --state FILE       keeps which rows are loaded. Default: FILE.import.json, beside the file. A run that took nothing leaves none.
  --restart          sends every line, loaded ones too; refused where events would get other ids than before.
  --allow-new-ids    with --restart: sends them nevertheless. Events without an id of their own are doubled.
  --batch N          events per call, 1 to ${MAX_EVENTS}. Default: ${MAX_EVENTS}
  --concurrency N    parallel calls, 1 to ${MAX_CALLS}. Default: 3
  --format F         ${FORMATS.join(", ")}, where the content does not show it.
  --delimiter D      delimiter of CSV: one character, or tab. Default: a comma
  --encoding E       encoding of text, a label of TextDecoder (windows-1252, utf-16le, …). Default: utf-8
  --help             shows this text

After an interruption, run the same command again: accepted rows are not sent again, rejected lines are tried again.

An event without an id gets one: 24 digits of a digest of the file's content (without its gzip) and of the event's definition,
and its line: 0f3a…-0000000042. The same file has the same ids, so that no repetition doubles an event. A file that has grown is
another content with other ids: import new lines as a file of their own, or map ids (without {#file}). Map ids also where two
mappings create two events of one definition from one line.

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
  type        text, number, boolean, date, list, json; left out: not converted. Fields are texts, occurred_at is a date. A number
              that becomes a text keeps its digits; an object or a list that becomes a text is its JSON
  list        objects, or a text with their JSON; fields: {"sku": "text", "price": "number"}
  date        format iso (default), unix, unix_ms, or a pattern of yyyy MM M MMM dd d HH H hh h a mm ss SSS XXX and 'text';
              timezone for times without an offset; clock_change for local times that occurred twice or never:
              compatible (default: the first; after the gap), earlier, later, reject. A pattern without XXX needs a timezone
  number      decimal "." or ",", without separators of thousands
  boolean     true and false: lists of texts. Default: true t yes y 1, false f no n 0
  empty       default (a value), or if_empty: skip (default; for occurred_at refuse), keep (an empty text), refuse. A template is
              empty when one of its columns is

A mapping of profiles (--profiles) has person_id, external_person_id, company_id, type, identifiers and attributes:

  {
    "external_person_id": { "column": "CustomerID" },
    "identifiers":        { "custom_id": { "template": "crm-{CustomerID}" } },
    "attributes":         { "$email_address": { "column": "Mail" }, "points": { "column": "Points", "type": "number" } }
  }

Exit code: 0, everything is loaded; 1, lines were rejected; 2, the file could not be loaded to the end; 130, interrupted.`;

export interface Options {
  file: string;
  /** Null only with `dryRun`. */
  space: string | null;
  /** Empty only with `dryRun`. */
  key: string;
  origin: string;
  map: string | null;
  define: boolean;
  createProfiles: boolean;
  /** The file has profiles, not events. */
  profiles: boolean;
  dryRun: boolean;
  fillMissing: boolean;
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

/** @param path resolves a path. @returns null for --help. @throws InputError for a missing or invalid option. */
export function readOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  path: (path: string) => string,
): Options | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new InputError("Name exactly one file. --help lists the options.");
  const isSent = !values["dry-run"];
  if (isSent && (values.space === undefined || values.space === ""))
    throw new InputError("--space is missing: give the id or the name of the space.");
  const key = values.key ?? environment["SPILLWAY_KEY"] ?? "";
  if (key === "" && (isSent || values.space !== undefined))
    throw new InputError("The API key is missing: set SPILLWAY_KEY in the environment, or use --key.");
  if (!URL.canParse(values.origin)) throw new InputError("--origin must be a URL.");
  const format = FORMATS.find((known) => known === values.format);
  if (values.format !== undefined && format === undefined)
    throw new InputError(`--format must be one of ${FORMATS.join(", ")}.`);
  if (values["allow-new-ids"] && !values.restart) throw new InputError("--allow-new-ids needs --restart.");
  if (values.profiles && values["create-profiles"])
    throw new InputError("--profiles loads the profiles themselves: leave out --create-profiles.");
  if (values.profiles && values.define && values.map === undefined)
    throw new InputError("--define with --profiles needs a mapping: --map FILE.");
  return {
    file: path(file),
    space: values.space ?? null,
    key,
    origin: values.origin,
    map: values.map === undefined ? null : path(values.map),
    define: values.define,
    createProfiles: values["create-profiles"],
    profiles: values.profiles,
    dryRun: values["dry-run"],
    fillMissing: values["fill-missing"],
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
        profiles: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        "fill-missing": { type: "boolean", default: false },
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
    throw new InputError(`${thrown instanceof Error ? thrown.message : String(thrown)} --help lists the options.`);
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new InputError(`--${name} must be a whole number from 1 to ${max}.`);
}

function delimiterOf(text: string): string {
  if (text === "tab" || text === "\\t") return "\t";
  if (text.length === 1 && !'"\r\n'.includes(text)) return text;
  throw new InputError("--delimiter must be one character, or tab.");
}

function encodingOf(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new InputError(`--encoding ${label} is not a known encoding.`);
  }
}
