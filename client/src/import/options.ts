/** What an import is asked to do. */

import { InputError } from "./rows.ts";
import { type Format, FORMATS } from "./source.ts";

export const MAX_EVENTS = 5_000;
export const MAX_CALLS = 16;

export interface Options {
  /** A path; `-` is the standard input. */
  file: string;
  /** Id or name of the space that is meant; null: the key's. */
  space: string | null;
  /** The path of a mapping. */
  map: string | null;
  define: boolean;
  createProfiles: boolean;
  /** The file has profiles, not events. */
  profiles: boolean;
  dryRun: boolean;
  fillMissing: boolean;
  strict: boolean;
  errors: string | null;
  /** Null: beside the file. */
  state: string | null;
  restart: boolean;
  allowNewIds: boolean;
  batch: number;
  concurrency: number;
  format: Format | undefined;
  /** Null: as the header shows it. */
  delimiter: string | null;
  encoding: string;
}

/** Options of the command line, by their names there. */
export interface OptionTexts {
  space?: string | undefined;
  map?: string | undefined;
  define?: boolean | undefined;
  createProfiles?: boolean | undefined;
  dryRun?: boolean | undefined;
  fillMissing?: boolean | undefined;
  strict?: boolean | undefined;
  errors?: string | undefined;
  state?: string | undefined;
  restart?: boolean | undefined;
  allowNewIds?: boolean | undefined;
  batch?: string | undefined;
  concurrency?: string | undefined;
  format?: string | undefined;
  delimiter?: string | undefined;
  encoding?: string | undefined;
}

/** @param profiles the file has profiles, not events. @throws InputError for an invalid option. */
export function readOptions(file: string, texts: OptionTexts, profiles: boolean): Options {
  const { map, space, errors, define = false, restart = false, allowNewIds = false, createProfiles = false } = texts;
  if (file === "") throw new InputError("The name of the file is empty.");
  const format = FORMATS.find((known) => known === texts.format);
  if (texts.format !== undefined && format === undefined)
    throw new InputError(`--format must be one of ${FORMATS.join(", ")}.`);
  if (allowNewIds && !restart) throw new InputError("--allow-new-ids needs --restart.");
  if (profiles && define && map === undefined) throw new InputError("--define needs a mapping: --map FILE.");
  return {
    file,
    space: space === undefined || space === "" ? null : space,
    map: map ?? null,
    define,
    createProfiles,
    profiles,
    dryRun: texts.dryRun ?? false,
    fillMissing: texts.fillMissing ?? false,
    strict: texts.strict ?? false,
    errors: errors ?? null,
    state: texts.state ?? null,
    restart,
    allowNewIds,
    batch: wholeNumber("batch", texts.batch ?? String(MAX_EVENTS), MAX_EVENTS),
    concurrency: wholeNumber("concurrency", texts.concurrency ?? "3", MAX_CALLS),
    format,
    delimiter: texts.delimiter === undefined ? null : delimiterOf(texts.delimiter),
    encoding: encodingOf(texts.encoding ?? "utf-8"),
  };
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
