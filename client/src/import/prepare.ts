/** What an import needs before it reads rows: its mapping, its space, its file and how the file is read. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { csvReader } from "./csv.ts";
import { readAttributes } from "./define-attributes.ts";
import { definitionsOf, eventKind, type Kind, profileKind } from "./kind.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import { ndjsonReader } from "./ndjson.ts";
import type { Options } from "./options.ts";
import { parquetReader } from "./parquet.ts";
import { type ProfileMapping, readProfileMapping } from "./profile-mapping.ts";
import { type Reader, InputError } from "./rows.ts";
import type { Service, Space } from "./service.ts";
import { inspect, type Source } from "./source.ts";
import type { InputFile } from "./spool.ts";
import type { Subject } from "./state.ts";

/** Where a run reports. */
export interface Shell {
  /** A line of the result, on stdout. */
  log: (line: string) => void;
  /** A line about an error, on stderr. */
  warn: (line: string) => void;
  /** Shows a new activity. @returns updates its progress: `total` null where it is not known. */
  progress: (label: string) => (done: number, total: number | null, note?: string) => void;
  /** Removes the progress. */
  endProgress: () => void;
  /** What the file `-` is. */
  stdin: Readable;
  /** @returns epoch ms. */
  now: () => number;
  /** An interrupt. */
  signal: AbortSignal;
}

/** Null where there is none, or where the file has the other kind. */
export interface Mappings {
  events: Mapping | null;
  profiles: ProfileMapping | null;
}

export interface Prepared {
  options: Options;
  source: Source;
  kind: Kind;
  mappings: Mappings;
  /** Opens the file again: a reader reads it once. */
  open: () => Promise<Reader>;
  /** The path of the file that keeps the progress; null: none does. */
  state: string | null;
  shell: Shell;
}

/** Reads the file once: its format, its digest. @throws InputError for a file that cannot be imported. */
export async function inspected(
  options: Options,
  { path, name }: InputFile,
  { progress, endProgress, signal }: Shell,
): Promise<Source> {
  const update = progress("checking");
  const source = await inspect(path, {
    name,
    format: options.format,
    encoding: options.encoding,
    onProgress(share) {
      signal.throwIfAborted();
      update(share, 1);
    },
  });
  endProgress();
  return source;
}

/** @throws InputError for a mapping that is not valid. */
export function readMappings({ map, profiles }: Options): Mappings {
  const text = map === null ? null : textOf(map);
  return {
    events: text === null || map === null || profiles ? null : readMapping(text, map),
    profiles: text === null || map === null || !profiles ? null : readProfileMapping(text, map),
  };
}

function textOf(mapping: string): string {
  try {
    return readFileSync(mapping, "utf8");
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    throw new InputError(code === "ENOENT" ? `The mapping ${mapping} does not exist.` : message);
  }
}

/** @param texts the file has only texts. @throws InputError where the types of its values are not known. */
export async function kindOf(
  options: Options,
  mappings: Mappings,
  texts: boolean,
  service: Service | null,
): Promise<Kind> {
  const needsTypes = texts && options.map === null;
  const typesFrom = needsTypes ? service : null;
  if (needsTypes && typesFrom === null)
    throw new InputError("CSV without a mapping needs the space's types: name a key, or a mapping with --map FILE.");
  if (options.profiles)
    return profileKind(mappings.profiles, texts, typesFrom === null ? new Map() : await readAttributes(typesFrom));
  return eventKind(
    mappings.events,
    texts,
    options.batch,
    typesFrom === null ? new Map() : await definitionsOf(typesFrom),
  );
}

/** @throws InputError when the key belongs to another space than the named one. */
export async function spaceOf(service: Service, meant: string | null): Promise<Space> {
  const space = await service.json<Space>("GET", "/v1/space");
  if (meant === null || space.id === meant || space.name === meant) return space;
  throw new InputError(
    `The API key belongs to the space ${space.name} (${space.id}), not to ${meant}. Nothing was sent: use a key of ${meant}.`,
  );
}

/** @param columns that are read of Parquet; null: all. */
export async function readerOf(source: Source, options: Options, columns: string[] | null): Promise<Reader> {
  switch (source.format) {
    case "ndjson":
      return ndjsonReader(source, options.encoding);
    case "csv":
      return csvReader(source, { ...options, delimiter: options.delimiter ?? source.delimiter });
    case "parquet":
      return parquetReader(source, columns);
  }
}

/** The import that a state file belongs to. */
export function subjectOf({ source, options, mappings }: Prepared, space: Space): Subject {
  const { encoding, fillMissing, profiles } = options;
  const delimiter = options.delimiter ?? (source.format === "csv" ? source.delimiter : ",");
  const mapping = mappings.events ?? mappings.profiles;
  const settings = JSON.stringify({ format: source.format, delimiter, encoding, fillMissing, profiles, mapping });
  return {
    bytes: source.bytes,
    sha256: source.sha256,
    space: space.id,
    settings: createHash("sha256").update(settings).digest("hex"),
  };
}
