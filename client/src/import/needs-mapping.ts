/** A file whose columns are no fields: the error that says so has a mapping to begin with. */

import { SpillwayError } from "../errors.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { definitionsOf } from "./kind.ts";
import { readAttributes } from "./define-attributes.ts";
import type { Options } from "./options.ts";
import { proposeEvents } from "./propose-events.ts";
import { proposeProfiles } from "./propose-profiles.ts";
import type { Hints, Proposal } from "./propose.ts";
import { EVENT_FIELDS, eventColumnsProblem } from "./rows-as-events.ts";
import { PROFILE_FIELDS, profileColumnsProblem } from "./profile-rows.ts";
import { InputError, type Reader } from "./rows.ts";
import type { Service, Space } from "./service.ts";
import type { Source } from "./source.ts";

/** The file's rows are neither events nor profiles as they are. */
export class MappingNeeded extends InputError {
  readonly columns: Columns;
  readonly proposal: Proposal;

  constructor(message: string, columns: Columns, proposal: Proposal) {
    super(message);
    this.columns = columns;
    this.proposal = proposal;
  }
}

export interface UnmappedFile {
  source: Source;
  /** Of all columns; it is read. */
  reader: Reader;
  options: Pick<Options, "profiles" | "define">;
  /** Null where it is not known. */
  space: Space | null;
  /** Epoch ms. */
  now: number;
  /** Null without a key. */
  service: Service | null;
}

const DAY_MS = 86_400_000;
const NO_TYPES = "--define needs a mapping for CSV, which has no types: --map FILE.";

/** @throws MappingNeeded where the rows of a file are not what the service takes. */
export async function checkRowsAreFields(file: UnmappedFile): Promise<void> {
  const { source, reader } = file;
  const { profiles, define } = file.options;
  const problemOf = profiles ? profileColumnsProblem : eventColumnsProblem;
  if (reader.columns !== null) {
    const problem =
      problemOf(source.name, reader.columns) ?? (define && !profiles && source.format === "csv" ? NO_TYPES : null);
    if (problem === null) return;
    throw await needed(problem, await columnsOf(reader), file);
  }
  const columns = await columnsOf(reader);
  const names = columns.columns.map(({ name }) => name.split(".")[0] ?? name);
  const fields = profiles ? PROFILE_FIELDS : EVENT_FIELDS;
  const isWanted = profiles ? names.some((name) => name.endsWith("person_id")) : names.includes("definition_id");
  // The service names the fault of each line where the lines have fields alone.
  if (isWanted || names.every((name) => fields.includes(name))) return;
  throw await needed(problemOf(source.name, [...new Set(names)]) ?? "", columns, file);
}

async function needed(problem: string, columns: Columns, file: UnmappedFile): Promise<InputError> {
  if (columns.rows === 0) return new InputError(`${file.source.name} has no row that can be read.`);
  const { source, space, service, now } = file;
  const { profiles } = file.options;
  const hints: Hints = {
    file: source.name,
    timezone: space?.timezone ?? null,
    keepsFrom: space === null ? null : new Date(now - space.retention_days * DAY_MS).toISOString(),
    spellings: service === null ? [] : await spellingsOf(service, profiles),
    texts: source.format === "csv",
  };
  return new MappingNeeded(
    problem,
    columns,
    profiles ? proposeProfiles(columns, hints) : proposeEvents(columns, hints),
  );
}

/** The names that the space has. None, where the key may not read them: a wrong spelling is told by `--define` then. */
async function spellingsOf(service: Service, profiles: boolean): Promise<string[]> {
  try {
    if (profiles) return [...(await readAttributes(service)).keys()];
    const properties = [...(await definitionsOf(service)).values()].flatMap((definition) => definition.properties);
    return properties.flatMap(({ name, fields = [] }) => [name, ...fields.map((field) => field.name)]);
  } catch (thrown) {
    if (thrown instanceof SpillwayError && thrown.status === 403) return [];
    throw thrown;
  }
}
