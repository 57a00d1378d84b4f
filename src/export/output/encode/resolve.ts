/**
 * Resolves a request's format, columns and redactions against the dataset's columns. The result is frozen with the
 * export; a fault is reported with its pointer into the request.
 */

import type { Column, ColumnType, RowCondition } from "../../../datasets/column.ts";
import type { OpenObject } from "../../../datasets/dataset.ts";
import { type Fault, invalid, pointerToken } from "../../../errors.ts";
import { folded } from "../../../db/events/definitions.ts";
import { AbsentPaths } from "./absent-paths.ts";
import {
  CODECS,
  DEFAULT_CODEC,
  type Encoding,
  type EncodingRequest,
  type Field,
  isPlain,
  MAX_COLUMNS,
  type Redaction,
} from "./encoding.ts";
import type { PageCodec } from "./parquet-codecs.ts";
import type { Compression } from "../compression/codec.ts";

type Path = readonly string[];

/** A row may have 2 MB, and each copy of a column may repeat nearly all of it. */
const MAX_COPIES = 3;

/** What a request's paths may lead to. */
interface Rows {
  /** Null for a result that is one document. */
  columns: readonly Column[] | null;
  /** The object in a row that may have further members. */
  open?: OpenObject | undefined;
  /** The dataset's own parameter that selects fields, used instead of `columns`. */
  fieldsParameter?: string | undefined;
}

/**
 * @param warn is told of each path that no row of this result has, but another may have.
 * @returns null when the dataset's own lines satisfy the request.
 * @throws invalid_request with a pointer to each wrong column or path.
 */
export function resolveEncoding(
  request: EncodingRequest,
  { columns, open, fieldsParameter }: Rows,
  warn: (warning: Fault) => void,
): Encoding | null {
  const { format, compression, csv_escape_formulas: escapeFormulas } = request;
  checkCodec(request);
  if (escapeFormulas !== undefined && format !== "csv")
    throw invalid({ pointer: "/csv_escape_formulas", detail: "csv_escape_formulas requires the format csv." });
  if (fieldsParameter !== undefined && request.columns !== undefined)
    throw invalid({
      pointer: "/columns",
      detail: `This dataset does not support columns: use ${fieldsParameter} instead.`,
    });
  if (isPlain(request)) {
    const isDefault = compression === DEFAULT_CODEC[format];
    return isDefault ? null : { format, fields: null, redact: [], hidden: [], escapeFormulas: false, compression };
  }
  if (columns === null) {
    const at = format !== "ndjson" ? "/format" : request.columns !== undefined ? "/columns" : "/redact";
    throw invalid({
      pointer: at,
      detail: "This dataset's result is one JSON document without rows and columns: leave the field out.",
    });
  }
  const faults: Fault[] = [];
  const known = listTargets(columns, format);
  const absent = new AbsentPaths(known, open);
  const redact = resolveRedactions(request, columns, known, absent, { faults, warn });
  const fields =
    request.columns === undefined
      ? allFields(format, columns, redact, faults)
      : namedFields(request, known, absent, redact, { faults, warn });
  if (faults.length > 0) throw invalid(...faults);
  const isHidden = (path: Path) => redact.some((each) => within(path, each.path));
  const hidden = columns.flatMap(({ path, edge }) => (edge !== undefined && isHidden(path) ? [edge] : []));
  return { format, fields, redact, hidden, escapeFormulas: escapeFormulas ?? false, compression };
}

/** @throws invalid_request for a codec that the format does not have, or that this runtime lacks. */
function checkCodec({ format, compression }: Pick<EncodingRequest, "format" | "compression">): void {
  const codecs: Readonly<Record<string, Pick<Compression | PageCodec, "isSupported">>> = CODECS[format];
  const names = Object.entries(codecs).flatMap(([name, codec]) => (codec.isSupported() ? [name] : []));
  if (names.includes(compression)) return;
  const has = Object.hasOwn(codecs, compression);
  const why = has ? `This service has no ${compression}` : `${format} has no ${compression}`;
  throw invalid({ pointer: "/compression", detail: `${why}: compression must be one of ${names.join(", ")}.` });
}

/**
 * The requested columns in which no row of the space has a value, each with its pointer: the export has nulls there.
 */
export function unusedColumns(request: Pick<EncodingRequest, "columns">, columns: readonly Column[]): Fault[] {
  const unused = new Map<string, boolean>();
  for (const column of columns)
    for (const name of [nameOf(column), ...(column.fields ?? []).map((field) => `${nameOf(column)}.${field}`)])
      unused.set(name, column.unused === true);
  return (request.columns ?? []).flatMap(({ path }, index) =>
    unused.get(path) === true
      ? [
          {
            pointer: `/columns/${index}/path`,
            detail: `No row can have a value in ${path}: the space never had an event of a definition with it. The column is null.`,
          },
        ]
      : [],
  );
}

/** What a path may lead to: a column, an object around columns, or a field of a list's items. */
interface Target {
  /** A name may contain full stops itself, so the path is not split again. */
  path: Path;
  type: ColumnType;
  inList: boolean;
  required?: true;
  rows?: RowCondition;
}

const keyOf = (path: Path) => path.join(".");

/** The name by which a request names a column. */
const nameOf = ({ name, path }: Column) => name ?? keyOf(path);

/** By name. In NDJSON a path has the values of all rows: other types among them are columns of their own beside it. */
function listTargets(columns: readonly Column[], format: EncodingRequest["format"]): Map<string, Target> {
  const targets = new Map<string, Target>();
  const around = (path: Path): Target => ({ path, type: "json", inList: false });
  for (const column of columns) {
    const { path, fields, rows } = column;
    const condition = rows === undefined ? {} : { rows };
    for (let depth = 1; depth < path.length; depth += 1)
      targets.set(keyOf(path.slice(0, depth)), around(path.slice(0, depth)));
    for (const field of fields ?? [])
      targets.set(`${nameOf(column)}.${field}`, { ...around([...path, field]), inList: true, ...condition });
  }
  for (const column of columns) {
    const { path, type, rows, required } = column;
    const target: Target = { path, type, inList: false, ...(required === undefined ? {} : { required }) };
    if (rows === undefined) targets.set(nameOf(column), target);
    else if (format === "ndjson" && "except" in rows) targets.set(nameOf(column), { ...target, type: "json" });
    else targets.set(nameOf(column), { ...target, rows });
  }
  return targets;
}

/** Where faults and warnings go. */
interface Findings {
  faults: Fault[];
  warn: (warning: Fault) => void;
}

/**
 * The requested redactions, extended to the aliases of their columns, where `drop` wins over `sha256`. The deepest come
 * first, so that their order in the request makes no difference. A redaction of a name is for every row that has a
 * value at its path, also where that value is a column of its own; one of such a column is for its rows alone.
 */
function resolveRedactions(
  request: EncodingRequest,
  columns: readonly Column[],
  known: ReadonlyMap<string, Target>,
  absent: AbsentPaths,
  { faults, warn }: Findings,
): Redaction[] {
  const asked = Object.entries(request.redact ?? {});
  const hows = new Map(asked);
  const pathOf = (text: string) => known.get(text)?.path ?? text.split(".");
  for (const [path, how] of asked) {
    if (!known.has(path)) {
      const finding = { pointer: `/redact/${pointerToken(path)}`, detail: absent.detail(path, pathOf(path)) };
      // A mistyped path would leave the value that it means in the file: only a path that the space has is let through.
      if (absent.isElsewhere(pathOf(path))) warn(finding);
      else faults.push(finding);
    }
    for (const column of columns)
      if (column.alias !== undefined && within(column.path, pathOf(path)) && hows.get(keyOf(column.alias)) !== "drop")
        hows.set(keyOf(column.alias), how);
  }
  const found = [...hows].map(([path, how]): Redaction => {
    const rows = known.get(path)?.rows;
    return { path: pathOf(path), how, ...(rows !== undefined && "only" in rows ? { rows } : {}) };
  });
  return found.toSorted((a, b) => b.path.length - a.path.length || (keyOf(a.path) < keyOf(b.path) ? -1 : 1));
}

const within = (path: Path, around: Path) => around.every((name, depth) => path[depth] === name);

/** A column's value, as a redaction sees it. */
type Place = Pick<Field, "path" | "rows">;

/** Is the redaction for all rows, or for the rows of this column? */
const reaches = (redaction: Redaction, { rows }: Place) =>
  redaction.rows === undefined || JSON.stringify(redaction.rows) === JSON.stringify(rows);

/** The redaction that removes a path: one that drops it or an object around it, or that hashes an object around it. */
function removedBy(place: Place, redact: readonly Redaction[]): Redaction | undefined {
  const around = redact.filter((each) => within(place.path, each.path) && reaches(each, place));
  // The last is the outermost.
  return around.findLast((each) => each.how === "drop" || each.path.length < place.path.length);
}

/** The requested columns, in the request's order. */
function namedFields(
  request: EncodingRequest,
  known: ReadonlyMap<string, Target>,
  absent: AbsentPaths,
  redact: readonly Redaction[],
  { faults, warn }: Findings,
): Field[] {
  const names = new Map<string, string>();
  const copies = new Map<string, number>();
  return (request.columns ?? []).map(({ path: text, as }, index) => {
    const at = `/columns/${index}`;
    const fault = (detail: string, member = "path") => void faults.push({ pointer: `${at}/${member}`, detail });
    const target = known.get(text);
    const place: Place = target ?? { path: text.split(".") };
    const name = as ?? text;
    const removed = removedBy(place, redact);
    const times = (copies.get(text) ?? 0) + 1;
    if (target === undefined) {
      const finding = { pointer: `${at}/path`, detail: absent.detail(text, place.path) };
      if (absent.isPossible(place.path)) warn({ ...finding, detail: `${finding.detail} The column is empty.` });
      else faults.push(finding);
    } else if (removed?.how === "drop")
      fault(`redact drops ${keyOf(removed.path)}: remove it from columns or from redact.`);
    else if (removed !== undefined)
      fault(`redact replaces ${keyOf(removed.path)} by one hash: ask for the whole of it, or redact its fields.`);
    else if (times > MAX_COPIES) fault(`columns may contain one path at most ${MAX_COPIES} times.`);
    // Many readers do not tell names apart that differ in letter case alone.
    const taken = names.get(folded(name));
    if (taken !== undefined)
      fault(
        taken === name
          ? `An earlier column already has the name ${name}: set another.`
          : `${name} differs in letter case alone from ${taken}, the name of an earlier column: set another.`,
        as === undefined ? "path" : "as",
      );
    names.set(folded(name), name);
    copies.set(text, times);
    return { name, ...typed(place, target, redact) };
  });
}

/** Without requested columns: null for NDJSON, whose rows keep their shape, else every column that is not dropped. */
function allFields(
  format: EncodingRequest["format"],
  columns: readonly Column[],
  redact: readonly Redaction[],
  faults: Fault[],
): Field[] | null {
  if (format === "ndjson") return null;
  const fields = redactedFields(columns, redact);
  if (fields.length === 0) faults.push({ pointer: "/redact", detail: "redact drops every column: keep at least one." });
  if (fields.length > MAX_COLUMNS)
    faults.push({
      pointer: "/columns",
      detail: `The rows have ${fields.length} columns, and a file may have ${MAX_COLUMNS}: name the ones that you want in columns, or name events.`,
    });
  return fields;
}

/** Every column that is included without being named, and that the redactions leave. */
export function redactedFields(columns: readonly Column[], redact: readonly Redaction[]): Field[] {
  const fields = new Map<string, Field>();
  for (const column of columns) {
    const removed = removedBy(column, redact);
    if (column.within === true || removed?.how === "drop") continue;
    // An object that is hashed becomes one column with its hash.
    if (removed !== undefined)
      fields.set(keyOf(removed.path), { name: keyOf(removed.path), path: removed.path, type: "text" });
    else {
      const target: Target = { ...column, inList: false };
      fields.set(nameOf(column), { name: nameOf(column), ...typed(target, target, redact) });
    }
  }
  return [...fields.values()];
}

/** A hash is a text. A hashed field of a list stays JSON: a list of hashes. */
function typed(place: Place, target: Target | undefined, redact: readonly Redaction[]): Omit<Field, "name"> {
  const { path, rows } = place;
  const required = target?.required;
  const same = (each: Redaction) => keyOf(each.path) === keyOf(path) && reaches(each, place);
  const hashed = redact.some((each) => each.how === "sha256" && same(each));
  const type = target === undefined || (hashed && !target.inList) ? "text" : target.type;
  return { path, type, ...(required === undefined ? {} : { required }), ...(rows === undefined ? {} : { rows }) };
}
