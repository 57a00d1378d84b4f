/** The statements that load an export into a system: what of it the system can read, and in which words. */

import { invalid } from "../../errors.ts";
import type { ColumnType } from "../../datasets/column.ts";
import type { CodecName } from "../output/encode/encoding.ts";
import { columnNames } from "./names.ts";
import { comment } from "./sql.ts";
import { type Load, type LoadColumn, type LoadFiles, type LoadFormat, MAX_LISTED, ROWS } from "./system.ts";
import { PLACEHOLDER_BUCKET, placeOf, type Source } from "./place.ts";
import { SYSTEMS, type SystemName, type TypedSystem } from "./systems.ts";

/** A column as the manifest has it. */
export interface ResultColumn {
  name: string;
  type: ColumnType;
  nullable: boolean;
  /** Where a row of NDJSON has the value, if not in a member with the column's name. */
  path?: readonly string[] | undefined;
}

/** A completed export. */
export interface LoadedExport {
  id: string;
  dataset: string;
  format: LoadFormat;
  compression: CodecName;
  /** Null: the result is one document. */
  columns: readonly ResultColumn[] | null;
  source: Source;
  files: number;
  rows: number;
  /** Of the largest file. */
  uncompressedBytes: number;
}

/** What a request chooses. */
export interface LoadRequest {
  system: SystemName;
  /** With full stops between its parts. Default: `spillway_<dataset>`. */
  table?: string | undefined;
  /** A folder or an address, where the files are there. */
  path?: string | undefined;
}

/** How a system's statements may list the files of an export. */
export const maxListed = (system: SystemName): number => SYSTEMS[system].maxListed ?? MAX_LISTED;

const FOR = "#query/for";

/**
 * @param files the names of the export's files, as the system can list them (`maxListed`).
 * @returns SQL, which ends with a line break.
 * @throws invalid_request for what the system cannot read, naming what it can.
 */
export function loadStatements(of: LoadedExport, files: LoadFiles, request: LoadRequest): string {
  const system: TypedSystem = SYSTEMS[request.system];
  const { title, maxColumns, matching } = system;
  checkForm(of, system);
  const place = placeOf(of.source, request.path, system);
  const columns = tableColumns(of, system);
  if (columns.length > maxColumns)
    throw invalid({
      pointer: FOR,
      detail: `A table in ${title} has at most ${maxColumns} columns, and the export has ${columns.length}: export fewer with columns.`,
    });
  if (matching === "common prefix" && files.kind === "matching" && files.prefix === "")
    throw invalid({
      pointer: FOR,
      detail: `The export has ${of.files} files, and ${title} reads at most ${maxListed(request.system)} whose names do not begin alike.`,
    });
  const load: Load = {
    table: tableName(request.table ?? `spillway_${of.dataset}`, system),
    columns,
    format: of.format,
    compression: of.compression,
    files,
    place,
    rows: of.format === "document" ? 1 : of.rows,
    uncompressedBytes: of.uncompressedBytes,
  };
  system.check?.(load);
  const statements = [
    ...(system.open?.(load) ?? []),
    ...system.create(load),
    ...(of.files === 0 ? [] : system.insert(load)),
    ...(system.close?.(load) ?? []),
  ].join("\n");
  const hasPlaceholder = statements.includes("YOUR_");
  return `${[...heading(of, load, system, hasPlaceholder), statements].join("\n")}\n`;
}

function checkForm({ format, compression }: LoadedExport, { title, reads }: TypedSystem): void {
  const codecs = reads[format];
  if (codecs?.includes(compression) === true) return;
  const what = format === "document" ? "one JSON document" : format;
  const can = Object.entries(reads).map(
    ([name, each]) => `${name === "document" ? "JSON documents" : name} (${each.join(", ")})`,
  );
  throw invalid({
    pointer: FOR,
    detail: `${title} cannot read this export, which is ${what} with the compression ${compression}. It can read ${can.join("; ")}. Create an export in one of these forms.`,
  });
}

/** A document is a table of one column. */
function tableColumns({ columns, format }: LoadedExport, { names, types }: TypedSystem): LoadColumn[] {
  const all: readonly ResultColumn[] = columns ?? [{ name: "document", type: "json", nullable: false }];
  const unique = columnNames(
    all.map(({ name }) => name),
    names,
  );
  return all.map(({ name, type, nullable, path }, index) => ({
    name: unique[index] ?? name,
    source: name,
    path: path ?? [name],
    type,
    sqlType: types[type],
    required: !nullable && format !== "document",
  }));
}

function tableName(name: string, { title, table: { parts: max, spelling } }: TypedSystem): string[] {
  const pointer = "#query/table";
  const parts = name.split(".");
  if (parts.at(-1)?.toLowerCase() === ROWS)
    throw invalid({ pointer, detail: `${ROWS} is the name of a table of the statements' own: choose another.` });
  if (parts.length <= max) return parts.map(spelling);
  throw invalid({
    pointer,
    detail: `The name of a table in ${title} has at most ${max} parts, separated by full stops.`,
  });
}

function heading(of: LoadedExport, load: Load, { title, note }: TypedSystem, hasPlaceholder: boolean): string[] {
  const { columns, files, place } = load;
  const renamed = columns.filter(({ name, source }) => name.toLowerCase() !== source.toLowerCase());
  const isElsewhere = place.kind === "bucket" && place.bucket === PLACEHOLDER_BUCKET;
  return [
    comment(`Loads the export ${of.id} (${of.dataset}, ${of.rows} rows) into ${title}.`),
    ...(place.kind === "folder" ? [comment("Run it on the machine that has the files.")] : []),
    ...(isElsewhere
      ? [comment(`Copy the files to ${PLACEHOLDER_BUCKET} first: ${title} cannot read them where they are.`)]
      : []),
    ...(note === undefined ? [] : [comment(note)]),
    ...(hasPlaceholder ? [comment("Replace what begins with YOUR_.")] : []),
    ...(files.kind === "matching"
      ? [comment(`${of.files} files are found by how their names begin and end: keep other files apart from them.`)]
      : []),
    ...renamed.map(({ name, source }) => comment(`The column ${name} is ${JSON.stringify(source)} in the export.`)),
  ];
}
