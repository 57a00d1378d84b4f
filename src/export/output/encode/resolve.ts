/**
 * Resolves a request's format, columns and redactions against the dataset's columns. The result is frozen with the
 * export; a fault is reported with its pointer into the request.
 */

import type { Column, ColumnType } from "../../../datasets/dataset.ts";
import { type Fault, invalid, pointerToken } from "../../../errors.ts";
import { type Encoding, type EncodingRequest, type Field, isPlain, MAX_COLUMNS, type Redaction } from "./encoding.ts";

type Path = readonly string[];

/** A row may have 2 MB, and each copy of a column may repeat nearly all of it. */
const MAX_COPIES = 3;

/**
 * @param columns the dataset's; null for a result that is one document.
 * @param picks the dataset's own parameter that selects fields, used instead of `columns`.
 * @returns null when the dataset's own lines satisfy the request.
 * @throws invalid_request with a pointer to each wrong column or path.
 */
export function resolveEncoding(
  request: EncodingRequest,
  columns: readonly Column[] | null,
  picks?: string,
): Encoding | null {
  const { format, csv_escape_formulas: escapeFormulas } = request;
  if (escapeFormulas !== undefined && format !== "csv")
    throw invalid({ pointer: "/csv_escape_formulas", detail: "csv_escape_formulas requires the format csv." });
  if (picks !== undefined && request.columns !== undefined)
    throw invalid({ pointer: "/columns", detail: `This dataset does not support columns: use ${picks} instead.` });
  if (isPlain(request)) return null;
  if (columns === null) {
    const at = format !== "ndjson" ? "/format" : request.columns !== undefined ? "/columns" : "/redact";
    throw invalid({
      pointer: at,
      detail: "This dataset's result is one JSON document without rows and columns: leave the field out.",
    });
  }
  const faults: Fault[] = [];
  const known = listTargets(columns);
  const redact = resolveRedactions(request, columns, known, faults);
  const fields =
    request.columns === undefined
      ? allFields(format, columns, redact, faults)
      : namedFields(request, known, redact, faults);
  if (faults.length > 0) throw invalid(...faults);
  const isHidden = (path: Path) => redact.some((each) => within(path, each.path));
  const hidden = columns.flatMap(({ path, edge }) => (edge !== undefined && isHidden(path) ? [edge] : []));
  return { format, fields, redact, hidden, escapeFormulas: escapeFormulas ?? false };
}

/** What a path may lead to: a column, an object around columns, or a field of a list's items. */
interface Target {
  /** A name may contain full stops itself, so the path is not split again. */
  path: Path;
  type: ColumnType;
  inList: boolean;
}

const keyOf = (path: Path) => path.join(".");

function listTargets(columns: readonly Column[]): Map<string, Target> {
  const targets = new Map<string, Target>();
  const add = (path: Path, type: ColumnType, inList: boolean) => targets.set(keyOf(path), { path, type, inList });
  for (const { path, fields } of columns) {
    for (let depth = 1; depth < path.length; depth += 1) add(path.slice(0, depth), "json", false);
    for (const field of fields ?? []) add([...path, field], "json", true);
  }
  for (const { path, type } of columns) add(path, type, false);
  return targets;
}

/**
 * The requested redactions, extended to the aliases of their columns, where `drop` wins over `sha256`. The deepest come
 * first, so that their order in the request makes no difference.
 */
function resolveRedactions(
  request: EncodingRequest,
  columns: readonly Column[],
  known: ReadonlyMap<string, Target>,
  faults: Fault[],
): Redaction[] {
  const asked = Object.entries(request.redact ?? {});
  const hows = new Map(asked);
  const pathOf = (text: string) => known.get(text)?.path ?? text.split(".");
  for (const [path, how] of asked) {
    if (!known.has(path))
      faults.push({ pointer: `/redact/${pointerToken(path)}`, detail: `The rows have no field ${path}.` });
    for (const column of columns)
      if (column.alias !== undefined && within(column.path, pathOf(path)) && hows.get(keyOf(column.alias)) !== "drop")
        hows.set(keyOf(column.alias), how);
  }
  const found = [...hows].map(([path, how]) => ({ path: pathOf(path), how }));
  return found.toSorted((a, b) => b.path.length - a.path.length || (keyOf(a.path) < keyOf(b.path) ? -1 : 1));
}

const within = (path: Path, around: Path) => around.every((name, depth) => path[depth] === name);

/** The redaction that removes a path: one that drops it or an object around it, or that hashes an object around it. */
function removedBy(path: Path, redact: readonly Redaction[]): Redaction | undefined {
  const around = redact.filter((each) => within(path, each.path));
  // The last is the outermost.
  return around.findLast((each) => each.how === "drop" || each.path.length < path.length);
}

/** The requested columns, in the request's order. */
function namedFields(
  request: EncodingRequest,
  known: ReadonlyMap<string, Target>,
  redact: readonly Redaction[],
  faults: Fault[],
): Field[] {
  const names = new Set<string>();
  const copies = new Map<string, number>();
  return (request.columns ?? []).map(({ path: text, as }, index) => {
    const at = `/columns/${index}`;
    const fault = (detail: string, member = "path") => void faults.push({ pointer: `${at}/${member}`, detail });
    const target = known.get(text);
    const path = target?.path ?? text.split(".");
    const name = as ?? text;
    const removed = removedBy(path, redact);
    const times = (copies.get(text) ?? 0) + 1;
    if (target === undefined) fault(`The rows have no field ${text}.`);
    else if (removed?.how === "drop")
      fault(`redact drops ${keyOf(removed.path)}: remove it from columns or from redact.`);
    else if (removed !== undefined)
      fault(`redact replaces ${keyOf(removed.path)} by one hash: ask for the whole of it, or redact its fields.`);
    else if (times > MAX_COPIES) fault(`columns may contain one path at most ${MAX_COPIES} times.`);
    if (names.has(name))
      fault(`An earlier column already has the name ${name}: set another.`, as === undefined ? "path" : "as");
    names.add(name);
    copies.set(text, times);
    return { name, path, type: typeAfter(path, target, redact) };
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
  const fields = new Map<string, Field>();
  for (const column of columns) {
    const removed = removedBy(column.path, redact);
    if (column.within === true || removed?.how === "drop") continue;
    // An object that is hashed becomes one column with its hash.
    const path = removed?.path ?? column.path;
    const type = removed === undefined ? typeAfter(path, { path, type: column.type, inList: false }, redact) : "text";
    fields.set(keyOf(path), { name: keyOf(path), path, type });
  }
  if (fields.size === 0) faults.push({ pointer: "/redact", detail: "redact drops every column: keep at least one." });
  if (fields.size > MAX_COLUMNS)
    faults.push({
      pointer: "/columns",
      detail: `The rows have ${fields.size} columns, and a file may have ${MAX_COLUMNS}: name the ones that you want in columns.`,
    });
  return [...fields.values()];
}

/** A hash is a text. A hashed field of a list stays JSON: a list of hashes. */
function typeAfter(path: Path, target: Target | undefined, redact: readonly Redaction[]): ColumnType {
  const hashed = redact.some((each) => each.how === "sha256" && keyOf(each.path) === keyOf(path));
  return target === undefined || (hashed && !target.inList) ? "text" : target.type;
}
